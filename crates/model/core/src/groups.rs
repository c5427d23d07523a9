//! Groups of an answer, with a memory limit while they are built.

use std::collections::BTreeMap;

use crate::{AnswerMemory, MemoryHold, Result, UsageKey, UsageTotals, WorkTotals};

/// Sums of one group.
pub trait GroupSums: Default {
    /// Adds `other`.
    fn merge(&mut self, other: Self);

    /// Bytes on the heap.
    fn heap_bytes(&self) -> usize;
}

/// A key that identifies and orders groups.
pub trait GroupKey: Ord + Clone {
    /// Bytes on the heap.
    fn heap_bytes(&self) -> usize;
}

impl GroupKey for Vec<UsageKey> {
    fn heap_bytes(&self) -> usize {
        let texts = self.iter().map(|key| match key {
            UsageKey::Name(Some(name)) if name.is_heap_allocated() => name.capacity(),
            _ => 0,
        });
        self.capacity() * size_of::<UsageKey>() + texts.sum::<usize>()
    }
}

impl GroupSums for UsageTotals {
    fn merge(&mut self, other: Self) {
        Self::merge(self, &other);
    }

    fn heap_bytes(&self) -> usize {
        // A node of a B-tree has eleven entries.
        let reasons = if self.unpriced.is_empty() { 0 } else { 200 };
        reasons + self.latency.heap_bytes()
    }
}

impl GroupSums for WorkTotals {
    fn merge(&mut self, other: Self) {
        Self::merge(self, &other);
    }

    fn heap_bytes(&self) -> usize {
        self.duration.heap_bytes() + self.first_token.heap_bytes()
    }
}

/// Groups by key within a limit of bytes. The groups with the smallest keys stay, in any order of arrival.
/// All others are added to one rest group, so sums over groups and rest are exact.
#[derive(Debug)]
pub struct GroupTable<K, T> {
    groups: BTreeMap<K, T>,
    bytes: usize,
    most: usize,
    hold: MemoryHold,
    /// Keys from this one on belong to the rest group.
    cut: Option<K>,
    rest: Option<T>,
}

/// Step in bytes by which a table reserves memory.
const STEP: usize = 64 << 10;

impl<K: GroupKey, T: GroupSums> GroupTable<K, T> {
    /// An empty table within the limits of the current request.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(memory: &AnswerMemory) -> Result<Self> {
        Ok(Self {
            groups: BTreeMap::new(),
            bytes: 0,
            most: memory.group_bytes(),
            hold: memory.hold(0)?,
            cut: None,
            rest: None,
        })
    }

    /// Adds sums to their group.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn add(&mut self, key: K, sums: T) -> Result<()> {
        if self.cut.as_ref().is_some_and(|cut| key >= *cut) {
            self.rest.get_or_insert_default().merge(sums);
            return Ok(());
        }
        match self.groups.get_mut(&key) {
            Some(known) => {
                let before = known.heap_bytes();
                known.merge(sums);
                self.bytes = self.bytes + known.heap_bytes() - before.min(self.bytes);
            }
            None => {
                self.bytes += size_of_group(&key, &sums);
                self.groups.insert(key, sums);
            }
        }
        while self.bytes > self.most && self.groups.len() > 1 {
            let Some((key, sums)) = self.groups.pop_last() else { break };
            self.bytes = self.bytes.saturating_sub(size_of_group(&key, &sums));
            self.rest.get_or_insert_default().merge(sums);
            self.cut = Some(key);
        }
        self.hold.set(self.bytes.next_multiple_of(STEP))
    }

    /// The groups in the order of their keys, and the sums of all groups that were left out.
    pub fn finish(self) -> (BTreeMap<K, T>, Option<T>) {
        (self.groups, self.rest)
    }
}

fn size_of_group<K: GroupKey, T: GroupSums>(key: &K, sums: &T) -> usize {
    size_of::<K>() + size_of::<T>() + key.heap_bytes() + sums.heap_bytes()
}

/// The key of the rest group, with this number of parts.
pub fn rest_key(keys: usize) -> Vec<UsageKey> {
    vec![UsageKey::Rest; keys]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Default, Clone, PartialEq)]
    struct Count(u64);

    impl GroupSums for Count {
        fn merge(&mut self, other: Self) {
            self.0 += other.0;
        }

        fn heap_bytes(&self) -> usize {
            0
        }
    }

    fn key(name: &str) -> Vec<UsageKey> {
        vec![UsageKey::Name(Some(name.into()))]
    }

    proptest! {
        /// In any order of groups, the kept groups are exact and no sum is lost.
        #[test]
        fn groups_that_stay_are_exact_and_the_rest_has_all_others(names in prop::collection::vec("[a-f]{1,2}", 1..200), groups in 1..9_usize) {
            let one = size_of_group(&key("aa"), &Count(1));
            let memory = AnswerMemory::default().with_groups(one * groups);
            let mut table = GroupTable::new(&memory).unwrap();
            let mut want: BTreeMap<Vec<UsageKey>, u64> = BTreeMap::new();
            for name in &names {
                table.add(key(name), Count(1)).unwrap();
                *want.entry(key(name)).or_default() += 1;
            }
            let (kept, rest) = table.finish();
            prop_assert_eq!(kept.len(), want.len().min(groups));
            for ((have, count), (key, wanted)) in kept.iter().zip(&want) {
                prop_assert_eq!((have, count.0), (key, *wanted));
            }
            let left: u64 = want.values().skip(groups).sum();
            prop_assert_eq!(rest.map(|rest| rest.0), Some(left).filter(|left| *left > 0));
        }
    }
}
