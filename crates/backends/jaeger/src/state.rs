//! State that is kept between writes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use quipu_core::locks::Mutex;
use quipu_core::{Error, ErrorKind, Health};

/// State that is kept between writes.
#[derive(Debug, Default)]
pub(crate) struct SenderState {
    closed: AtomicBool,
    /// Error of the last write; `None` after a success.
    failure: Mutex<Option<String>>,
    cut: AtomicU64,
    unfit: AtomicU64,
}

impl SenderState {
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Stores the result of a write. Invalid spans are no sign of Jaeger's health.
    pub fn wrote(&self, failure: Option<&Error>) {
        let failure = failure.filter(|error| error.kind() != ErrorKind::Invalid);
        *self.failure.lock() = failure.map(ToString::to_string);
    }

    /// Counts spans with cut values. Logged at 1, 2, 4, 8 … of them, because long prompts may continue.
    #[cfg_attr(
        not(feature = "legacy-agent"),
        allow(dead_code, reason = "only packets to an agent have a size limit")
    )]
    pub fn cut(&self, spans: u64) {
        let before = self.cut.fetch_add(spans, Ordering::Relaxed);
        if crosses_power(before, before + spans) {
            tracing::warn!(
                spans = before + spans,
                "long values were cut so that their spans fit a packet to the agent; OTLP and the collector \
                 accept whole values"
            );
        }
    }

    /// Counts spans that fit no packet.
    #[cfg_attr(
        not(feature = "legacy-agent"),
        allow(dead_code, reason = "only packets to an agent have a size limit")
    )]
    pub fn unfit(&self, spans: u64) {
        self.unfit.fetch_add(spans, Ordering::Relaxed);
    }

    /// Number of spans with cut values, and of those that fit no packet.
    pub fn counts(&self) -> (u64, u64) {
        (self.cut.load(Ordering::Relaxed), self.unfit.load(Ordering::Relaxed))
    }

    pub fn health(&self) -> Health {
        if self.is_closed() {
            return Health::Down("closed".to_owned());
        }
        self.failure.lock().clone().map_or(Health::Ready, Health::Down)
    }
}

#[cfg_attr(
    not(feature = "legacy-agent"),
    allow(dead_code, reason = "only packets to an agent have a size limit")
)]
fn crosses_power(before: u64, after: u64) -> bool {
    after > before && before.checked_ilog2() != after.checked_ilog2()
}

#[cfg(test)]
mod tests {
    use super::crosses_power;

    #[test]
    fn it_is_told_less_and_less_often() {
        let told: Vec<u64> = (0..20).filter(|before| crosses_power(*before, before + 1)).collect();
        assert_eq!(told, [0, 1, 3, 7, 15]);
        assert!(!crosses_power(5, 5));
    }
}
