//! How the points of a step become one figure.

use quipu_core::{Bucket, MetricAggregate, Point, PointValue, Temporality};

use crate::held::Series;

/// What a point adds to the points before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    /// Growth of the value, or of the sum of the observations.
    sum: f64,
    /// New observations; one of a plain number.
    count: u64,
    /// New observations by bucket.
    buckets: Vec<Bucket>,
}

impl Change {
    /// All that a point holds.
    fn whole(point: &Point) -> Self {
        match &point.value {
            PointValue::Number(value) => Self { sum: *value, count: 1, buckets: Vec::new() },
            PointValue::Distribution { count, sum, buckets, .. } => {
                Self { sum: *sum, count: *count, buckets: buckets.clone() }
            }
        }
    }

    /// Growth since an earlier point of a cumulative series. Where a figure fell the series began anew: all of it is
    /// growth.
    fn since(now: &Point, before: &Point) -> Self {
        let (new, old) = (Self::whole(now), Self::whole(before));
        let plain = matches!(now.value, PointValue::Number(_));
        let began_anew = if plain { new.sum < old.sum } else { new.count < old.count };
        if began_anew {
            return new;
        }
        let known = |upper: f64| {
            old.buckets.iter().find(|bucket| bucket.upper == upper).map_or(0, |bucket| bucket.count)
        };
        let grown =
            |bucket: &Bucket| Bucket { count: bucket.count.saturating_sub(known(bucket.upper)), ..*bucket };
        let count = if plain { 1 } else { new.count - old.count };
        Self { sum: new.sum - old.sum, count, buckets: new.buckets.iter().map(grown).collect() }
    }
}

/// Every point of a series with what it adds. The first point of a cumulative series adds everything when the source
/// said when the series began, and nothing otherwise: its growth may be older than what is stored.
pub(crate) fn changes(series: &Series) -> Vec<(&Point, Change)> {
    let mut before: Option<&Point> = None;
    let change = |point| {
        let change = match (series.temporality, before) {
            (Temporality::Cumulative, Some(before)) => Change::since(point, before),
            (Temporality::Cumulative, None) if point.start.is_none() => {
                Change { count: u64::from(matches!(point.value, PointValue::Number(_))), ..Change::default() }
            }
            _ => Change::whole(point),
        };
        before = Some(point);
        (point, change)
    };
    series.points.values().map(change).collect()
}

/// The figure of one step; `None` when its points have none.
pub(crate) fn figure(aggregate: MetricAggregate, points: &[(&Point, Change)]) -> Option<f64> {
    let changes = || points.iter().map(|(_, change)| change);
    match aggregate {
        MetricAggregate::Sum => Some(changes().map(|change| change.sum).sum()),
        MetricAggregate::Count => Some(changes().map(|change| change.count).sum::<u64>() as f64),
        MetricAggregate::Average => average(points),
        MetricAggregate::Last => points.last().and_then(|(point, _)| mean(point)),
        MetricAggregate::Min => points.iter().filter_map(|(point, _)| least(point)).reduce(f64::min),
        MetricAggregate::Max => points.iter().filter_map(|(point, _)| greatest(point)).reduce(f64::max),
        MetricAggregate::P50 => quantile(points, 0.5),
        MetricAggregate::P95 => quantile(points, 0.95),
        MetricAggregate::P99 => quantile(points, 0.99),
    }
}

/// Mean of the values, or of the new observations.
fn average(points: &[(&Point, Change)]) -> Option<f64> {
    let mut sum = 0.0;
    let mut count = 0_u64;
    for (point, change) in points {
        sum += if let PointValue::Number(value) = point.value { value } else { change.sum };
        count += change.count;
    }
    (count > 0).then(|| sum / count as f64)
}

fn mean(point: &Point) -> Option<f64> {
    match point.value {
        PointValue::Number(value) => Some(value),
        PointValue::Distribution { count, sum, .. } => (count > 0).then(|| sum / count as f64),
    }
}

const fn least(point: &Point) -> Option<f64> {
    match point.value {
        PointValue::Number(value) => Some(value),
        PointValue::Distribution { min, .. } => min,
    }
}

const fn greatest(point: &Point) -> Option<f64> {
    match point.value {
        PointValue::Number(value) => Some(value),
        PointValue::Distribution { max, .. } => max,
    }
}

/// The value at a quantile of the new observations, assumed to lie evenly within each bucket; an open bucket counts as
/// its closed end. This is how Prometheus' `histogram_quantile` reads classic histograms.
fn quantile(points: &[(&Point, Change)], quantile: f64) -> Option<f64> {
    let mut buckets: Vec<Bucket> = Vec::new();
    for bucket in points.iter().flat_map(|(_, change)| &change.buckets) {
        match buckets.iter_mut().find(|known| known.upper == bucket.upper) {
            Some(known) => known.count += bucket.count,
            None => buckets.push(*bucket),
        }
    }
    buckets.sort_by(|a, b| a.upper.total_cmp(&b.upper));
    let total: u64 = buckets.iter().map(|bucket| bucket.count).sum();
    let rank = quantile * total as f64;
    let (mut seen, mut lower) = (0.0, 0.0_f64);
    for bucket in buckets.iter().filter(|_| total > 0) {
        let count = bucket.count as f64;
        if count > 0.0 && seen + count >= rank {
            let inner =
                lower.min(bucket.upper) + (bucket.upper - lower.min(bucket.upper)) * ((rank - seen) / count);
            return Some(if bucket.upper.is_finite() { inner } else { lower });
        }
        seen += count;
        lower = bucket.upper;
    }
    None
}
