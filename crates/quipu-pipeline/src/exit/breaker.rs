//! When not to try.

use std::time::Duration;

use tokio::time::Instant;

use super::{BreakerState, ExitSettings};

/// How many times as long as at first a breaker stays open at most.
const LONGEST: u32 = 32;

/// Opens after failures in a row; then one attempt decides whether it closes or stays open for twice as long.
#[derive(Debug)]
pub(crate) struct Breaker {
    after: u32,
    first: Duration,
    failures: u32,
    times: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    pub fn new(settings: &ExitSettings) -> Self {
        Self {
            after: settings.breaker_failures.max(1),
            first: Duration::from_millis(settings.breaker_open_ms),
            failures: 0,
            times: 1,
            open_until: None,
        }
    }

    /// Until when nothing is to be tried; `None` when an attempt may be made.
    pub fn open_until(&self) -> Option<Instant> {
        self.open_until.filter(|until| *until > Instant::now())
    }

    pub fn state(&self) -> BreakerState {
        match (self.open_until, self.open_until()) {
            (None, _) => BreakerState::Closed,
            (Some(_), Some(_)) => BreakerState::Open,
            (Some(_), None) => BreakerState::HalfOpen,
        }
    }

    pub const fn succeeded(&mut self) {
        (self.failures, self.times, self.open_until) = (0, 1, None);
    }

    pub fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
        if self.failures < self.after {
            return;
        }
        if self.open_until.is_some() {
            self.times = (self.times * 2).min(LONGEST);
        }
        self.open_until = Some(Instant::now() + self.first * self.times);
    }
}
