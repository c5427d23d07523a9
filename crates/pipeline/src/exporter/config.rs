//! Delivery config of an exporter.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Attempts of a store if the config sets no limit, because a store must not block its process.
const BOUNDED: u32 = 5;

/// Records to drop if a queue is full.
///
/// ```
/// use quipu_pipeline::{DeliveryConfig, WhenFull};
///
/// let config = DeliveryConfig { when_full: WhenFull::DropNewest, ..DeliveryConfig::default() };
/// # drop(config);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// The records that have waited longest.
    #[default]
    DropOldest,
    /// The new batch.
    DropNewest,
}

/// Delivery config of an exporter.
///
/// ```
/// use quipu_pipeline::DeliveryConfig;
///
/// let config = DeliveryConfig { queue_records: 2_048, attempts: 3, ..DeliveryConfig::default() };
/// assert_eq!(config.batch_records, 4_096);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryConfig {
    /// Most waiting records in memory; a single batch can be larger. With a spool, further records wait on
    /// disk alone.
    pub queue_records: usize,
    /// Records to drop beyond that if there is no spool.
    pub when_full: WhenFull,
    /// Most records of one write.
    pub batch_records: usize,
    /// Most bytes of one write, estimated before encoding; a single record can be larger.
    pub batch_bytes: usize,
    /// Milliseconds between the starts of two writes that are not full. After a pause the first write starts
    /// at once.
    pub batch_delay_ms: u64,
    /// Attempts for one write, including the first, if the error is retryable; 0: no limit.
    pub attempts: u32,
    /// Upper bound in milliseconds of the wait before the second attempt; the bound doubles with each
    /// attempt. The wait is random between 0 and the bound (full jitter) and never shorter than the target's
    /// `Retry-After`.
    pub retry_first_ms: u64,
    /// Highest such bound in milliseconds.
    pub retry_most_ms: u64,
    /// Consecutive failures that open the circuit breaker.
    pub breaker_failures: u32,
    /// Milliseconds for which the breaker stays open. The time doubles each time the next attempt fails, up
    /// to 32 times.
    pub breaker_open_ms: u64,
    /// Timeout in milliseconds of one attempt with all its requests. Backends have a timeout per request in
    /// addition; that one also reports which records were accepted.
    pub write_timeout_ms: u64,
    /// Milliseconds for waiting records at shutdown.
    pub close_timeout_ms: u64,
    /// Config of the disk spool.
    pub spool: SpoolConfig,
    /// Most bytes of dead letters; the oldest are removed first. 0: none are stored.
    pub dead_letter_bytes: u64,
}

impl Default for DeliveryConfig {
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
            spool: SpoolConfig::default(),
            dead_letter_bytes: 64 << 20,
        }
    }
}

impl DeliveryConfig {
    /// Random wait before attempt number `attempt`, counted from 2, with full jitter.
    pub(super) fn wait(&self, attempt: u32) -> Duration {
        // Each `RandomState` has new keys, so its hashes are random numbers.
        let random = RandomState::new().hash_one(attempt);
        Duration::from_millis(random % self.wait_at_most(attempt).saturating_add(1))
    }

    fn wait_at_most(&self, attempt: u32) -> u64 {
        let doubled = self.retry_first_ms.saturating_mul(1 << attempt.saturating_sub(2).min(20));
        doubled.min(self.retry_most_ms)
    }

    /// Number of attempts for callers that need a limit.
    pub(super) const fn bounded_attempts(&self) -> u32 {
        if self.attempts == 0 { BOUNDED } else { self.attempts }
    }

    /// Whether `attempts` has reached the limit.
    pub(super) const fn is_enough(&self, attempts: u32) -> bool {
        self.attempts != 0 && attempts >= self.attempts
    }
}

/// Config of the disk spool: batches wait in files, so the end of a process loses none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpoolConfig {
    /// Whether there is a spool, if there is a folder for it.
    pub enabled: bool,
    /// Folder of this spool alone; `None`: `spool` in the exporter's folder.
    pub path: Option<PathBuf>,
    /// Most bytes on disk.
    pub bytes: u64,
    /// Most bytes of one file. Space is freed by whole files.
    pub segment_bytes: u64,
    /// Records to drop if the spool is full. Default: the new ones, because acknowledged records come first.
    pub when_full: WhenFull,
    /// Whether each batch is synced to disk before its sender gets an answer, so a power cut loses nothing.
    /// Otherwise a crash of the operating system can lose the last records.
    pub sync: bool,
}

impl Default for SpoolConfig {
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
        let config =
            DeliveryConfig { retry_first_ms: 100, retry_most_ms: 1_000, ..DeliveryConfig::default() };
        let bounds = [2, 3, 4, 5, 6, 7, u32::MAX].map(|attempt| config.wait_at_most(attempt));
        assert_eq!(bounds, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
        let drawn: Vec<_> = (0..100).map(|_| config.wait(6)).collect();
        assert!(drawn.iter().all(|wait| *wait <= Duration::from_secs(1)), "{drawn:?}");
        assert!(drawn.iter().any(|wait| *wait != drawn[0]), "no two senders come back together: {drawn:?}");
    }
}
