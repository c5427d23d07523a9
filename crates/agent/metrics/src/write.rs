//! Two ways of adding to an atomic: as the single writer, or concurrently.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A way of adding.
pub(crate) trait Write {
    /// Adds to an integer.
    fn add(to: &AtomicU64, n: u64);

    /// Replaces the double in `at` by the result of `next`, unless that is `None`.
    fn change(at: &AtomicU64, next: impl Fn(f64) -> Option<f64>);

    /// Adds to a double.
    #[inline]
    fn add_f64(to: &AtomicU64, x: f64) {
        Self::change(to, |have| Some(have + x));
    }
}

/// This thread is the only writer.
pub(crate) struct Alone;

impl Write for Alone {
    #[inline]
    fn add(to: &AtomicU64, n: u64) {
        to.store(to.load(Relaxed).wrapping_add(n), Relaxed);
    }

    #[inline]
    fn change(at: &AtomicU64, next: impl Fn(f64) -> Option<f64>) {
        if let Some(next) = next(f64::from_bits(at.load(Relaxed))) {
            at.store(next.to_bits(), Relaxed);
        }
    }
}

/// Other threads may write at the same time.
pub(crate) struct Together;

impl Write for Together {
    #[inline]
    fn add(to: &AtomicU64, n: u64) {
        to.fetch_add(n, Relaxed);
    }

    #[inline]
    fn change(at: &AtomicU64, next: impl Fn(f64) -> Option<f64>) {
        let _ = at.fetch_update(Relaxed, Relaxed, |bits| next(f64::from_bits(bits)).map(f64::to_bits));
    }
}
