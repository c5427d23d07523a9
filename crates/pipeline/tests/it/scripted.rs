//! A scripted backend for tests.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use quipu_conformance::sample::{batch, draft};
use quipu_core::locks::Mutex;
use quipu_core::*;
use quipu_pipeline::{DeliveryConfig, Exporter, ExporterStatus, Pipeline, PipelineParts};

use crate::faulty::Faulty;

type Script = dyn Fn(usize, &Batch) -> Result<()> + Send + Sync;

/// A backend whose script answers each write by its number and batch. It remembers accepted batches.
pub struct Scripted {
    script: Box<Script>,
    pub got: Mutex<Vec<Arc<Batch>>>,
    pub tries: Mutex<Vec<tokio::time::Instant>>,
}

impl Scripted {
    pub fn new(script: impl Fn(usize, &Batch) -> Result<()> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { script: Box::new(script), got: Mutex::default(), tries: Mutex::default() })
    }

    /// A backend that accepts every batch.
    pub fn kind() -> Arc<Self> {
        Self::new(|_, _| Ok(()))
    }

    /// A backend that cannot be reached.
    pub fn down() -> Arc<Self> {
        Self::new(|_, _| Err(unavailable()))
    }

    /// Number of spans in each accepted batch.
    pub fn sizes(&self) -> Vec<usize> {
        self.got.lock().iter().map(|batch| batch.spans.len()).collect()
    }

    /// Traces of the accepted spans, in order of arrival.
    pub fn traces(&self) -> Vec<TraceId> {
        let mut traces: Vec<_> =
            self.got.lock().iter().flat_map(|batch| batch.spans.iter().map(|span| span.trace_id)).collect();
        traces.dedup();
        traces
    }
}

#[async_trait]
impl Backend for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let number = {
            let mut tries = self.tries.lock();
            tries.push(tokio::time::Instant::now());
            tries.len()
        };
        let answer = (self.script)(number, &batch);
        if answer.is_ok() {
            self.got.lock().push(batch);
        }
        answer
    }
}

pub fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "write", "nobody there").of_backend("scripted")
}

pub fn refused() -> Error {
    Error::new(ErrorKind::Invalid, "write", "no such field").of_backend("scripted")
}

pub fn quick() -> DeliveryConfig {
    DeliveryConfig {
        batch_delay_ms: 0,
        retry_first_ms: 1,
        retry_most_ms: 4,
        breaker_open_ms: 5,
        write_timeout_ms: 5_000,
        close_timeout_ms: 300,
        ..DeliveryConfig::default()
    }
}

pub fn exporter(backend: &Arc<Scripted>, config: DeliveryConfig, folder: Option<&Path>) -> Exporter {
    Exporter { config, folder: folder.map(Path::to_path_buf), ..Exporter::new(Arc::clone(backend) as _) }
}

pub fn start(exporters: impl IntoIterator<Item = Exporter>) -> Pipeline {
    let exporters = exporters.into_iter().collect();
    Pipeline::start(PipelineParts { exporters, ..PipelineParts::new(Arc::new(Faulty::new()) as _) })
}

pub fn spans(trace: u64, count: u64) -> Batch {
    batch((1..=count).map(|number| draft(trace, number).span()).collect::<Vec<_>>(), [])
}

pub fn traces(numbers: impl IntoIterator<Item = u64>) -> Vec<TraceId> {
    numbers.into_iter().map(|number| draft(number, 1).span().trace_id).collect()
}

pub fn status(pipeline: &Pipeline) -> ExporterStatus {
    pipeline.exporters().remove(0)
}

/// Waits until a condition holds.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "still not: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
