//! A clock that runs.

use std::time::Duration;

use super::TimerSeries;
use super::reference::{Instant, elapsed, start};

/// A clock that runs since [`TimerSeries::start`]. Dropping it records.
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

    /// Records, and tells what: zero where nothing is recorded.
    pub fn stop(mut self) -> Duration {
        self.record()
    }

    /// Records nothing.
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
