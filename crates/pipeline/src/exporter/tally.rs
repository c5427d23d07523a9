//! Delivery counters of one backend.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quipu_core::locks::Mutex;
use quipu_core::{Error, Health, Meter};

use super::{BreakerState, ExporterStatus};

#[derive(Default)]
struct TallyState {
    written: u64,
    dropped: BTreeMap<&'static str, u64>,
    rejected: u64,
    failures: u64,
    last_error: Option<String>,
    trouble: Option<Health>,
    /// Why batches cannot be stored on disk at present.
    unkept: Option<String>,
    breaker: BreakerState,
}

/// Current backlog and dead letters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BacklogSize {
    pub queued: u64,
    pub lag: Duration,
    pub spool_bytes: u64,
    pub dead_letters: u64,
}

/// Counters of one backend, also reported to the meter.
pub(crate) struct Tally {
    name: String,
    meter: Arc<dyn Meter>,
    state: Mutex<TallyState>,
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Tally {
    pub fn new(name: &str, meter: Arc<dyn Meter>) -> Self {
        Self { name: name.to_owned(), meter, state: Mutex::default() }
    }

    fn add(&self, metric: &'static str, by: u64) {
        self.meter.add(metric, &[("backend", self.name.as_str())], by);
    }

    fn set(&self, metric: &'static str, value: u64) {
        self.meter.set(metric, &[("backend", self.name.as_str())], signed(value));
    }

    pub fn wrote(&self, records: u64) {
        let mut state = self.state.lock();
        state.written += records;
        state.trouble = None;
        drop(state);
        self.add("quipu_exporter_written_records_total", records);
    }

    pub fn lost(&self, reason: &'static str, records: u64) {
        if records == 0 {
            return;
        }
        *self.state.lock().dropped.entry(reason).or_default() += records;
        let labels = [("backend", self.name.as_str()), ("reason", reason)];
        self.meter.add("quipu_exporter_dropped_records_total", &labels, records);
    }

    /// Counts records that the target rejected permanently.
    pub fn rejected(&self, records: u64) {
        self.state.lock().rejected += records;
        self.add("quipu_exporter_rejected_records_total", records);
    }

    pub fn failed(&self, error: &Error) {
        let text = error.to_string();
        let mut state = self.state.lock();
        state.failures += 1;
        state.trouble = Some(Health::Degraded(text.clone()));
        state.last_error = Some(text);
        drop(state);
        self.add("quipu_exporter_failures_total", 1);
    }

    /// Notes that a batch waits in memory alone, or could not be stored.
    pub fn not_kept(&self, error: &Error) {
        let text = error.to_string();
        let mut state = self.state.lock();
        if state.unkept.as_ref() != Some(&text) {
            tracing::warn!(backend = self.name, %error, "batches wait in memory only");
        }
        state.last_error = Some(text.clone());
        state.unkept = Some(text);
        drop(state);
        self.add("quipu_exporter_spool_failures_total", 1);
    }

    /// Notes that batches are on disk again.
    pub fn kept(&self) {
        self.state.lock().unkept = None;
    }

    pub fn breaker(&self, now: BreakerState) {
        let mut state = self.state.lock();
        if now == BreakerState::Open {
            state.trouble = Some(Health::Down(state.last_error.clone().unwrap_or_default()));
        }
        if std::mem::replace(&mut state.breaker, now) != now {
            drop(state);
            self.set("quipu_exporter_breaker_open", u64::from(now == BreakerState::Open));
        }
    }

    pub fn holds(&self, held: BacklogSize) {
        self.set("quipu_exporter_queue_records", held.queued);
        self.set("quipu_exporter_lag_seconds", held.lag.as_secs());
        self.set("quipu_exporter_spool_bytes", held.spool_bytes);
        self.set("quipu_exporter_dead_letter_records", held.dead_letters);
    }

    pub fn status(&self, held: BacklogSize, own: Health) -> ExporterStatus {
        let state = self.state.lock();
        let unkept = state.unkept.clone().map(Health::Degraded);
        let health = match (state.trouble.clone(), own) {
            (Some(trouble), _) => trouble,
            (None, Health::Ready) => unkept.unwrap_or(Health::Ready),
            (None, own) => own,
        };
        ExporterStatus {
            written: state.written,
            dropped: state.dropped.clone(),
            rejected: state.rejected,
            failures: state.failures,
            queued: held.queued,
            lag: held.lag,
            spool_bytes: held.spool_bytes,
            dead_letters: held.dead_letters,
            breaker: state.breaker,
            last_error: state.last_error.clone(),
            ..ExporterStatus::new(&self.name, health)
        }
    }
}
