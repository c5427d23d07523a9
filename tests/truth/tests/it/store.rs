//! Batches through adapters, count and prices into a store, and the store's contents.

use std::sync::{Arc, LazyLock};

use quipu_backend_memory::Memory;
use quipu_core::{
    Adapters, Batch, Cost, Detail, Intake, SpanQuery, SpanRow, Store, TraceFilter, TraceQuery, TraceRow,
};
use quipu_pipeline::{Pipeline, PipelineParts, Priced, Stages};
use quipu_prices::Books;
use tokio::runtime::Runtime;

/// All adapters.
pub static ADAPTERS: LazyLock<Adapters> = LazyLock::new(quipu::adapters);

static PRICES: LazyLock<Arc<Books>> = LazyLock::new(|| Arc::new(Books::vendored()));

/// More rows than any test makes.
const ALL: usize = 1 << 20;

/// A store behind the whole pipeline.
pub struct Fed {
    runtime: Runtime,
    pipeline: Pipeline,
    pub store: Arc<Memory>,
}

impl Fed {
    /// An empty one.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = Arc::new(Memory::new());
        let parts = PipelineParts {
            stages: Stages {
                after: vec![Arc::new(Priced::new(Arc::clone(&*PRICES) as _))],
                ..Stages::default()
            },
            ..PipelineParts::new(Arc::clone(&store) as _)
        };
        let pipeline = runtime.block_on(async { Pipeline::start(parts) });
        Self { runtime, pipeline, store }
    }

    /// One with these batches in it.
    pub fn with(batches: impl IntoIterator<Item = Batch>) -> Self {
        let fed = Self::new();
        fed.feed(batches);
        fed
    }

    /// Reads and keeps each batch, one after the other.
    pub fn feed(&self, batches: impl IntoIterator<Item = Batch>) {
        for mut batch in batches {
            ADAPTERS.read_batch(&mut batch);
            self.runtime.block_on(self.pipeline.submit(batch)).unwrap();
        }
    }

    /// Queries the store.
    pub fn ask<T>(&self, question: impl Future<Output = quipu_core::Result<T>>) -> T {
        self.runtime.block_on(question).unwrap()
    }

    /// Every trace that lists show.
    pub fn traces(&self) -> Vec<TraceRow> {
        let query = TraceQuery { filter: TraceFilter::default(), limit: ALL, ..TraceQuery::default() };
        self.ask(self.store.traces(&query)).rows
    }

    /// Every span of those traces.
    pub fn spans(&self) -> Vec<SpanRow> {
        let all = |trace: TraceRow| {
            let query =
                SpanQuery { trace_id: trace.trace_id, after: None, limit: ALL, detail: Detail::Summary };
            self.ask(self.store.spans(&query)).rows
        };
        self.traces().into_iter().flat_map(all).collect()
    }

    /// Every ledger row of those traces, ordered, without its version: that only says how often it was
    /// corrected.
    pub fn ledger(&self) -> Vec<Cost> {
        let mut rows: Vec<_> = self.spans().into_iter().filter_map(|span| span.cost).collect();
        rows.iter_mut().for_each(|row| row.version = 0);
        rows.sort_by_key(|row| (row.trace_id, row.span_id));
        rows
    }
}
