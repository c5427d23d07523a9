//! Figures of series: validation and addition.

use quipu_core::{PointValue, Quantile};

use super::buckets;
use super::kind::Kind;

/// The figures in their stored form, or `None` if they cannot be shown. A counter is zero or more. A
/// distribution has rising bounds that end with infinity, and as many observations as its buckets. Quantiles
/// are between 0 and 1.
pub(crate) fn checked(kind: Kind, value: &PointValue) -> Option<PointValue> {
    match (kind, value) {
        (Kind::Counter, PointValue::Number(number)) => (*number >= 0.0).then(|| value.clone()),
        (Kind::Gauge | Kind::UpDown, PointValue::Number(_)) => Some(value.clone()),
        (Kind::Histogram, PointValue::Distribution { count, sum, buckets, .. }) => {
            let buckets = buckets::checked(*count, buckets)?;
            let count = buckets.iter().fold(0, |sum: u64, bucket| sum.saturating_add(bucket.count));
            Some(PointValue::Distribution {
                count,
                sum: *sum,
                min: None,
                max: None,
                buckets,
                quantiles: Vec::new(),
            })
        }
        (Kind::Summary, PointValue::Distribution { count, sum, quantiles, .. }) => {
            let mut quantiles = quantiles.clone();
            quantiles.retain(|at| (0.0..=1.0).contains(&at.quantile));
            quantiles.sort_by(|a, b| a.quantile.total_cmp(&b.quantile));
            quantiles.dedup_by(|later, first| later.quantile == first.quantile);
            let (count, sum) = (*count, *sum);
            Some(PointValue::Distribution {
                count,
                sum,
                min: None,
                max: None,
                buckets: Vec::new(),
                quantiles,
            })
        }
        _ => None,
    }
}

/// Adds two figures of the same kind. Quantiles cannot be added: those of the newer one stay, if it has any.
pub(crate) fn add(old: &PointValue, new: &PointValue) -> PointValue {
    match (old, new) {
        (PointValue::Number(old), PointValue::Number(new)) => PointValue::Number(old + new),
        (
            PointValue::Distribution { count, sum, buckets, quantiles, .. },
            PointValue::Distribution {
                count: more,
                sum: added,
                buckets: new_buckets,
                quantiles: new_quantiles,
                ..
            },
        ) => PointValue::Distribution {
            count: count.saturating_add(*more),
            sum: sum + added,
            min: None,
            max: None,
            buckets: buckets::add(buckets, new_buckets),
            quantiles: newer(quantiles, new_quantiles),
        },
        _ => new.clone(),
    }
}

fn newer(old: &[Quantile], new: &[Quantile]) -> Vec<Quantile> {
    if new.is_empty() { old.to_vec() } else { new.to_vec() }
}

/// The exemplar slot of an observation: a bucket of a histogram, or the only slot of a counter. Other kinds
/// have no exemplars in OpenMetrics.
pub(crate) fn bucket_of(kind: Kind, value: &PointValue, observed: f64) -> Option<usize> {
    match (kind, value) {
        (Kind::Counter, _) => Some(0),
        (Kind::Histogram, PointValue::Distribution { buckets, .. }) => {
            buckets.iter().position(|bucket| observed <= bucket.upper)
        }
        _ => None,
    }
}
