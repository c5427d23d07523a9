//! Vital figures of the server and its machine.

use std::collections::BTreeMap;

use quipu_core::Health;
use quipu_pipeline::ExitStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SearchState;
use crate::paths::without_paths;

/// Figures of the process and its machine; store and backends report the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vitals {
    /// The process.
    pub process: ProcessFigures,
    /// The machine.
    pub host: HostFigures,
    /// The disk under the data folder; its `store_bytes` is asked of the store.
    pub disk: DiskFigures,
    /// Records that wait for the pipeline; the limits are those of the server.
    pub queue: QueueFigures,
    /// Records stored since the start; rates are computed from them.
    pub ingest: IngestFigures,
    /// Records that were not stored.
    pub drops: Vec<DropCount>,
}

/// The process. Figures that the operating system does not report are null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProcessFigures {
    /// Use of processors; 100 is one of them.
    pub cpu_percent: Option<f64>,
    /// Bytes in memory.
    pub rss_bytes: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Open files and connections.
    pub open_files: Option<u64>,
}

/// The machine. Figures that the operating system does not report are null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostFigures {
    /// Processors.
    pub cpus: Option<u64>,
    /// Use of all processors; 100 is all of them.
    pub cpu_percent: Option<f64>,
    /// Bytes of memory.
    pub memory_total: Option<u64>,
    /// Bytes of it in use.
    pub memory_used: Option<u64>,
}

/// The disk under the data folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiskFigures {
    /// The data folder, also next to a store in memory; null when unknown, and for callers other than an
    /// administrator of the server.
    pub path: Option<String>,
    /// Bytes of its file system.
    pub total: Option<u64>,
    /// Bytes of it that are free.
    pub free: Option<u64>,
    /// Bytes of the store, on disk or in memory.
    pub store_bytes: u64,
}

/// Records that wait for the pipeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueueFigures {
    /// Requests.
    pub requests: u64,
    /// Their decoded bytes; null when not counted.
    pub bytes: Option<u64>,
    /// Requests that may wait.
    pub max_requests: u64,
    /// Bytes that may wait.
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
    /// Spans in a second, lately.
    pub spans_per_s: f64,
    /// Records that were dropped in a second, lately.
    pub drops_per_s: f64,
}

/// Records that were not stored, or that a backend did not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DropCount {
    /// `traces`, `logs` or `metrics`; `requests` for whole requests; or the backend that did not get them.
    pub signal: String,
    /// Why.
    pub reason: String,
    /// How many since the start.
    pub count: u64,
}

/// How a backend is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BackendHealth {
    /// Name.
    pub name: String,
    /// `ready`, `degraded` or `down`.
    pub state: String,
    /// Description of the problem; null when there is none.
    pub reason: Option<String>,
    /// State of delivery; null for the store, which commits before the answer.
    pub delivery: Option<DeliveryFigures>,
}

/// How delivery to a backend goes, since the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryFigures {
    /// Records written.
    pub written: u64,
    /// Records that wait.
    pub queued: u64,
    /// Seconds that the oldest of them has waited.
    pub lag_s: f64,
    /// Bytes of the disk that they take.
    pub spool_bytes: u64,
    /// Rejected records that are kept for a replay.
    pub dead_letters: u64,
    /// Records that it never got, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Attempts that failed.
    pub failures: u64,
    /// Error of the last failed delivery; null when there was none.
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

    /// The same, without paths of the host in what went wrong.
    fn without_paths(mut self) -> Self {
        let told = |text: &mut String| *text = without_paths(text);
        self.reason.iter_mut().for_each(told);
        self.delivery.iter_mut().filter_map(|delivery| delivery.last_error.as_mut()).for_each(told);
        self
    }
}

impl From<&ExitStatus> for BackendHealth {
    fn from(exit: &ExitStatus) -> Self {
        let dropped = exit.dropped.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
        let delivery = DeliveryFigures {
            written: exit.written,
            queued: exit.queued,
            lag_s: exit.lag.as_secs_f64(),
            spool_bytes: exit.spool_bytes,
            dead_letters: exit.dead_letters,
            dropped,
            failures: exit.failures,
            last_error: exit.last_error.clone(),
        };
        Self { delivery: Some(delivery), ..Self::new(&exit.name, exit.health.clone()) }
    }
}

/// How the server is doing now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemNow {
    /// When.
    pub now: String,
    /// Seconds since it started.
    pub uptime_s: i64,
    /// The process.
    pub process: ProcessFigures,
    /// The machine.
    pub host: HostFigures,
    /// The disk under the data folder.
    pub disk: DiskFigures,
    /// Records that wait for the pipeline.
    pub queue: QueueFigures,
    /// Stored records.
    pub ingest: IngestFigures,
    /// Records that were not stored.
    pub drops: Vec<DropCount>,
    /// Backends, the store first.
    pub backends: Vec<BackendHealth>,
    /// Full text search.
    pub search: SearchState,
}

/// How the server is doing, and how it did in the last hour.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemAnswer {
    /// Figures as of now.
    #[serde(flatten)]
    pub now: SystemNow,
    /// One reading every ten seconds, oldest first.
    pub history: Vec<SystemPoint>,
}

/// One reading.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemPoint {
    /// When.
    pub at: String,
    /// Use of processors by the process; 100 is one of them.
    pub cpu_percent: Option<f64>,
    /// Bytes of the process in memory.
    pub rss_bytes: Option<u64>,
    /// Requests that waited for the pipeline.
    pub queue_requests: u64,
    /// Spans stored in a second.
    pub spans_per_s: f64,
    /// Records dropped in a second.
    pub drops_per_s: f64,
    /// Bytes of the store.
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
