//! Test setup: a pipeline over a store in memory, and a folder of files to import.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use quipu::core::{
    Adapters, Batch, Clock, Detail, Intake, Limits, SessionQuery, Span, SpanQuery, Store, SystemClock,
    Timestamp, ToolGroup, TraceFilter, TraceId, TraceQuery, UsageQuery, UsageTotals,
};
use quipu::pipeline::{Pipeline, PipelineParts, Priced, Stages};
use quipu::prices::Books;
use quipu_import::{Bounds, FileReport, Format, Item, ItemError, KnownCalls, Sink};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub struct House {
    runtime: Runtime,
    store: Arc<dyn Store>,
    pipeline: Pipeline,
    adapters: Adapters,
    limits: Limits,
    /// Imported spans, with the canonical fields from the adapters.
    pub spans: Vec<Span>,
    pub folder: TempDir,
    /// Whether the sink rejects everything.
    pub closed: bool,
    pub bounds: Bounds,
}

impl House {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let folder = TempDir::new().unwrap();
        let store = quipu::open("memory:", folder.path(), quipu::Access::Write).unwrap();
        let limits = Limits::of_any_age();
        let parts = PipelineParts {
            stages: Stages {
                after: vec![Arc::new(Priced::new(Arc::new(Books::vendored())))],
                ..Stages::default()
            },
            limits: limits.clone(),
            ..PipelineParts::new(Arc::clone(&store))
        };
        let pipeline = runtime.block_on(async { Pipeline::start(parts) });
        let adapters = quipu::adapters();
        Self {
            runtime,
            store,
            pipeline,
            adapters,
            limits,
            spans: Vec::new(),
            folder,
            closed: false,
            bounds: Bounds::default(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Imports all files, in search order.
    pub fn import(&mut self) -> Vec<FileReport> {
        self.import_as(None)
    }

    pub fn import_as(&mut self, format: Option<Format>) -> Vec<FileReport> {
        let (bounds, mut known) = (self.bounds.clone(), KnownCalls::default());
        let (files, troubles) = quipu_import::find(&[self.folder.path().to_owned()], &bounds);
        assert!(troubles.is_empty(), "{troubles:?}");
        files
            .iter()
            .map(|file| quipu_import::import(file, format, &bounds, &mut known, self).unwrap())
            .collect()
    }

    /// Accepts a batch like a receiver.
    pub fn receive(&mut self, mut batch: Batch) {
        self.adapters.read_batch(&mut batch);
        self.spans.extend(batch.spans.iter().cloned());
        self.runtime.block_on(self.pipeline.submit(batch)).unwrap();
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn usage(&self) -> UsageTotals {
        let groups = self.runtime.block_on(self.store.usage(&UsageQuery::default())).unwrap();
        groups.into_iter().next().map(|group| group.totals).unwrap_or_default()
    }

    pub fn tools(&self) -> Vec<ToolGroup> {
        self.runtime.block_on(self.store.tools(&TraceFilter::default())).unwrap()
    }

    pub fn traces(&self) -> Vec<TraceId> {
        let query = TraceQuery { limit: 1_000, ..TraceQuery::default() };
        let page = self.runtime.block_on(self.store.traces(&query)).unwrap();
        page.rows.into_iter().map(|row| row.trace_id).collect()
    }

    pub fn sessions(&self) -> usize {
        let query = SessionQuery { limit: 1_000, ..SessionQuery::default() };
        self.runtime.block_on(self.store.sessions(&query)).unwrap().rows.len()
    }

    /// Number of spans in the store.
    pub fn stored(&self) -> usize {
        usize::try_from(self.runtime.block_on(self.store.info()).unwrap().spans).unwrap()
    }

    /// Names of the visible spans of a trace, with those of their parents.
    pub fn tree(&self, trace_id: TraceId) -> Vec<(String, Option<String>)> {
        let query = SpanQuery { trace_id, after: None, limit: 1_000, detail: Detail::Summary };
        let spans = self.runtime.block_on(self.store.spans(&query)).unwrap().rows;
        let name = |id| spans.iter().find(|span| Some(span.span_id) == id).map(|span| span.name.to_string());
        spans.iter().map(|span| (span.name.to_string(), name(span.parent_id))).collect()
    }

    /// Message texts of the spans with a name.
    pub fn said(&self, name: &str) -> Vec<String> {
        let of_name = self.spans.iter().filter(|span| span.name == name);
        of_name.map(|span| format!("{:?}", self.adapters.messages(span))).collect()
    }

    pub fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl Sink for House {
    fn take(&mut self, item: Item) -> Result<(u64, String), ItemError> {
        if self.closed {
            let error =
                quipu::core::Error::new(quipu::core::ErrorKind::Unavailable, "take", "closed for a test");
            return Err(ItemError::Stop(error));
        }
        let (batch, _, refused) = item
            .into_batch(&self.limits, SystemClock.now())
            .map_err(|error| ItemError::Item(error.to_string()))?;
        let records = batch.len() as u64;
        self.receive(batch);
        Ok((records, refused))
    }
}
