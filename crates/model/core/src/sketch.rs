//! A mergeable, correctable summary of a distribution (DDSketch).
//!
//! Values fall into logarithmic buckets two percent wide, so a quantile is off by at most one percent. This
//! is the scheme of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
//! relative-error guarantees", VLDB 2019). Counts are signed, because a late span can require the removal of
//! an earlier record. Up to [`MOST_EXACT`] different values are also kept as they are, so that quantiles of
//! few values are exact.

use serde::{Deserialize, Serialize};

/// Relative width of a bucket.
const GAMMA: f64 = 1.02;

/// Maximum number of different values with exact quantiles.
pub const MOST_EXACT: usize = 128;

/// Distribution of non-negative numbers, usually nanoseconds. Buckets are sorted; zero counts are left out.
///
/// Two sketches are equal if their buckets and sums are. The exact values are an addition that a sketch can
/// lose, and serde does not write them: see [`Sketch::exact_values`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sketch {
    buckets: Vec<(u16, i64)>,
    sum: i64,
    #[serde(skip)]
    exact: Exact,
}

impl PartialEq for Sketch {
    fn eq(&self, other: &Self) -> bool {
        self.buckets == other.buckets && self.sum == other.sum
    }
}

impl Eq for Sketch {}

/// The values of a sketch and how often each occurs, sorted, as long as they are few.
#[derive(Debug, Clone, Default)]
struct Exact {
    values: Vec<(i64, i64)>,
    /// There were too many different values.
    lost: bool,
}

impl Exact {
    fn add(&mut self, value: i64, times: i64) {
        if !self.lost {
            add_sorted(&mut self.values, value, times);
            self.limit();
        }
    }

    fn merge(&mut self, other: &Self, sign: i64) {
        self.lost |= other.lost;
        if !self.lost {
            merge_sorted(&mut self.values, &other.values, sign);
        }
        self.limit();
    }

    /// Drops the values if there are too many, or if some are unknown.
    fn limit(&mut self) {
        self.lost |= self.values.len() > MOST_EXACT;
        if self.lost {
            self.values = Vec::new();
        }
    }

    /// The values, if they are all of `count`. A sketch that was read without its values has fewer here, and
    /// the removal of an unknown value leaves a negative number.
    fn all(&self, count: u64) -> Option<&[(i64, i64)]> {
        (!self.lost && self.count() == Some(count)).then_some(&self.values)
    }

    /// The number of values; `None` if one occurs less than never.
    fn count(&self) -> Option<u64> {
        let mut times = self.values.iter().map(|(_, times)| u64::try_from(*times).ok());
        times.try_fold(0_u64, |sum, times| Some(sum.saturating_add(times?)))
    }
}

/// Adds `times` to the count of a key in a list that is sorted by key and has no zero counts.
fn add_sorted<K: Ord>(list: &mut Vec<(K, i64)>, key: K, times: i64) {
    // Stored keys come in order, so most are appended.
    let is_last = list.last().is_none_or(|(last, _)| *last < key);
    let place = if is_last { Err(list.len()) } else { list.binary_search_by(|(known, _)| known.cmp(&key)) };
    put(list, place, key, times);
}

/// Adds the counts of a sorted list, times `sign`, to those of another one.
fn merge_sorted<K: Copy + Ord>(list: &mut Vec<(K, i64)>, more: &[(K, i64)], sign: i64) {
    if list.is_empty() {
        list.reserve_exact(more.len());
    }
    let mut at = 0;
    for (key, times) in more {
        while list.get(at).is_some_and(|(known, _)| known < key) {
            at += 1;
        }
        let is_known = list.get(at).is_some_and(|(known, _)| known == key);
        put(list, if is_known { Ok(at) } else { Err(at) }, *key, times.saturating_mul(sign));
    }
}

/// Adds to the count at a place, or inserts it there, as a binary search found the place.
fn put<K>(list: &mut Vec<(K, i64)>, place: Result<usize, usize>, key: K, times: i64) {
    match place {
        Ok(at) => {
            list[at].1 = list[at].1.saturating_add(times);
            if list[at].1 == 0 {
                list.remove(at);
            }
        }
        Err(at) if times != 0 => list.insert(at, (key, times)),
        Err(_) => {}
    }
}

fn bucket_of(value: i64) -> u16 {
    if value <= 1 {
        return 0;
    }
    let index = ((value as f64).ln() / GAMMA.ln()).ceil();
    if index >= f64::from(u16::MAX) { u16::MAX } else { index as u16 }
}

/// The middle of a bucket: both ends have the same relative distance.
fn value_of(bucket: u16) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    2.0 * GAMMA.powi(i32::from(bucket)) / (GAMMA + 1.0)
}

impl Sketch {
    /// An empty sketch.
    pub const fn new() -> Self {
        Self { buckets: Vec::new(), sum: 0, exact: Exact { values: Vec::new(), lost: false } }
    }

