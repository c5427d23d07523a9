//! What the gateway says of itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_core::Meter;

/// Counts requests, refusals, and the time that passing through adds.
#[derive(Clone)]
pub(crate) struct Figures(Arc<dyn Meter>);

impl Figures {
    pub fn new(meter: Arc<dyn Meter>) -> Self {
        Self(meter)
    }

    /// A request was answered with this status.
    pub fn answered(&self, upstream: &str, status: u16) {
        let mut text = [0_u8; 3];
        for (at, digit) in text.iter_mut().enumerate() {
            let place = [100, 10, 1].get(at).copied().unwrap_or(1);
            *digit = b'0' + u8::try_from((status / place) % 10).unwrap_or_default();
        }
        let status = std::str::from_utf8(&text).unwrap_or_default();
        self.0.add("quipu_proxy_requests_total", &[("upstream", upstream), ("status", status)], 1);
    }

    /// The gateway said no, or could not go on.
    pub fn refused(&self, upstream: &str, reason: &str) {
        self.0.add("quipu_proxy_refusals_total", &[("upstream", upstream), ("reason", reason)], 1);
    }

    /// A request that was not understood was passed on and recorded, for this reason.
    pub fn not_understood(&self, upstream: &str, reason: &str) {
        self.0.add("quipu_proxy_not_understood_total", &[("upstream", upstream), ("reason", reason)], 1);
    }

    /// The client went away before the answer's end.
    pub fn left(&self, upstream: &str) {
        self.0.add("quipu_proxy_client_disconnects_total", &[("upstream", upstream)], 1);
    }

    /// Time that was added to a call.
    pub fn added(&self, time: Duration) {
        self.0.observe("quipu_proxy_added_seconds", &[], time.as_secs_f64());
    }
}

/// The time that the gateway itself takes for a request: without its client's and its upstream's, and without waits that a
/// budget asks for.
pub(crate) struct Stopwatch {
    since: Instant,
    sum: Duration,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self { since: Instant::now(), sum: Duration::ZERO }
    }

    /// Others are at work.
    pub fn pause(&mut self) {
        self.sum += self.since.elapsed();
    }

    /// It is our turn again.
    pub fn go_on(&mut self) {
        self.since = Instant::now();
    }

    /// All of our turns, up to now.
    pub fn stop(mut self) -> Duration {
        self.pause();
        self.sum
    }
}
