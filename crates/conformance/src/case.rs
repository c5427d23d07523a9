//! Conformance case, its requirements, and the subject that it runs on.

use std::pin::Pin;
use std::sync::Arc;

use quipu_core::{Backend, Batch, Result, Store, StoreInfo};

use crate::{Failure, Outcome};

/// A future on the heap.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Reopens a closed store, from its own description before closing.
pub type Reopen = Arc<dyn Fn(StoreInfo) -> Boxed<Result<Arc<dyn Store>>> + Send + Sync>;

/// Requirement of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A store that answers queries.
    Store,
    /// Data that outlives `close`.
    Reopen,
    /// A span sink.
    Spans,
    /// An event sink.
    Events,
    /// A metric sink.
    Metrics,
    /// A cost sink.
    Costs,
    /// Retention and holds.
    Retention,
}

impl Need {
    /// Reason why a case does not run on a subject without it.
    pub const fn missing(self) -> &'static str {
        match self {
            Self::Store => "is no store",
            Self::Reopen => "keeps nothing after close",
            Self::Spans => "has no span sink",
            Self::Events => "has no event sink",
            Self::Metrics => "has no metric sink",
            Self::Costs => "has no cost sink",
            Self::Retention => "has no retention",
        }
    }
}

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    /// Topic: `write`, `fidelity`, `ledger` …
    pub group: &'static str,
    /// The requirement under test, in words joined by underscores.
    pub name: &'static str,
    /// Required abilities of the subject.
    pub needs: &'static [Need],
    /// Runs it.
    pub run: fn(Subject) -> Boxed<Outcome>,
}

/// A fresh backend or store that a case is run on.
#[derive(Clone)]
pub struct Subject {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) reopen: Option<Reopen>,
}

impl Subject {
    /// The first requirement that it does not meet.
    pub(crate) fn lacks(&self, needs: &[Need]) -> Option<Need> {
        needs.iter().copied().find(|need| match need {
            Need::Store => self.store.is_none(),
            Need::Reopen => self.reopen.is_none(),
            Need::Spans => self.backend.span_sink().is_none(),
            Need::Events => self.backend.event_sink().is_none(),
            Need::Metrics => self.backend.metric_sink().is_none(),
            Need::Costs => self.backend.cost_sink().is_none(),
            Need::Retention => !self.store.as_ref().is_some_and(|store| store.retires()),
        })
    }

    pub(crate) fn store(&self) -> Outcome<&dyn Store> {
        self.store.as_deref().ok_or_else(|| Failure::new(Need::Store.missing()))
    }

    pub(crate) async fn write(&self, batch: Batch) -> Outcome {
        Ok(self.backend.write(Arc::new(batch)).await?)
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopened(&self) -> Outcome<Self> {
        let reopen = self.reopen.as_ref().ok_or_else(|| Failure::new(Need::Reopen.missing()))?;
        let info = self.store()?.info().await?;
        self.backend.close().await?;
        let store = reopen(info).await?;
        Ok(Self { backend: Arc::<dyn Store>::clone(&store), store: Some(store), reopen: self.reopen.clone() })
    }
}
