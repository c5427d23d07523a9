//! The series that a thread asked for last: it finds them again without meeting another thread.

use std::cell::Cell;

use super::series::Series;

/// Entries of each thread; the fewest that keep the series of a busy agent apart.
const ENTRIES: usize = 512;

type Entry = Cell<Option<(u64, &'static Series)>>;

thread_local! {
    static CACHE: Box<[Entry]> = (0..ENTRIES).map(|_| Cell::new(None)).collect();
}

/// What was last put under `hash`.
#[inline]
pub(crate) fn get(hash: u64) -> Option<&'static Series> {
    let entry = CACHE.try_with(|cache| cache[hash as usize % ENTRIES].get()).ok()??;
    (entry.0 == hash).then_some(entry.1)
}

/// Keeps a series in place of whichever shares its entry.
pub(crate) fn put(hash: u64, series: &'static Series) {
    // A thread that ends keeps nothing.
    let _ = CACHE.try_with(|cache| cache[hash as usize % ENTRIES].set(Some((hash, series))));
}
