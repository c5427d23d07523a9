//! Status of an exporter.

use std::collections::BTreeMap;
use std::time::Duration;

use quipu_core::{Error, Health};
use serde::Serialize;

/// State of a circuit breaker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Every write is attempted.
    #[default]
    Closed,
    /// No write is attempted for a while, after consecutive failures.
    Open,
    /// One attempt decides whether the breaker closes or opens again.
    HalfOpen,
}

/// Status of an exporter. Counts start with the process, except those of waiting records and dead letters.
///
/// ```
/// fn tell(status: &quipu_pipeline::ExporterStatus) {
///     println!("{}: {} written, {} waiting", status.name, status.written, status.queued);
/// }
/// # let _ = tell;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExporterStatus {
    /// Name of the backend in the configuration.
    pub name: String,
    /// The backend's own health, unless writes to it or to its spool fail.
    pub health: Health,
    /// Records written, of the signals that the backend accepts.
    pub written: u64,
    /// Records lost, by reason: `queue_full`, `spool_full`, `spool_damaged`, `refused`, `retries_exhausted`,
    /// `dead_letters_full`, `breaker_open`, `rules`, `shutdown`.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Records that the target rejected permanently, with or without a dead letter.
    pub rejected: u64,
    /// Failed attempts.
    pub failures: u64,
    /// Waiting records, in memory or on disk.
    pub queued: u64,
    /// Age of the oldest waiting record, in time that Quipu ran; zero if none waits.
    pub lag: Duration,
    /// Bytes of the spool.
    pub spool_bytes: u64,
    /// Records in dead letters.
    pub dead_letters: u64,
    /// State of the circuit breaker.
    pub breaker: BreakerState,
    /// Text of the last error.
    pub last_error: Option<String>,
}

impl ExporterStatus {
    /// Status of a backend without any writes.
    pub(super) fn new(name: &str, health: Health) -> Self {
        Self {
            name: name.to_owned(),
            health,
            written: 0,
            dropped: BTreeMap::new(),
            rejected: 0,
            failures: 0,
            queued: 0,
            lag: Duration::ZERO,
            spool_bytes: 0,
            dead_letters: 0,
            breaker: BreakerState::Closed,
            last_error: None,
        }
    }

    /// Status of a backend that failed to open.
    pub fn unopened(name: &str, error: &Error) -> Self {
        let text = error.to_string();
        Self { failures: 1, last_error: Some(text.clone()), ..Self::new(name, Health::Down(text)) }
    }
}
