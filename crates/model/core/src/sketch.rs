//! A mergeable, correctable summary of a distribution (DDSketch).
//!
//! Values fall into logarithmic buckets two percent wide, so a quantile is off by at most one percent. This
//! is the scheme of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
//! relative-error guarantees", VLDB 2019). Counts are signed, because a late span can require the removal of
//! an earlier record.

use serde::{Deserialize, Serialize};

/// Relative width of a bucket.
const GAMMA: f64 = 1.02;

/// Distribution of non-negative numbers, usually nanoseconds. Buckets are sorted; zero counts are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    buckets: Vec<(u16, i64)>,
    sum: i64,
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
        Self { buckets: Vec::new(), sum: 0 }
    }

    /// Adds `value` `times` times; a negative `times` removes it. Negative values count as zero.
    pub fn add(&mut self, value: i64, times: i64) {
        let value = value.max(0);
        self.add_bucket(bucket_of(value), times);
        self.sum = self.sum.saturating_add(value.saturating_mul(times));
    }

    fn add_bucket(&mut self, bucket: u16, times: i64) {
        match self.buckets.binary_search_by_key(&bucket, |(at, _)| *at) {
            Ok(at) => {
                self.buckets[at].1 = self.buckets[at].1.saturating_add(times);
                if self.buckets[at].1 == 0 {
                    self.buckets.remove(at);
                }
            }
            Err(at) if times != 0 => self.buckets.insert(at, (bucket, times)),
            Err(_) => {}
        }
    }

    /// Adds everything in `other`.
    pub fn merge(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            other.buckets.iter().for_each(|(bucket, times)| self.add_bucket(*bucket, *times));
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<(u16, i64)>()
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

    /// The value at `quantile` (0 to 1), within one percent; `None` when empty.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = (quantile.clamp(0.0, 1.0) * count.saturating_sub(1) as f64).round() as i64;
        let mut seen = 0;
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

    /// Rebuilds a sketch from [`Sketch::parts`] in any order.
    pub fn from_parts(buckets: impl IntoIterator<Item = (u16, i64)>, sum: i64) -> Self {
        let mut sketch = Self { buckets: Vec::new(), sum };
        buckets.into_iter().for_each(|(bucket, times)| sketch.add_bucket(bucket, times));
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
        fn what_is_taken_back_was_never_there(values in proptest::collection::vec(any::<i32>(), 0..50), extra in any::<i32>()) {
            let mut sketch = Sketch::new();
            values.iter().for_each(|value| sketch.add(i64::from(*value), 1));
            let before = sketch.clone();
            sketch.add(i64::from(extra), 1);
            sketch.add(i64::from(extra), -1);
            prop_assert_eq!(sketch, before);
        }
    }
}
