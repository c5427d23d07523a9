//! A case, what it needs, and what it is run on.

use std::pin::Pin;
use std::sync::Arc;

use quipu_core::{Backend, Batch, Result, Store, StoreInfo};

use crate::{Failure, Outcome};

/// A future on the heap.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Opens again what was closed, by what it said of itself before.
pub type Reopen = Arc<dyn Fn(StoreInfo) -> Boxed<Result<Arc<dyn Store>>> + Send + Sync>;

/// What a case cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Something that answers questions.
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
    /// Why a subject without it does not run the case.
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
    /// What it is about: `write`, `fidelity`, `ledger` …
    pub group: &'static str,
    /// What must hold, in words joined by underscores.
    pub name: &'static str,
    /// What the subject must have.
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
    /// The first need that it cannot meet.
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
