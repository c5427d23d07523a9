//! How a backend is delivered to.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Attempts of a store that must not hold up its process, where the settings say that there is no bound.
const BOUNDED: u32 = 5;

/// Which batches go when there is no room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Those that have waited longest.
    #[default]
    DropOldest,
    /// The one that comes.
    DropNewest,
}

/// How a backend is delivered to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExitSettings {
    /// Records that may wait in memory; a single batch may be larger. With a spool, what is beyond waits on disk alone.
    pub queue_records: usize,
    /// What goes when they are more and there is no spool.
    pub when_full: WhenFull,
    /// Records of one write at most.
    pub batch_records: usize,
    /// Bytes of one write at most, as far as they can be told without encoding it; a single record may be larger.
    pub batch_bytes: usize,
    /// Milliseconds between the beginnings of two writes that are not full. The first after a while leaves at once.
    pub batch_delay_ms: u64,
    /// Attempts for one write, the first included, where the error says that repeating can help; 0: as many as it takes.
    pub attempts: u32,
    /// Milliseconds before the second attempt at most; each further bound is twice as long. The wait is drawn between none and
    /// the bound, so that many senders do not come back at once, and is never shorter than what the other side asked for.
    pub retry_first_ms: u64,
    /// Milliseconds of the longest such bound.
    pub retry_most_ms: u64,
    /// Failures in a row after which nothing is tried for a while.
    pub breaker_failures: u32,
    /// Milliseconds of that while; it doubles each time that the attempt after it fails, up to 32 times as long.
    pub breaker_open_ms: u64,
    /// Milliseconds that one attempt may take, all of its requests together: a bound on what hangs. Backends have one of their own
    /// for each request, and say then what was taken before it.
    pub write_timeout_ms: u64,
    /// Milliseconds that what waits may take at the end.
    pub close_timeout_ms: u64,
    /// Where what waits is kept on disk.
    pub spool: SpoolSettings,
    /// Bytes of refused batches that are kept; the oldest go first. 0: none are kept.
    pub dead_letter_bytes: u64,
}

impl Default for ExitSettings {
    fn default() -> Self {
        Self {
            queue_records: 65_536,
            when_full: WhenFull::default(),
            batch_records: 4_096,
            batch_bytes: 2 << 20,
            batch_delay_ms: 200,
            attempts: 0,
            retry_first_ms: 100,
            retry_most_ms: 5_000,
            breaker_failures: 5,
            breaker_open_ms: 1_000,
            write_timeout_ms: 120_000,
            close_timeout_ms: 3_000,
            spool: SpoolSettings::default(),
            dead_letter_bytes: 64 << 20,
        }
    }
}

impl ExitSettings {
    /// A wait before attempt number `attempt`, counted from 2: by full jitter, of the lengths up to the bound any.
    pub(super) fn wait(&self, attempt: u32) -> Duration {
        Duration::from_millis(fastrand::u64(0..=self.wait_at_most(attempt)))
    }

    fn wait_at_most(&self, attempt: u32) -> u64 {
        let doubled = self.retry_first_ms.saturating_mul(1 << attempt.saturating_sub(2).min(20));
        doubled.min(self.retry_most_ms)
    }

    /// Attempts for those who cannot wait for ever.
    pub(super) const fn bounded_attempts(&self) -> u32 {
        if self.attempts == 0 { BOUNDED } else { self.attempts }
    }

    /// Whether this many attempts were enough.
    pub(super) const fn is_enough(&self, attempts: u32) -> bool {
        self.attempts != 0 && attempts >= self.attempts
    }
}

/// The files in which batches wait until they are delivered, so that an end of the process loses none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpoolSettings {
    /// Whether there is one, where there is a folder for it.
    pub enabled: bool,
    /// Its folder, for this backend alone; `None`: `spool` below the backend's folder.
    pub path: Option<PathBuf>,
    /// Bytes that it may need.
    pub bytes: u64,
    /// Bytes of one of its files; room is made by whole files.
    pub segment_bytes: u64,
    /// What goes when it is full; by default what comes, for what was acknowledged first has waited longest for its delivery.
    pub when_full: WhenFull,
    /// Whether each batch is on the disk itself before its sender is told, so that not even a failure of power loses it. Without,
    /// the operating system has it, and only its own end can.
    pub sync: bool,
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            path: None,
            bytes: 1 << 30,
            segment_bytes: 16 << 20,
            when_full: WhenFull::DropNewest,
            sync: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_waits_double_up_to_the_longest() {
        let settings = ExitSettings { retry_first_ms: 100, retry_most_ms: 1_000, ..ExitSettings::default() };
        let bounds = [2, 3, 4, 5, 6, 7, u32::MAX].map(|attempt| settings.wait_at_most(attempt));
        assert_eq!(bounds, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
        let drawn: Vec<_> = (0..100).map(|_| settings.wait(6)).collect();
        assert!(drawn.iter().all(|wait| *wait <= Duration::from_secs(1)), "{drawn:?}");
        assert!(drawn.iter().any(|wait| *wait != drawn[0]), "no two senders come back together: {drawn:?}");
    }
}
