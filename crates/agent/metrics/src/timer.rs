//! A running measurement of a duration.

use std::time::Duration;

use crate::TimerSeries;
use crate::reference::{Instant, elapsed, start};

/// A measurement since [`TimerSeries::start`]. A drop records it.
#[derive(Debug)]
#[must_use = "the duration is recorded as soon as this is dropped"]
pub struct Running {
    series: TimerSeries,
    since: Option<Instant>,
}

impl Running {
    pub(crate) fn new(series: TimerSeries) -> Self {
        Self { series, since: start(series.0) }
    }

    /// Records and returns the duration; zero if nothing is recorded.
    pub fn stop(mut self) -> Duration {
        self.record()
    }

    /// Discards the measurement.
    pub fn discard(mut self) {
        self.since = None;
    }

    fn record(&mut self) -> Duration {
        let Some(since) = self.since.take() else { return Duration::ZERO };
        let duration = elapsed(since);
        self.series.record_duration(duration);
        duration
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.record();
    }
}
