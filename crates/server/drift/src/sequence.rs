//! Gaps in the numbers that sources give their records.

use std::collections::HashMap;

/// Maximum number of followed series; the least recent one is removed first.
const MOST_SERIES: usize = 1_024;
/// Maximum number of runs of a series; beyond it, the oldest gap counts as lost.
const MOST_RUNS: usize = 32;

/// The numbers of one series, as runs without a gap in ascending order.
#[derive(Debug, Default)]
pub(crate) struct Series {
    runs: Vec<(u64, u64)>,
    /// Number of missing records in gaps that are no longer followed.
    lost: u64,
    /// Source, by its number in the watch.
    source: u64,
    touched: u64,
}

impl Series {
    fn note(&mut self, number: u64) {
        let at = self.runs.partition_point(|(_, last)| *last < number);
        if self.runs.get(at).is_some_and(|(first, _)| *first <= number) {
            return;
        }
        self.runs.insert(at, (number, number));
        self.join(at);
        if at > 0 {
            self.join(at - 1);
        }
        if self.runs.len() > MOST_RUNS {
            let (first, last) = self.runs.remove(0);
            let next = &mut self.runs[0].0;
            self.lost = self.lost.saturating_add(*next - last - 1);
            *next = first;
        }
    }

    /// Joins the run with the next one if no number is between them.
    fn join(&mut self, at: usize) {
        let touches =
            self.runs.get(at + 1).is_some_and(|(first, _)| self.runs[at].1.checked_add(1) == Some(*first));
        if touches {
            self.runs[at].1 = self.runs[at + 1].1;
            self.runs.remove(at + 1);
        }
    }

    fn missing(&self) -> u64 {
        self.runs.windows(2).map(|two| two[1].0 - two[0].1 - 1).fold(self.lost, u64::saturating_add)
    }
}

/// The followed series.
#[derive(Debug, Default)]
pub(crate) struct Sequences {
    series: HashMap<u64, Series>,
    clock: u64,
}

impl Sequences {
    /// Adds a number of a series. Returns the source and the missing numbers of a removed series.
    pub(crate) fn note(&mut self, series: u64, source: u64, number: u64) -> Option<(u64, u64)> {
        self.clock += 1;
        let gone =
            (self.series.len() >= MOST_SERIES && !self.series.contains_key(&series)).then(|| self.make_way());
        let one = self.series.entry(series).or_insert_with(|| Series { source, ..Series::default() });
        one.touched = self.clock;
        one.note(number);
        gone.flatten()
    }

    fn make_way(&mut self) -> Option<(u64, u64)> {
        let oldest = *self.series.iter().min_by_key(|(_, one)| one.touched)?.0;
        self.series.remove(&oldest).map(|one| (one.source, one.missing()))
    }

    /// Missing numbers by source.
    pub(crate) fn missing(&self) -> HashMap<u64, u64> {
        let mut missing = HashMap::new();
        for one in self.series.values() {
            *missing.entry(one.source).or_default() += one.missing();
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn missing_are_the_numbers_between_first_and_last_that_never_came(
            mut numbers in proptest::collection::vec(0_u64..60, 1..60),
        ) {
            let mut sequences = Sequences::default();
            for number in &numbers {
                prop_assert_eq!(sequences.note(1, 7, *number), None);
            }
            numbers.sort_unstable();
            numbers.dedup();
            let span = numbers[numbers.len() - 1] - numbers[0] + 1;
            prop_assert_eq!(sequences.missing()[&7], span - numbers.len() as u64);
        }
    }

    #[test]
    fn what_makes_way_tells_what_it_missed() {
        let mut sequences = Sequences::default();
        for series in 0..MOST_SERIES as u64 {
            assert_eq!(sequences.note(series, 1, 1), None);
            assert_eq!(sequences.note(series, 1, 4), None);
        }
        assert_eq!(sequences.note(u64::MAX, 2, 1), Some((1, 2)));
        assert_eq!(sequences.series.len(), MOST_SERIES);
    }

    #[test]
    fn a_series_of_gaps_stays_small_and_keeps_their_sum() {
        let mut sequences = Sequences::default();
        for number in 0..1_000 {
            sequences.note(1, 1, number * 2);
        }
        assert_eq!(sequences.missing()[&1], 999);
        assert!(sequences.series[&1].runs.len() <= MOST_RUNS);
    }
}
