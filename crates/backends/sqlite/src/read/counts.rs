//! Counts of values within the memory of an answer.

use std::collections::HashMap;

use compact_str::CompactString;
use quipu_core::{AnswerMemory, MemoryHold, Result};

/// Memory of a value's count, without the value.
const VALUE: usize = 64;
/// Step in bytes by which counts reserve memory.
const STEP: usize = 64 << 10;

/// Counts by value, within [`AnswerMemory::group_bytes`].
///
/// Counts that fit are exact. Beyond the limit the rarest half of the values is dropped, and a new value
/// starts at the largest dropped count ("space saving", Metwally et al. 2005). So every value with a larger
/// count than that stays. A second pass over the same counts then makes the remaining ones exact.
pub(crate) struct Counts {
    known: HashMap<CompactString, u64>,
    bytes: usize,
    most: usize,
    hold: MemoryHold,
    /// The largest dropped count.
    floor: u64,
    /// In the second pass no value is new.
    recounts: bool,
}

impl Counts {
    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn new() -> Result<Self> {
        let memory = AnswerMemory::current();
        Ok(Self {
            known: HashMap::new(),
            bytes: 0,
            most: memory.group_bytes(),
            hold: memory.hold(0)?,
            floor: 0,
            recounts: false,
        })
    }

    /// Adds to the count of a value.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn add(&mut self, value: &str, count: u64) -> Result<()> {
        if let Some(known) = self.known.get_mut(value) {
            *known += count;
            return Ok(());
        }
        if self.recounts {
            return Ok(());
        }
        let bytes = VALUE + value.len();
        if self.bytes + bytes > self.most && self.known.len() > 1 {
            self.drop_the_rarest();
        }
        self.bytes += bytes;
        self.hold.set(self.bytes.next_multiple_of(STEP))?;
        self.known.insert(value.into(), self.floor + count);
        Ok(())
    }

    fn drop_the_rarest(&mut self) {
        let mut counts: Vec<u64> = self.known.values().copied().collect();
        let half = counts.len() / 2;
        let (_, cut, _) = counts.select_nth_unstable(half);
        let cut = *cut;
        // Of values with the same count at the cut, so many stay that half of all stays.
        let mut spare = self.known.len() - half - self.known.values().filter(|count| **count > cut).count();
        self.known.retain(|_, count| {
            if *count == cut && spare > 0 {
                spare -= 1;
                return true;
            }
            *count > cut
        });
        self.floor = self.floor.max(cut);
        self.bytes = self.known.keys().map(|value| VALUE + value.len()).sum();
    }

    /// Whether values were dropped, so the remaining counts are estimates.
    pub(crate) const fn is_estimated(&self) -> bool {
        self.floor > 0 && !self.recounts
    }

    /// Begins the second pass.
    pub(crate) fn recount(&mut self) {
        self.known.values_mut().for_each(|count| *count = 0);
        self.recounts = true;
    }

    /// The values with their counts.
    pub(crate) fn into_counts(self) -> impl Iterator<Item = (CompactString, u64)> {
        self.known.into_iter().filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_values_are_exact_among_many_rare_ones() {
        let days: Vec<Vec<(String, u64)>> = (0..30)
            .map(|day| {
                let rare = (0..2_000).map(|number| (format!("rare-{day}-{number}"), 1));
                let frequent = (0..20).map(|number| (format!("frequent-{number}"), 50 + number));
                rare.chain(frequent).collect()
            })
            .collect();
        let most = 64 << 10;
        let mut counts = AnswerMemory::default().with_groups(most).enter(Counts::new).unwrap();
        for pass in 0..2 {
            for (value, count) in days.iter().flatten() {
                counts.add(value, *count).unwrap();
                assert!(counts.bytes <= most + 100, "{}", counts.bytes);
            }
            assert_eq!(counts.is_estimated(), pass == 0);
            if pass == 0 {
                counts.recount();
            }
        }
        let known: HashMap<CompactString, u64> = counts.into_counts().collect();
        for number in 0..20 {
            assert_eq!(known[format!("frequent-{number}").as_str()], 30 * (50 + number));
        }
        assert!(known.iter().all(|(value, count)| value.starts_with("frequent") || *count == 1));
    }
}
