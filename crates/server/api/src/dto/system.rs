//! Vital figures of the server and its machine.

use std::collections::BTreeMap;

use quipu_core::Health;
use quipu_pipeline::ExporterStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SearchState;
use crate::paths::without_paths;

/// Figures of the process and its machine. The store and the backends report the other figures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vitals {
    /// The process.
    pub process: ProcessFigures,
    /// The machine.
    pub host: HostFigures,
    /// The disk of the data folder. The store reports `store_bytes`.
    pub disk: DiskFigures,
    /// Queue of the pipeline, and its limits.
    pub queue: QueueFigures,
    /// Number of records stored since the start; rates are computed from it.
    pub ingest: IngestFigures,
    /// Records that were not stored.
    pub drops: Vec<DropCount>,
}

/// The process. Figures that the operating system does not report are null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProcessFigures {
    /// Processor use in percent; 100 is one processor.
    pub cpu_percent: Option<f64>,
    /// Memory in bytes.
    pub rss_bytes: Option<u64>,
    /// Number of threads.
    pub threads: Option<u64>,
    /// Number of open files and connections.
    pub open_files: Option<u64>,
}

/// The machine. Figures that the operating system does not report are null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostFigures {
    /// Number of processors.
    pub cpus: Option<u64>,
    /// Processor use in percent; 100 is all processors.
    pub cpu_percent: Option<f64>,
    /// Total memory in bytes.
    pub memory_total: Option<u64>,
    /// Used memory in bytes.
    pub memory_used: Option<u64>,
}

/// The disk of the data folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiskFigures {
    /// The data folder, also for a store in memory. Null if unknown, and for callers other than an
    /// administrator of the server.
    pub path: Option<String>,
    /// Size of its file system in bytes.
    pub total: Option<u64>,
    /// Free bytes of its file system.
    pub free: Option<u64>,
    /// Size of the store in bytes, on disk or in memory.
    pub store_bytes: u64,
}

/// Queue of the pipeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueueFigures {
    /// Number of waiting requests.
    pub requests: u64,
    /// Decoded bytes of these requests; null if not counted.
    pub bytes: Option<u64>,
    /// Maximum number of waiting requests.
    pub max_requests: u64,
    /// Maximum bytes of waiting requests.
    pub max_bytes: u64,
}

/// Records stored since the server started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IngestFigures {
    /// Spans.
    pub spans: u64,
    /// Events.
    pub events: u64,
    /// Points of metrics.
    pub metrics: u64,
    /// Recent spans per second.
    pub spans_per_s: f64,
    /// Recently dropped records per second.
    pub drops_per_s: f64,
}

/// Records that were not stored, or not delivered to a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DropCount {
    /// `traces`, `logs` or `metrics`; `requests` for whole requests; or the name of the backend.
    pub signal: String,
    /// Reason.
    pub reason: String,
    /// Number since the start.
    pub count: u64,
}

/// State of a backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BackendHealth {
    /// Name.
    pub name: String,
    /// `ready`, `degraded` or `down`.
    pub state: String,
    /// Description of the problem; null without one.
    pub reason: Option<String>,
    /// State of delivery; null for the store, which commits before the answer.
    pub delivery: Option<DeliveryFigures>,
}

/// Delivery to a backend since the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryFigures {
    /// Number of records written.
    pub written: u64,
    /// Number of waiting records.
    pub queued: u64,
    /// Age of the oldest waiting record in seconds.
    pub lag_s: f64,
    /// Disk size of the waiting records in bytes.
    pub spool_bytes: u64,
    /// Number of rejected records stored for a replay.
    pub dead_letters: u64,
    /// Undelivered records, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Number of failed attempts.
    pub failures: u64,
    /// Error of the last failed delivery; null without one.
    pub last_error: Option<String>,
}

impl BackendHealth {
    /// A backend's state.
    pub fn new(name: &str, health: Health) -> Self {
        let (state, reason) = match health {
            Health::Ready => ("ready", None),
            Health::Degraded(reason) => ("degraded", Some(reason)),
            Health::Down(reason) => ("down", Some(reason)),
        };
        Self { name: name.to_owned(), state: state.to_owned(), reason, delivery: None }
    }

    /// The same state with errors that show no paths of the host.
    fn without_paths(mut self) -> Self {
        let told = |text: &mut String| *text = without_paths(text);
        self.reason.iter_mut().for_each(told);
        self.delivery.iter_mut().filter_map(|delivery| delivery.last_error.as_mut()).for_each(told);
        self
    }
}

impl From<&ExporterStatus> for BackendHealth {
    fn from(exporter: &ExporterStatus) -> Self {
        let dropped = exporter.dropped.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
        let delivery = DeliveryFigures {
            written: exporter.written,
            queued: exporter.queued,
            lag_s: exporter.lag.as_secs_f64(),
            spool_bytes: exporter.spool_bytes,
            dead_letters: exporter.dead_letters,
            dropped,
            failures: exporter.failures,
            last_error: exporter.last_error.clone(),
        };
        Self { delivery: Some(delivery), ..Self::new(&exporter.name, exporter.health.clone()) }
    }
}

/// Current state of the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemNow {
    /// Time of the reading.
    pub now: String,
    /// Seconds since the start.
    pub uptime_s: i64,
    /// The process.
    pub process: ProcessFigures,
    /// The machine.
    pub host: HostFigures,
    /// The disk under the data folder.
    pub disk: DiskFigures,
    /// Queue of the pipeline.
    pub queue: QueueFigures,
    /// Stored records.
    pub ingest: IngestFigures,
    /// Records that were not stored.
    pub drops: Vec<DropCount>,
    /// Backends, the store first.
    pub backends: Vec<BackendHealth>,
    /// Full-text search.
    pub search: SearchState,
}

/// Current state of the server, and its history of the last hour.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemAnswer {
    /// Current figures.
    #[serde(flatten)]
    pub now: SystemNow,
    /// One reading every ten seconds, oldest first.
    pub history: Vec<SystemPoint>,
}

/// One reading.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemPoint {
    /// Time of the reading.
    pub at: String,
    /// Processor use of the process in percent; 100 is one processor.
    pub cpu_percent: Option<f64>,
    /// Memory of the process in bytes.
    pub rss_bytes: Option<u64>,
    /// Number of requests waiting for the pipeline.
    pub queue_requests: u64,
    /// Spans stored per second.
    pub spans_per_s: f64,
    /// Records dropped per second.
    pub drops_per_s: f64,
    /// Size of the store in bytes.
    pub store_bytes: u64,
}

impl SystemNow {
    /// The same for those who may see paths of the host, and for others.
    #[must_use]
    pub(crate) fn seen_by(mut self, sees_host: bool) -> Self {
        if !sees_host {
            self.disk.path = None;
            self.backends = self.backends.into_iter().map(BackendHealth::without_paths).collect();
        }
        self
    }
}

impl From<&SystemNow> for SystemPoint {
    fn from(now: &SystemNow) -> Self {
        Self {
            at: now.now.clone(),
            cpu_percent: now.process.cpu_percent,
            rss_bytes: now.process.rss_bytes,
            queue_requests: now.queue.requests,
            spans_per_s: now.ingest.spans_per_s,
            drops_per_s: now.ingest.drops_per_s,
            store_bytes: now.disk.store_bytes,
        }
    }
}
