//! How many events filters kept out, counted without threads getting into each other's way.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Why an event was kept out.
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

/// Threads count in as many places, each on cache lines of its own.
const SHARDS: usize = 16;

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard([AtomicU64; REASONS.len()]);

/// Counts of one recorder. A copy begins at zero: it is another recorder's.
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
    /// Counts one that was kept out. Always false, as an answer to whether it passes.
    pub(super) fn count(&self, reason: Reason) -> bool {
        let shard = SHARD.try_with(Cell::get).unwrap_or_default();
        self.0[shard].0[reason as usize].fetch_add(1, Ordering::Relaxed);
        false
    }

    /// Those of each reason, where there are any.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let sum = |reason: Reason| {
            self.0.iter().map(|shard| shard.0[reason as usize].load(Ordering::Relaxed)).sum::<u64>()
        };
        REASONS.iter().map(|(reason, word)| (*word, sum(*reason))).filter(|(_, count)| *count > 0).collect()
    }
}
