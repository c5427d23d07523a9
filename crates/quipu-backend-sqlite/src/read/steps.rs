//! How the points of a step become one figure.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Bucket, MetricAggregate, MetricQuery, Point, PointValue, Temporality, Timestamp};

/// A series' points within a question's time, and the last one before it.
#[derive(Debug, Default)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<CompactString, String>,
    pub(crate) temporality: Temporality,
    pub(crate) points: BTreeMap<Timestamp, Point>,
    pub(crate) before: Option<Point>,
}

impl Series {
    /// Whether it is still unknown what the first point grew from.
    pub(crate) fn lacks_a_point_before(&self) -> bool {
        self.temporality == Temporality::Cumulative && self.before.is_none() && !self.points.is_empty()
    }
}

/// What a point adds to those before it.
#[derive(Debug, Default)]
struct Growth {
    sum: f64,
    /// Observations; one for a plain number.
    count: u64,
    buckets: Vec<Bucket>,
}

impl Growth {
    fn whole(point: &Point) -> Self {
        match &point.value {
            PointValue::Number(value) => Self { sum: *value, count: 1, buckets: Vec::new() },
            PointValue::Distribution { count, sum, buckets, .. } => {
                Self { sum: *sum, count: *count, buckets: buckets.clone() }
            }
        }
    }

    /// From an earlier point of a cumulative series. A figure that fell means that the series began anew.
    fn between(before: &Point, now: &Point) -> Self {
        let (old, new) = (Self::whole(before), Self::whole(now));
        let is_number = matches!(now.value, PointValue::Number(_));
        let reset = if is_number { new.sum < old.sum } else { new.count < old.count };
        if reset {
            return new;
        }
        let had = |upper: f64| {
            old.buckets.iter().find(|bucket| bucket.upper == upper).map_or(0, |bucket| bucket.count)
        };
        let grown = new.buckets.iter();
        let buckets = grown.map(|bucket| Bucket {
            count: bucket.count.saturating_sub(had(bucket.upper)),
            upper: bucket.upper,
        });
        let count = if is_number { 1 } else { new.count - old.count };
        Self { sum: new.sum - old.sum, count, buckets: buckets.collect() }
    }

    /// What a point adds. The first point of a cumulative series adds everything when its source said when it began; else
    /// nothing, for its growth may be older than the store.
    fn of(temporality: Temporality, before: Option<&Point>, now: &Point) -> Self {
        match (temporality, before) {
            (Temporality::Cumulative, Some(before)) => Self::between(before, now),
            (Temporality::Cumulative, None) if now.start.is_none() => {
                Self { count: u64::from(matches!(now.value, PointValue::Number(_))), ..Self::default() }
            }
            _ => Self::whole(now),
        }
    }
}

/// One figure for each step that has a point.
pub(crate) fn steps(series: &Series, query: &MetricQuery) -> Vec<(Timestamp, f64)> {
    let width = query.step.max(Timestamp::SECOND);
    let mut steps: BTreeMap<Timestamp, Vec<(&Point, Growth)>> = BTreeMap::new();
    let mut before = series.before.as_ref();
    for point in series.points.values() {
        let growth = Growth::of(series.temporality, before, point);
        steps.entry(point.time.floor(width)).or_default().push((point, growth));
        before = Some(point);
    }
    let figures = steps.into_iter().map(|(at, points)| (at, figure(query.aggregate, &points)));
    figures.filter_map(|(at, figure)| Some((at, figure?))).collect()
}

fn figure(aggregate: MetricAggregate, points: &[(&Point, Growth)]) -> Option<f64> {
    let growths = || points.iter().map(|(_, growth)| growth);
    let values = |of: fn(&Point) -> Option<f64>| points.iter().filter_map(move |(point, _)| of(point));
    match aggregate {
        MetricAggregate::Sum => Some(growths().map(|growth| growth.sum).sum()),
        MetricAggregate::Count => Some(growths().map(|growth| growth.count).sum::<u64>() as f64),
        MetricAggregate::Average => mean_of(points),
        MetricAggregate::Last => points.last().and_then(|(point, _)| mean(point)),
        MetricAggregate::Min => values(least).reduce(f64::min),
        MetricAggregate::Max => values(greatest).reduce(f64::max),
        MetricAggregate::P50 => quantile(points, 0.5),
        MetricAggregate::P95 => quantile(points, 0.95),
        MetricAggregate::P99 => quantile(points, 0.99),
    }
}

fn mean_of(points: &[(&Point, Growth)]) -> Option<f64> {
    let count: u64 = points.iter().map(|(_, growth)| growth.count).sum();
    let sum = points.iter().map(|(point, growth)| match point.value {
        PointValue::Number(value) => value,
        PointValue::Distribution { .. } => growth.sum,
    });
    (count > 0).then(|| sum.sum::<f64>() / count as f64)
}

const fn mean(point: &Point) -> Option<f64> {
    match point.value {
        PointValue::Number(value) => Some(value),
        PointValue::Distribution { count: 0, .. } => None,
        PointValue::Distribution { count, sum, .. } => Some(sum / count as f64),
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

/// The value at a quantile of the observations, taken as spread evenly within each bucket; in the open bucket it is that
/// bucket's lower bound. So reads Prometheus' `histogram_quantile` its classic histograms.
fn quantile(points: &[(&Point, Growth)], quantile: f64) -> Option<f64> {
    let mut buckets: Vec<Bucket> = Vec::new();
    for bucket in points.iter().flat_map(|(_, growth)| &growth.buckets) {
        match buckets.iter_mut().find(|known| known.upper == bucket.upper) {
            Some(known) => known.count += bucket.count,
            None => buckets.push(*bucket),
        }
    }
    buckets.sort_by(|a, b| a.upper.total_cmp(&b.upper));
    let rank = quantile * buckets.iter().map(|bucket| bucket.count).sum::<u64>() as f64;
    let (mut below, mut lower) = (0.0, 0.0_f64);
    for bucket in &buckets {
        let count = bucket.count as f64;
        if count > 0.0 && below + count >= rank {
            let from = lower.min(bucket.upper);
            let inside = from + (bucket.upper - from) * ((rank - below) / count);
            return Some(if bucket.upper.is_finite() { inside } else { lower });
        }
        below += count;
        lower = bucket.upper;
    }
    None
}
