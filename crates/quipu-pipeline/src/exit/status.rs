//! What can be told of a backend.

use std::collections::BTreeMap;
use std::time::Duration;

use quipu_core::{Error, Health};
use serde::Serialize;

/// Whether anything is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Everything is tried.
    #[default]
    Closed,
    /// Nothing is tried for a while, after failures in a row.
    Open,
    /// One attempt decides whether it closes or opens again.
    HalfOpen,
}

/// How a backend is doing. Counts are since the process began, but for what waits and what is kept, which outlive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitStatus {
    /// Name of the backend in the configuration.
    pub name: String,
    /// Its state: what it says itself, unless writing to it or to its spool fails.
    pub health: Health,
    /// Records written: those of the signals that the backend takes.
    pub written: u64,
    /// Such records lost, by reason: `queue_full`, `spool_full`, `spool_damaged`, `refused`, `retries_exhausted`,
    /// `dead_letters_full`, `breaker_open`, `rules`, `shutdown`.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Such records that the other side refused for good, kept as dead letters or not.
    pub rejected: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// Such records that wait, in memory or on disk.
    pub queued: u64,
    /// How long the oldest of them has waited, in time that Quipu ran; zero when none waits.
    pub lag: Duration,
    /// Bytes of the spool.
    pub spool_bytes: u64,
    /// Records kept as dead letters.
    pub dead_letters: u64,
    /// Whether anything is tried.
    pub breaker: BreakerState,
    /// What the last failure said.
    pub last_error: Option<String>,
}

impl ExitStatus {
    /// Of a backend that nothing has happened to.
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

    /// Of a backend that did not open.
    pub fn unopened(name: &str, error: &Error) -> Self {
        let text = error.to_string();
        Self { failures: 1, last_error: Some(text.clone()), ..Self::new(name, Health::Down(text)) }
    }
}
