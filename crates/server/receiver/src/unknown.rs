//! Counters of unread keys that look like usage, so that a new spelling is noticed before money is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use quipu_core::{Batch, Meter};
use quipu_drift::Mask;

/// Keys counted by name; all others are counted together.
const MOST_KEYS: usize = 64;
/// The maximum length of a key counted by name, in bytes.
const LONGEST_KEY: usize = 128;
/// The name that all other keys are counted under.
const OTHER: &str = "other";
/// The name of the value that a key is masked as.
const KEY: &str = "quipu.unknown_usage";

/// The keys that are counted by name so far.
#[derive(Debug, Default)]
pub(crate) struct UnknownKeys(Mutex<BTreeSet<String>>);

/// Counts the unknown usage keys of a batch; without any it allocates nothing. A key can hold a secret, so
/// it is masked before a metric shows it.
pub(crate) fn of(batch: &Batch, mask: Mask<'_>) -> BTreeMap<String, u64> {
    let mut keys = BTreeMap::new();
    for key in batch.spans.iter().flat_map(|span| &span.canonical.unknown_usage) {
        *keys.entry(mask(KEY, key).unwrap_or_else(|| key.to_string())).or_default() += 1;
    }
    keys
}

impl UnknownKeys {
    /// Counts the keys of a batch.
    pub(crate) fn count(&self, meter: &dyn Meter, keys: BTreeMap<String, u64>) {
        for (key, count) in keys {
            let key = if self.knows(&key) { key.as_str() } else { OTHER };
            meter.add("quipu_unknown_usage_keys_total", &[("key", key)], count);
        }
    }

    /// Returns whether the key is counted by name: the first 64 are.
    fn knows(&self, key: &str) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(key) {
            return true;
        }
        let fits = known.len() < MOST_KEYS && key.len() <= LONGEST_KEY;
        fits && known.insert(key.to_owned())
    }
}
