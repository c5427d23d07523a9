//! Circuit breaker of a backend.

use std::time::Duration;

use tokio::time::Instant;

use super::{BreakerState, DeliveryConfig};

/// Longest open time, as a multiple of the first.
const LONGEST: u32 = 32;

/// A circuit breaker: it opens after consecutive failures. Then one attempt closes it, or doubles its open
/// time.
#[derive(Debug)]
pub(crate) struct Breaker {
    after: u32,
    first: Duration,
    failures: u32,
    times: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    pub fn new(config: &DeliveryConfig) -> Self {
        Self {
            after: config.breaker_failures.max(1),
            first: Duration::from_millis(config.breaker_open_ms),
            failures: 0,
            times: 1,
            open_until: None,
        }
    }

    /// End of the open time; `None` if an attempt is allowed.
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
