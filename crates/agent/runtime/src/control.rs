//! Commands from the handle to the thread, and their shared state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use quipu_budget::Budgets;
use quipu_core::Store;
use quipu_core::locks::Mutex;
use quipu_pipeline::{ExporterStatus, Pipeline, Steady};
use quipu_sdk::Recorder;
use quipu_sdk::metrics::SelfMetrics;
use tokio::sync::oneshot;

use crate::status::Status;

/// Receiver of an answer.
pub(crate) enum Reply {
    /// A blocked thread.
    Thread(SyncSender<()>),
    /// An asynchronous task.
    Task(oneshot::Sender<()>),
}

impl Reply {
    pub fn done(self) {
        // The receiver may have given up.
        match self {
            Self::Thread(thread) => drop(thread.try_send(())),
            Self::Task(task) => drop(task.send(())),
        }
    }
}

/// Command to the thread. The answer arrives by the deadline, even if the command has not completed.
pub(crate) struct Command {
    pub kind: Kind,
    pub deadline: Instant,
    pub reply: Reply,
    pub reached: Arc<AtomicBool>,
}

/// Kind of command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Delivers all records so far to the backends.
    Flush,
    /// Same as a flush, then ends.
    Shutdown,
}

/// State that the handle and the thread share.
pub(crate) struct Shared {
    pub recorder: Recorder,
    pub pipeline: Pipeline,
    pub steady: Option<Arc<Steady>>,
    pub store: Option<Arc<dyn Store>>,
    pub failed: Vec<ExporterStatus>,
    pub problems: Mutex<Vec<String>>,
    pub budgets: Budgets,
    pub meter: Arc<SelfMetrics>,
    pub dropped: Mutex<BTreeMap<&'static str, u64>>,
    pub held_spans: AtomicU64,
    pub running: AtomicBool,
    /// Exit code for the end of the process after the shutdown; 0 if the process goes on.
    pub exit_code: AtomicI32,
}

impl Shared {
    pub fn lose(&self, reason: &'static str, records: usize) {
        *self.dropped.lock().entry(reason).or_default() += u64::try_from(records).unwrap_or(u64::MAX);
    }

    pub fn status(&self) -> Status {
        let mut backends: Vec<ExporterStatus> = self.steady.iter().map(|steady| steady.status()).collect();
        backends.extend(self.pipeline.exporters());
        backends.extend(self.failed.iter().cloned());
        Status {
            running: self.running.load(Ordering::Acquire),
            backends,
            recorder: self.recorder.counts(),
            dropped: self.dropped.lock().clone(),
            held_spans: self.held_spans.load(Ordering::Relaxed),
            budgets: self.budgets.status(),
            problems: self.problems.lock().clone(),
        }
    }
}
