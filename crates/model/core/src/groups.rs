//! Groups of an answer, with a memory limit while they are built.

use std::collections::BTreeMap;

use crate::{AnswerMemory, MemoryHold, Result, UsageKey, UsageTotals, WorkTotals};

/// Bytes that the allocator adds to each allocation.
const ALLOCATION: usize = 16;

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
            UsageKey::Name(Some(name)) if name.is_heap_allocated() => name.capacity() + ALLOCATION,
            _ => 0,
        });
        self.capacity() * size_of::<UsageKey>() + ALLOCATION + texts.sum::<usize>()
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

    /// Converts each group to a row, in the order of the keys, and returns the sums of all groups that were
    /// left out. The hold covers the rows, with space for one more. Drop it after the rows.
    ///
    /// # Errors
    /// No memory is left for the request. Both forms of the groups exist for a moment.
    pub fn into_rows<R>(mut self, row: impl Fn(K, T) -> R) -> Result<(Vec<R>, Option<T>, MemoryHold)> {
        let (entries, space) = (self.groups.len(), self.groups.len() + 1);
        self.hold.grow(space * size_of::<R>())?;
        let mut rows = Vec::with_capacity(space);
        rows.extend(self.groups.into_iter().map(|(key, sums)| row(key, sums)));
        let texts = self.bytes.saturating_sub(entries * size_of_entry::<K, T>());
        self.hold.set(texts + space * size_of::<R>())?;
        Ok((rows, self.rest, self.hold))
    }
}

impl<T: GroupSums> GroupTable<Vec<UsageKey>, T> {
    /// As [`Self::into_rows`], with a last row for the groups that were left out. `keys` is the number of
    /// parts of a key.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn into_groups<R>(
        self,
        keys: usize,
        row: impl Fn(Vec<UsageKey>, T) -> R,
    ) -> Result<(Vec<R>, MemoryHold)> {
        let (mut rows, rest, hold) = self.into_rows(&row)?;
        rows.extend(rest.map(|sums| row(rest_key(keys), sums)));
        Ok((rows, hold))
    }
}

/// Bytes of a group in the tree without what is on the heap. Nodes of a B-tree are full by two thirds.
const fn size_of_entry<K, T>() -> usize {
    (size_of::<K>() + size_of::<T>()) * 3 / 2
}

fn size_of_group<K: GroupKey, T: GroupSums>(key: &K, sums: &T) -> usize {
    size_of_entry::<K, T>() + key.heap_bytes() + sums.heap_bytes()
}

/// The key of the rest group, with this number of parts.
pub fn rest_key(keys: usize) -> Vec<UsageKey> {
    vec![UsageKey::Rest; keys]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ErrorKind;

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
            let (kept, rest, hold) = table.into_rows(|key, count| (key, count.0)).unwrap();
            prop_assert_eq!(kept.len(), want.len().min(groups));
            for ((have, count), (key, wanted)) in kept.iter().zip(&want) {
                prop_assert_eq!((have, count), (key, wanted));
            }
            let texts: usize = kept.iter().map(|(key, _)| key.heap_bytes()).sum();
            prop_assert_eq!(hold.bytes(), texts + kept.capacity() * size_of::<(Vec<UsageKey>, u64)>());
            let left: u64 = want.values().skip(groups).sum();
            prop_assert_eq!(rest.map(|rest| rest.0), Some(left).filter(|left| *left > 0));
        }
    }

    #[test]
    fn rows_are_charged_beside_the_table_that_they_are_made_of() {
        let memory = AnswerMemory::within(2 * STEP);
        let mut table = GroupTable::new(&memory).unwrap();
        (0..100).for_each(|number| table.add(key(&format!("{number:100}")), Count(1)).unwrap());
        let error = table.into_rows(|key, count| (key, count, [0_u8; 2_000])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        memory.hold(2 * STEP).unwrap();
    }
}
