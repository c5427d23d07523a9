//! Runner of the list of cases, with a fresh subject for each.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Backend, Result, Store, StoreInfo};

use crate::case::{Boxed, Case, Reopen, Subject};
use crate::{Report, Verdict, cases};

/// Timeout of one case.
const PATIENCE: Duration = Duration::from_secs(180);

type Make = Box<dyn Fn() -> Boxed<Subject> + Send + Sync>;

/// The list of cases and the constructor of subjects.
pub struct Suite {
    make: Make,
    cases: fn() -> Vec<Case>,
    reopen: Option<Reopen>,
    left_out: Vec<(&'static str, &'static str)>,
    only: Option<String>,
}

impl Suite {
    /// Judges stores. `make` returns a fresh and empty store for every case.
    pub fn of_stores<F, Fut>(make: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Arc<dyn Store>> + Send + 'static,
    {
        Self::new(Box::new(move || {
            let made = make();
            Box::pin(async move {
                let store = made.await;
                Subject { backend: Arc::<dyn Store>::clone(&store), store: Some(store), reopen: None }
            })
        }))
    }

    /// Judges backends that answer no queries. Cases that need a store are ignored.
    pub fn of_backends<F, Fut>(make: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Arc<dyn Backend>> + Send + 'static,
    {
        Self::new(Box::new(move || {
            let made = make();
            Box::pin(async move { Subject { backend: made.await, store: None, reopen: None } })
        }))
    }

    /// Judges exporters, backends that accept records and answer no queries, by their common laws. `make`
    /// returns a fresh one for every case.
    pub fn of_exporters<F, Fut>(make: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Arc<dyn Backend>> + Send + 'static,
    {
        Self { cases: cases::exporters, ..Self::of_backends(make) }
    }

    fn new(make: Make) -> Self {
        Self { make, cases: cases::all, reopen: None, left_out: Vec::new(), only: None }
    }

    /// Sets how a closed store is opened again, from its earlier [`Store::info`]. It enables the cases on
    /// durability.
    #[must_use]
    pub fn reopening<F, Fut>(mut self, reopen: F) -> Self
    where
        F: Fn(StoreInfo) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Arc<dyn Store>>> + Send + 'static,
    {
        self.reopen = Some(Arc::new(move |info| Box::pin(reopen(info))));
        self
    }

    /// Skips a case (`group/name`) or a whole group (`group`), with the reason for the report.
    #[must_use]
    pub fn without(mut self, case: &'static str, why: &'static str) -> Self {
        self.left_out.push((case, why));
        self
    }

    /// Runs only the cases whose `group/name` contains `part`, for work on one of them.
    #[must_use]
    pub fn only(mut self, part: impl Into<String>) -> Self {
        self.only = Some(part.into());
        self
    }

    /// Runs every case and returns the verdicts.
    pub async fn run(self) -> Report {
        let mut report = Report::default();
        for case in (self.cases)() {
            let full = format!("{}/{}", case.group, case.name);
            if self.only.as_ref().is_some_and(|part| !full.contains(part.as_str())) {
                continue;
            }
            let left_out = self.left_out.iter().find(|(name, _)| *name == case.group || *name == full);
            let verdict = match left_out {
                Some((_, why)) => Verdict::Ignored((*why).to_owned()),
                None => self.verdict(&case).await,
            };
            report.push(case.group, case.name, verdict);
        }
        report
    }

    async fn verdict(&self, case: &Case) -> Verdict {
        let mut subject = (self.make)().await;
        subject.reopen = self.reopen.clone();
        if let Some(need) = subject.lacks(case.needs) {
            return Verdict::Ignored(need.missing().to_owned());
        }
        // A separate task, so a panic of the subject fails this case only.
        let task = tokio::spawn((case.run)(subject));
        match tokio::time::timeout(PATIENCE, task).await {
            Ok(Ok(Ok(()))) => Verdict::Passed,
            Ok(Ok(Err(failure))) => Verdict::Failed(failure.to_string()),
            Ok(Err(stopped)) => Verdict::Failed(format!("panicked: {stopped}")),
            Err(_) => Verdict::Failed(format!("no end after {} s", PATIENCE.as_secs())),
        }
    }
}

/// Judges a store by every case. `make` returns a fresh and empty store for each.
pub async fn run_store<F, Fut>(make: F) -> Report
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Arc<dyn Store>> + Send + 'static,
{
    Suite::of_stores(make).run().await
}

/// Judges an exporter by the laws of backends that answer no queries. `make` returns a fresh one for each.
pub async fn run_exporter<F, Fut>(make: F) -> Report
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Arc<dyn Backend>> + Send + 'static,
{
    Suite::of_exporters(make).run().await
}

/// Judges a write-only backend by the store cases that need no store. Cases with queries are ignored, with
/// that reason.
pub async fn run_backend(backend: Arc<dyn Backend>) -> Report {
    Suite::of_backends(move || {
        let backend = Arc::clone(&backend);
        async move { backend }
    })
    .run()
    .await
}
