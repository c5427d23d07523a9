//! Clock that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use quipu_core::{Clock, Timestamp};

/// A clock that stands still until it is moved. Clones share the time.
///
/// ```
/// use std::time::Duration;
///
/// use quipu_core::Timestamp;
/// use quipu_sdk::ManualClock;
///
/// let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>()?);
/// clock.advance(Duration::from_secs(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(time: impl Into<Timestamp>) -> Self {
        Self(Arc::new(AtomicI64::new(time.into().nanos())))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let nanos = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
        self.0.fetch_add(nanos, Ordering::AcqRel);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Acquire))
    }
}
