//! Counters of rejected events, sharded by thread.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Reason of a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Level,
    Type,
    Framework,
    Predicate,
}

const REASONS: [(Reason, &str); 4] = [
    (Reason::Level, "level"),
    (Reason::Type, "type"),
    (Reason::Framework, "framework"),
    (Reason::Predicate, "predicate"),
];

/// Number of shards; each has its own cache lines.
const SHARDS: usize = 16;

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard([AtomicU64; REASONS.len()]);

/// Counters of one recorder. A clone starts at zero, because it belongs to another recorder.
#[derive(Debug, Default)]
pub(super) struct Filtered(Arc<[Shard; SHARDS]>);

impl Clone for Filtered {
    fn clone(&self) -> Self {
        Self::default()
    }
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
}

impl Filtered {
    /// Counts a rejected event. It returns false, the answer of the filter.
    pub(super) fn count(&self, reason: Reason) -> bool {
        let shard = SHARD.try_with(Cell::get).unwrap_or_default();
        self.0[shard].0[reason as usize].fetch_add(1, Ordering::Relaxed);
        false
    }

    /// Counts by reason, without zeros.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let sum = |reason: Reason| {
            self.0.iter().map(|shard| shard.0[reason as usize].load(Ordering::Relaxed)).sum::<u64>()
        };
        REASONS.iter().map(|(reason, word)| (*word, sum(*reason))).filter(|(_, count)| *count > 0).collect()
    }
}