    /// Adds `value` `times` times; a negative `times` removes it. Negative values count as zero.
    pub fn add(&mut self, value: i64, times: i64) {
        let value = value.max(0);
        add_sorted(&mut self.buckets, bucket_of(value), times);
        self.sum = self.sum.saturating_add(value.saturating_mul(times));
        self.exact.add(value, times);
        self.reset_if_empty();
    }

    /// Without a value there is none to know, so an empty sketch can be exact again.
    fn reset_if_empty(&mut self) {
        if self.buckets.is_empty() {
            self.exact = Exact::default();
        }
    }

    /// Adds everything in `other`.
    pub fn merge(&mut self, other: &Self) {
        merge_sorted(&mut self.buckets, &other.buckets, 1);
        self.sum = self.sum.saturating_add(other.sum);
        self.exact.merge(&other.exact, 1);
        self.reset_if_empty();
    }

    /// Removes everything in `other`.
    pub fn take_back(&mut self, other: &Self) {
        merge_sorted(&mut self.buckets, &other.buckets, -1);
        self.sum = self.sum.saturating_sub(other.sum);
        self.exact.merge(&other.exact, -1);
        self.reset_if_empty();
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<(u16, i64)>()
            + self.exact.values.capacity() * size_of::<(i64, i64)>()
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        u64::try_from(self.buckets.iter().map(|(_, times)| times).sum::<i64>()).unwrap_or(0)
    }

    /// Sum of all values, exact unless it saturated.
    pub const fn sum(&self) -> i64 {
        self.sum
    }

    /// The mean, exact; `None` when empty.
    pub fn mean(&self) -> Option<f64> {
        match self.count() {
            0 => None,
            count => Some(self.sum as f64 / count as f64),
        }
    }

