//! A map of recent entries with bounded memory.

use std::hash::Hash;

use foldhash::HashMap;

/// Keeps at least the last `MOST` keys and at most twice as many: once the newer half is full, it drops the
/// older one.
pub(crate) struct Recent<K, V, const MOST: usize> {
    newer: HashMap<K, V>,
    older: HashMap<K, V>,
}

impl<K, V, const MOST: usize> Default for Recent<K, V, MOST> {
    fn default() -> Self {
        Self { newer: HashMap::default(), older: HashMap::default() }
    }
}

impl<K: Hash + Eq, V, const MOST: usize> Recent<K, V, MOST> {
    /// Inserts a value and returns the previous one of the key.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let before = self.older.remove(&key);
        if self.newer.len() >= MOST && !self.newer.contains_key(&key) {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(key, value).or(before)
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.newer.remove(key).or_else(|| self.older.remove(key))
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.newer.values().chain(self.older.values())
    }
}
