//! The time, for the price of reading the CPU's time stamp counter where it can be trusted.

use quipu_core::{Clock as _, SystemClock};

/// Nanoseconds since the Unix epoch as of one moment, carried on by the time stamp counter. It drifts against the machine's
/// clock by some parts in a million; [`Clock::behind`] says by how much, and the drain puts it right.
pub(crate) struct Clock(#[cfg(feature = "enable")] fastant::Anchor);

impl Clock {
    pub fn new() -> Self {
        Self(
            #[cfg(feature = "enable")]
            fastant::Anchor::new(),
        )
    }

    /// Nanoseconds since the Unix epoch, uncorrected.
    #[cfg(feature = "enable")]
    #[inline]
    pub fn now(&self) -> u64 {
        fastant::Instant::now().as_unix_nanos(&self.0)
    }

    /// Nobody asks without recording.
    #[cfg(not(feature = "enable"))]
    pub fn now(&self) -> u64 {
        0
    }

    /// What has to be added to this clock's time to have the machine's, in nanoseconds.
    pub fn behind(&self) -> i64 {
        SystemClock.now().nanos().saturating_sub(self.now().cast_signed())
    }
}
