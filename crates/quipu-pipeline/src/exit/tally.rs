//! What became of the records of one backend.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use quipu_core::{Backend, Batch, Error, Health, Meter};

/// How a backend is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitStatus {
    /// Name of the backend.
    pub name: String,
    /// Its state: what it says itself, unless writing to it fails.
    pub health: Health,
    /// Records written: those of the signals that the backend takes.
    pub written: u64,
    /// Such records dropped, by reason: `queue_full`, `refused`, `retries_exhausted`, `breaker_open`, `shutdown`.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Attempts that failed.
    pub failures: u64,
    /// Such records that wait.
    pub queued: u64,
    /// What the last failure said.
    pub last_error: Option<String>,
}

#[derive(Default)]
struct State {
    written: u64,
    dropped: BTreeMap<&'static str, u64>,
    failures: u64,
    last_error: Option<String>,
    trouble: Option<Health>,
}

/// How many records of a batch a backend takes: those of the signals that it has a sink for. One that has none and writes all
/// the same takes the batch as it is.
pub(crate) fn taken(backend: &dyn Backend, batch: &Batch) -> usize {
    let signals = [
        (backend.span_sink().is_some(), batch.spans.len()),
        (backend.event_sink().is_some(), batch.events.len()),
        (backend.metric_sink().is_some(), batch.metrics.len()),
        (backend.cost_sink().is_some(), batch.costs.len()),
    ];
    if signals.iter().all(|(has_sink, _)| !has_sink) {
        return batch.len();
    }
    signals.iter().filter(|(has_sink, _)| *has_sink).map(|(_, records)| records).sum()
}

/// Counts for one backend, and tells the meter.
pub(crate) struct Tally {
    name: String,
    meter: Arc<dyn Meter>,
    state: Mutex<State>,
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl Tally {
    pub fn new(name: &str, meter: Arc<dyn Meter>) -> Self {
        Self { name: name.to_owned(), meter, state: Mutex::default() }
    }

    pub fn wrote(&self, records: usize) {
        let mut state = self.state.lock();
        state.written += wide(records);
        state.trouble = None;
        drop(state);
        self.meter.add("quipu_exit_written_records_total", &[("backend", self.name.as_str())], wide(records));
    }

    pub fn lost(&self, reason: &'static str, records: usize) {
        if records == 0 {
            return;
        }
        *self.state.lock().dropped.entry(reason).or_default() += wide(records);
        let labels = [("backend", self.name.as_str()), ("reason", reason)];
        self.meter.add("quipu_exit_dropped_records_total", &labels, wide(records));
    }

    pub fn failed(&self, error: &Error) {
        let text = error.to_string();
        let mut state = self.state.lock();
        state.failures += 1;
        state.trouble = Some(Health::Degraded(text.clone()));
        state.last_error = Some(text);
        drop(state);
        self.meter.add("quipu_exit_failures_total", &[("backend", self.name.as_str())], 1);
    }

    /// Nothing is tried for a while.
    pub fn opened(&self) {
        let mut state = self.state.lock();
        state.trouble = Some(Health::Down(state.last_error.clone().unwrap_or_default()));
    }

    pub fn waiting(&self, records: usize) {
        let records = i64::try_from(records).unwrap_or(i64::MAX);
        self.meter.set("quipu_exit_queue_records", &[("backend", self.name.as_str())], records);
    }

    pub fn status(&self, queued: usize, own: Health) -> ExitStatus {
        let state = self.state.lock();
        ExitStatus {
            name: self.name.clone(),
            health: state.trouble.clone().unwrap_or(own),
            written: state.written,
            dropped: state.dropped.clone(),
            failures: state.failures,
            queued: wide(queued),
            last_error: state.last_error.clone(),
        }
    }
}
