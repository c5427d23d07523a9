//! Thread-local cache of recently used series, without contention between threads.

use std::cell::Cell;

use super::series::Series;

/// Entries per thread: the fewest that avoid collisions for a busy agent.
const ENTRIES: usize = 512;

type Entry = Cell<Option<(u64, &'static Series)>>;

thread_local! {
    static CACHE: Box<[Entry]> = (0..ENTRIES).map(|_| Cell::new(None)).collect();
}

/// The cached series for `hash`.
#[inline]
pub(crate) fn get(hash: u64) -> Option<&'static Series> {
    let entry = CACHE.try_with(|cache| cache[hash as usize % ENTRIES].get()).ok()??;
    (entry.0 == hash).then_some(entry.1)
}

/// Caches a series; it replaces the entry in its slot.
pub(crate) fn put(hash: u64, series: &'static Series) {
    // During thread exit the cache is gone.
    let _ = CACHE.try_with(|cache| cache[hash as usize % ENTRIES].set(Some((hash, series))));
}
