//! Metrics of the gateway.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_core::Meter;

/// Counts requests and errors, and measures the added time.
#[derive(Clone)]
pub(crate) struct Figures(Arc<dyn Meter>);

impl Figures {
    pub fn new(meter: Arc<dyn Meter>) -> Self {
        Self(meter)
    }

    /// Counts a request by the status of its answer.
    pub fn answered(&self, upstream: &str, status: u16) {
        let mut text = [0_u8; 3];
        for (at, digit) in text.iter_mut().enumerate() {
            let place = [100, 10, 1].get(at).copied().unwrap_or(1);
            *digit = b'0' + u8::try_from((status / place) % 10).unwrap_or_default();
        }
        let status = std::str::from_utf8(&text).unwrap_or_default();
        self.0.add("quipu_gateway_requests_total", &[("upstream", upstream), ("status", status)], 1);
    }

    /// Counts an error answer of the gateway.
    pub fn refused(&self, upstream: &str, reason: &str) {
        self.0.add("quipu_gateway_refusals_total", &[("upstream", upstream), ("reason", reason)], 1);
    }

    /// Counts an ambiguous request that was passed on, by its reason.
    pub fn not_understood(&self, upstream: &str, reason: &str) {
        self.0.add("quipu_gateway_not_understood_total", &[("upstream", upstream), ("reason", reason)], 1);
    }

    /// Counts a client that disconnected before the answer's end.
    pub fn left(&self, upstream: &str) {
        self.0.add("quipu_gateway_client_disconnects_total", &[("upstream", upstream)], 1);
    }

    /// Records the time added to a call.
    pub fn added(&self, time: Duration) {
        self.0.observe("quipu_gateway_added_seconds", &[], time.as_secs_f64());
    }
}

/// Measures the gateway's own time for a request, without the client's and upstream's time and without the
/// delays of budgets.
pub(crate) struct Stopwatch {
    since: Instant,
    sum: Duration,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self { since: Instant::now(), sum: Duration::ZERO }
    }

    /// Stops the measurement while client or upstream work.
    pub fn pause(&mut self) {
        self.sum += self.since.elapsed();
    }

    /// Continues the measurement.
    pub fn go_on(&mut self) {
        self.since = Instant::now();
    }

    /// Returns the measured time.
    pub fn stop(mut self) -> Duration {
        self.pause();
        self.sum
    }
}
