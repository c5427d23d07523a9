//! Buckets of histograms: validation and addition.

use quipu_core::Bucket;

/// Buckets with strictly rising bounds, the last one infinite; `None` if a bound is NaN or bounds fall.
/// Without buckets, all `count` observations are in the infinite one.
pub(super) fn checked(count: u64, buckets: &[Bucket]) -> Option<Vec<Bucket>> {
    let mut kept: Vec<Bucket> = Vec::with_capacity(buckets.len() + 1);
    for bucket in buckets {
        match kept.last_mut() {
            _ if bucket.upper.is_nan() => return None,
            Some(last) if bucket.upper < last.upper => return None,
            Some(last) if bucket.upper == last.upper => last.count = last.count.saturating_add(bucket.count),
            _ => kept.push(*bucket),
        }
    }
    if kept.last().is_none_or(|last| last.upper != f64::INFINITY) {
        let within = kept.iter().fold(0, |sum: u64, bucket| sum.saturating_add(bucket.count));
        kept.push(Bucket { upper: f64::INFINITY, count: count.saturating_sub(within) });
    }
    Some(kept)
}

/// Adds two lists of buckets. If their bounds differ, the sum has only the bounds at which both counts are
/// known. Such a bound is in the list itself, or inside one of its empty buckets. No count is ever estimated.
pub(super) fn add(old: &[Bucket], new: &[Bucket]) -> Vec<Bucket> {
    if old.iter().map(|bucket| bucket.upper).eq(new.iter().map(|bucket| bucket.upper)) {
        let pairs = old.iter().zip(new);
        let sum = |(old, new): (&Bucket, &Bucket)| old.count.saturating_add(new.count);
        return pairs.map(|pair| Bucket { upper: pair.0.upper, count: sum(pair) }).collect();
    }
    let mut bounds: Vec<f64> = old.iter().chain(new).map(|bucket| bucket.upper).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup_by(|later, first| close(*later, *first));
    let mut before = 0;
    let mut summed = Vec::with_capacity(bounds.len());
    for upper in bounds {
        if let (Some(old), Some(new)) = (up_to(old, upper), up_to(new, upper)) {
            let so_far = old.saturating_add(new);
            summed.push(Bucket { upper, count: so_far.saturating_sub(before) });
            before = so_far;
        }
    }
    summed
}

/// Observations up to a bound, if known.
fn up_to(buckets: &[Bucket], bound: f64) -> Option<u64> {
    let mut so_far: u64 = 0;
    for bucket in buckets {
        if close(bucket.upper, bound) {
            return Some(so_far.saturating_add(bucket.count));
        }
        if bound < bucket.upper {
            return (bucket.count == 0).then_some(so_far);
        }
        so_far = so_far.saturating_add(bucket.count);
    }
    Some(so_far)
}

/// Whether two bounds are equal. Bounds of exponential buckets are computed, and differ in their last digits
/// between scales.
fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-9 * a.abs().min(b.abs())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn buckets(bounds: &[f64], counts: &[u64]) -> Vec<Bucket> {
        bounds.iter().zip(counts).map(|(upper, count)| Bucket { upper: *upper, count: *count }).collect()
    }

    #[test]
    fn form_is_mended_where_it_can_be() {
        const INF: f64 = f64::INFINITY;
        assert_eq!(checked(3, &[]).unwrap(), buckets(&[INF], &[3]));
        assert_eq!(checked(3, &buckets(&[1.0], &[1])).unwrap(), buckets(&[1.0, INF], &[1, 2]));
        assert_eq!(
            checked(3, &buckets(&[1.0, 1.0, INF], &[1, 1, 1])).unwrap(),
            buckets(&[1.0, INF], &[2, 1])
        );
        assert_eq!(checked(3, &buckets(&[2.0, 1.0], &[1, 1])), None);
        assert_eq!(checked(3, &buckets(&[f64::NAN], &[1])), None);
    }

    fn histogram(bounds: &[f64], observed: &[f64]) -> Vec<Bucket> {
        let mut buckets = buckets(bounds, &vec![0; bounds.len()]);
        buckets.push(Bucket { upper: f64::INFINITY, count: 0 });
        for value in observed {
            buckets.iter_mut().find(|bucket| *value <= bucket.upper).unwrap().count += 1;
        }
        buckets
    }

    proptest! {
        /// For any two lists of bounds, every count of the sum is exact.
        #[test]
        fn no_count_is_guessed(
            one in proptest::collection::btree_set(0_u32..40, 0..8),
            other in proptest::collection::btree_set(0_u32..40, 0..8),
            first in proptest::collection::vec(0.0..45.0, 0..20),
            second in proptest::collection::vec(0.0..45.0, 0..20),
        ) {
            let bounds = |set: &std::collections::BTreeSet<u32>| set.iter().map(|b| f64::from(*b)).collect::<Vec<_>>();
            let sum = add(&histogram(&bounds(&one), &first), &histogram(&bounds(&other), &second));
            let mut so_far = 0;
            for bucket in &sum {
                so_far += bucket.count;
                let truth = first.iter().chain(&second).filter(|value| **value <= bucket.upper).count() as u64;
                prop_assert_eq!(so_far, truth, "up to {}", bucket.upper);
            }
            prop_assert_eq!(sum.last().map(|bucket| bucket.upper), Some(f64::INFINITY));
        }
    }
}
