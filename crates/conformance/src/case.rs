//! Conformance case, its requirements, and the subject that it runs on.

use std::pin::Pin;
use std::sync::Arc;

use quipu_core::{
    Backend, Batch, Result, SignalSet, Store, StoreForgetting, StoreInfo, StoreIntegrity, StoreRetention,
};

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
    /// Removal on request.
    Forgetting,
    /// Checks of stored data.
    Integrity,
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
            Self::Forgetting => "removes no data on request",
            Self::Integrity => "has no checks of stored data",
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
        let store = self.store.as_deref();
        needs.iter().copied().find(|need| match need {
            Need::Store => store.is_none(),
            Need::Reopen => self.reopen.is_none(),
            Need::Spans => !self.takes(SignalSet::SPANS),
            Need::Events => !self.takes(SignalSet::EVENTS),
            Need::Metrics => !self.takes(SignalSet::METRICS),
            Need::Costs => !self.takes(SignalSet::COSTS),
            Need::Retention => store.is_none_or(|store| store.retention().is_none()),
            Need::Forgetting => store.is_none_or(|store| store.forgetting().is_none()),
            Need::Integrity => store.is_none_or(|store| store.integrity().is_none()),
        })
    }

    pub(crate) fn store(&self) -> Outcome<&dyn Store> {
        self.store.as_deref().ok_or_else(|| Failure::new(Need::Store.missing()))
    }

    /// Whether the backend takes a signal.
    pub(crate) fn takes(&self, signal: SignalSet) -> bool {
        self.backend.signals().has(signal)
    }

    pub(crate) fn retention(&self) -> Outcome<&dyn StoreRetention> {
        self.store()?.retention().ok_or_else(|| Failure::new(Need::Retention.missing()))
    }

    pub(crate) fn forgetting(&self) -> Outcome<&dyn StoreForgetting> {
        self.store()?.forgetting().ok_or_else(|| Failure::new(Need::Forgetting.missing()))
    }

    pub(crate) fn integrity(&self) -> Outcome<&dyn StoreIntegrity> {
        self.store()?.integrity().ok_or_else(|| Failure::new(Need::Integrity.missing()))
    }

    /// Findings of the store's own check; none for a store without checks.
    pub(crate) async fn findings(&self) -> Outcome<Vec<String>> {
        match self.store()?.integrity() {
            Some(integrity) => Ok(integrity.check().await?),
            None => Ok(Vec::new()),
        }
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
