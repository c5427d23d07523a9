//! Bounded cache of the rule for each provider and model. Many distinct names cost time, not memory.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::HashMap;
use foldhash::fast::RandomState;
use quipu_core::locks::RwLock;

const SHARDS: usize = 8;
const PER_SHARD: usize = 128;

#[derive(Debug)]
struct Entry<T> {
    provider: Option<Box<str>>,
    model: Box<str>,
    turn: usize,
    value: Option<Arc<T>>,
}

#[derive(Debug)]
pub(crate) struct Cache<T> {
    hasher: RandomState,
    shards: [RwLock<HashMap<u64, Entry<T>>>; SHARDS],
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self { hasher: RandomState::default(), shards: Default::default() }
    }
}

impl<T> Cache<T> {
    /// The cached answer for this period of the lists, otherwise the result of `find`. `None` is cached as
    /// well.
    pub(crate) fn get_or(
        &self,
        provider: Option<&str>,
        model: &str,
        turn: usize,
        find: impl FnOnce() -> Option<Arc<T>>,
    ) -> Option<Arc<T>> {
        let hash = self.hash(provider, model, turn);
        let shard = &self.shards[hash as usize % SHARDS];
        if let Some(entry) = shard.read().get(&hash)
            && *entry.model == *model
            && entry.provider.as_deref() == provider
            && entry.turn == turn
        {
            return entry.value.clone();
        }
        let value = find();
        let entry =
            Entry { provider: provider.map(Into::into), model: model.into(), turn, value: value.clone() };
        let mut shard = shard.write();
        if shard.len() >= PER_SHARD {
            shard.clear();
        }
        shard.insert(hash, entry);
        value
    }

    fn hash(&self, provider: Option<&str>, model: &str, turn: usize) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        provider.hash(&mut hasher);
        model.hash(&mut hasher);
        turn.hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_rather_than_grows() {
        let cache = Cache::<usize>::default();
        for round in 0..10_000 {
            let model = format!("m{round}");
            assert_eq!(cache.get_or(None, &model, 0, || Some(Arc::new(round))).as_deref(), Some(&round));
            assert_eq!(cache.get_or(None, &model, 0, || None).as_deref(), Some(&round));
            assert_eq!(cache.get_or(Some("p"), &model, 0, || None), None);
            assert_eq!(cache.get_or(None, &model, 1, || None), None);
        }
        assert!(cache.shards.iter().all(|shard| shard.read().len() <= PER_SHARD));
    }
}