    /// The value at `quantile` (0 to 1); `None` when empty. It is exact up to [`MOST_EXACT`] different
    /// values, beyond that within one percent.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = (quantile.clamp(0.0, 1.0) * count.saturating_sub(1) as f64).round() as i64;
        let mut seen = 0;
        for (value, times) in self.exact.all(count).unwrap_or_default() {
            seen += times;
            if seen > rank {
                return Some(*value as f64);
            }
        }
        for (bucket, times) in &self.buckets {
            seen += times;
            if seen > rank {
                return Some(value_of(*bucket));
            }
        }
        None
    }

    /// The largest value in a bucket of [`Sketch::parts`].
    pub fn upper(bucket: u16) -> f64 {
        GAMMA.powi(i32::from(bucket))
    }

    /// The buckets, sorted, and the sum: for stores that pack them.
    pub fn parts(&self) -> (&[(u16, i64)], i64) {
        (&self.buckets, self.sum)
    }

    /// The different values and how often each occurs, sorted: for stores that keep them. Empty when they are
    /// not all known or too many.
    pub fn exact_values(&self) -> &[(i64, i64)] {
        self.exact.all(self.count()).unwrap_or_default()
    }

    /// Whether values that are merged into this sketch are kept. A sketch that has dropped its values keeps
    /// no more of them.
    pub const fn keeps_values(&self) -> bool {
        !self.exact.lost
    }

    /// Adds the values of [`Sketch::exact_values`] to a sketch that was stored without them. They are
    /// dropped if some are missing, or if they are too many or not sorted.
    #[must_use]
    pub fn with_exact_values(mut self, values: Vec<(i64, i64)>) -> Self {
        self.exact = Exact { values, lost: false };
        self.exact.lost = !self.exact.values.is_sorted_by(|(one, _), (other, _)| one < other)
            || self.exact.count() != Some(self.count());
        self.exact.limit();
        self
    }

    /// Rebuilds a sketch from [`Sketch::parts`] in any order. Its quantiles are within one percent.
    pub fn from_parts(buckets: impl IntoIterator<Item = (u16, i64)>, sum: i64) -> Self {
        let mut sketch = Self { sum, ..Self::new() };
        buckets.into_iter().for_each(|(bucket, times)| add_sorted(&mut sketch.buckets, bucket, times));
        sketch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_are_within_one_percent(mut values in proptest::collection::vec(2_i64..1_000_000_000_000, 1..200), quantile in 0.0..1.0_f64) {
            let mut sketch = Sketch::new();
            values.iter().for_each(|value| sketch.add(*value, 1));
            values.sort_unstable();
            let exact = values[(quantile * (values.len() - 1) as f64).round() as usize] as f64;
            let have = sketch.quantile(quantile).unwrap();
            prop_assert!((have - exact).abs() <= exact * 0.0101, "{} for {}", have, exact);
            if values.len() <= MOST_EXACT {
                prop_assert_eq!(have, exact);
            }
        }

        #[test]
        fn a_value_is_at_most_its_buckets_upper_end(value in 1_i64..1_000_000_000_000_000) {
            let mut sketch = Sketch::new();
            sketch.add(value, 1);
            let (buckets, _) = sketch.parts();
            let (upper, lower) = (Sketch::upper(buckets[0].0), Sketch::upper(buckets[0].0.saturating_sub(1)));
            prop_assert!(value as f64 <= upper * 1.000_001 && (value == 1 || value as f64 >= lower * 0.999_999));
        }

        #[test]
        fn merging_is_adding(one in proptest::collection::vec(any::<i32>(), 0..50), other in proptest::collection::vec(any::<i32>(), 0..50)) {
            let of = |values: &[i32]| values.iter().fold(Sketch::new(), |mut sketch, value| {
                sketch.add(i64::from(*value), 1);
                sketch
            });
            let mut merged = of(&one);
            merged.merge(&of(&other));
            prop_assert_eq!(merged, of(&[one, other].concat()));
        }

        #[test]
        fn merged_lists_are_as_if_each_value_was_added(one in proptest::collection::vec((0_i64..40, -3_i64..4), 0..40), other in proptest::collection::vec((0_i64..40, -3_i64..4), 0..40), sign in prop_oneof![Just(1_i64), Just(-1)]) {
            let sorted = |pairs: &[(i64, i64)]| pairs.iter().fold(std::collections::BTreeMap::new(), |mut counts, (value, times)| {
                *counts.entry(*value).or_insert(0) += times;
                counts
            }).into_iter().filter(|(_, times)| *times != 0).collect::<Vec<_>>();
            let (mut merged, more) = (sorted(&one), sorted(&other));
            merge_sorted(&mut merged, &more, sign);
            let signed: Vec<_> = other.iter().map(|(value, times)| (*value, times * sign)).collect();
            prop_assert_eq!(merged, sorted(&[one, signed].concat()));
        }

        #[test]
        fn what_is_taken_back_was_never_there(values in proptest::collection::vec(any::<i32>(), 0..50), extra in any::<i32>()) {
            let mut sketch = Sketch::new();
            values.iter().for_each(|value| sketch.add(i64::from(*value), 1));
            let before = sketch.clone();
            sketch.add(i64::from(extra), 1);
            sketch.add(i64::from(extra), -1);
            prop_assert_eq!(sketch, before);
        }
    }

    fn of(values: impl IntoIterator<Item = i64>) -> Sketch {
        let mut sketch = Sketch::new();
        values.into_iter().for_each(|value| sketch.add(value, 1));
        sketch
    }

    #[test]
    fn few_values_have_exact_quantiles_also_after_merges_and_removals() {
        let mut sketch = of([3_000_000_000]);
        assert_eq!(sketch.quantile(0.5), Some(3e9));
        sketch.merge(&of([1_000_000_001, 5_000_000_000]));
        assert_eq!((sketch.quantile(0.0), sketch.quantile(0.5)), (Some(1_000_000_001.0), Some(3e9)));
        sketch.take_back(&of([3_000_000_000]));
        assert_eq!((sketch.quantile(0.0), sketch.quantile(1.0)), (Some(1_000_000_001.0), Some(5e9)));
    }

    #[test]
    fn many_values_and_values_of_unknown_size_are_within_one_percent() {
        let near = |have: Option<f64>, want: f64| (have.unwrap() - want).abs() <= want * 0.01;
        let mut many = of((1..=500).map(|ms| ms * 1_000_000));
        assert!(many.exact_values().is_empty() && near(many.quantile(0.5), 251e6));
        many.take_back(&of((3..=500).map(|ms| ms * 1_000_000)));
        assert!(near(many.quantile(1.0), 2e6), "a part of lost values is not taken for all of them");
        let (buckets, sum) = (of([3_000_000_000]).parts().0.to_vec(), 3_000_000_000);
        let mut stored = Sketch::from_parts(buckets, sum);
        stored.add(1_000_000_000, 1);
        assert!(near(stored.quantile(1.0), 3e9) && near(stored.quantile(0.0), 1e9));
        stored.take_back(&of([3_000_000_000]));
        assert!(near(stored.quantile(1.0), 1e9));
        stored.take_back(&of([1_000_000_000]));
        stored.add(2_000_000_000, 1);
        assert_eq!(stored.quantile(0.5), Some(2e9), "an emptied sketch is exact again");
    }

    #[test]
    fn exact_values_are_stored_apart() {
        let sketch = of([7, 7, 3_000_000_000]);
        let (buckets, sum) = sketch.parts();
        let stored = Sketch::from_parts(buckets.to_vec(), sum);
        assert_eq!(stored.clone().with_exact_values(sketch.exact_values().to_vec()).quantile(0.9), Some(3e9));
        assert_eq!(stored, sketch);
    }

    #[test]
    fn stored_values_that_are_damaged_or_too_many_are_dropped() {
        let near = |have: Option<f64>, want: f64| (have.unwrap() - want).abs() <= want * 0.01;
        let damaged = of([3_000_000_000, 5_000_000_000])
            .with_exact_values(vec![(5_000_000_000, 1), (3_000_000_000, 1)]);
        assert!(damaged.exact_values().is_empty() && near(damaged.quantile(1.0), 5e9));
        let pairs: Vec<_> = (1..=500).map(|value| (value, 1)).collect();
        let many = of(1..=500).with_exact_values(pairs);
        assert!(many.exact_values().is_empty() && near(many.quantile(1.0), 500.0));
    }
}
