//! Map of the most recently used entries. It hashes as the other maps of the ledger do: without a hasher of
//! its own, `lru` takes SipHash, and counting a span needs 4 to 7 % more instructions.

use std::hash::Hash;

use foldhash::fast::RandomState;
use lru::LruCache;

/// The map.
pub(crate) type Recent<K, V> = LruCache<K, V, RandomState>;

/// An empty map without a limit.
pub(crate) fn recent<K: Hash + Eq, V>() -> Recent<K, V> {
    LruCache::unbounded_with_hasher(RandomState::default())
}
