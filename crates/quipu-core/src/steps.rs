//! How the points of a metric become one figure a step.

use std::collections::BTreeMap;

use crate::{Bucket, MetricAggregate, MetricQuery, Point, PointValue, Temporality, Timestamp};

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

/// One figure for each step that has a point, from points in the order of their times. `before` is the last point before
/// them, from which a cumulative series grew. A step is at least a second wide; one whose points have no figure (the mean of
/// nothing) is left out.
pub fn metric_steps<'p>(
    query: &MetricQuery,
    temporality: Temporality,
    mut before: Option<&'p Point>,
    points: impl IntoIterator<Item = &'p Point>,
) -> Vec<(Timestamp, f64)> {
    let width = query.step.max(Timestamp::SECOND);
    let mut steps: BTreeMap<Timestamp, Vec<(&Point, Growth)>> = BTreeMap::new();
    for point in points {
        let growth = Growth::of(temporality, before, point);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::Attributes;

    fn point(second: i64, value: PointValue) -> Point {
        let time = Timestamp::from_nanos(second * Timestamp::SECOND);
        Point { time, start: None, attributes: Attributes::new(), value, exemplars: Vec::new() }
    }

    fn number(second: i64, value: f64) -> Point {
        point(second, PointValue::Number(value))
    }

    fn query(aggregate: MetricAggregate, seconds: i64) -> MetricQuery {
        MetricQuery {
            name: "requests".into(),
            labels: Default::default(),
            since: None,
            until: None,
            step: seconds * Timestamp::SECOND,
            aggregate,
        }
    }

    fn figures(aggregate: MetricAggregate, before: Option<&Point>, points: &[Point]) -> Vec<f64> {
        let steps = metric_steps(&query(aggregate, 10), Temporality::Cumulative, before, points);
        steps.into_iter().map(|(_, figure)| figure).collect()
    }

    #[test]
    fn a_total_grows_from_the_point_before_and_from_zero_when_it_fell() {
        let points = [number(1, 5.0), number(2, 9.0), number(11, 4.0), number(12, 6.0)];
        assert_eq!(figures(MetricAggregate::Sum, Some(&number(0, 3.0)), &points), [6.0, 6.0]);
        assert_eq!(
            figures(MetricAggregate::Sum, None, &points),
            [4.0, 6.0],
            "nobody knows what the first grew from"
        );
        let known = Point { start: Some(Timestamp::from_nanos(0)), ..number(1, 5.0) };
        assert_eq!(figures(MetricAggregate::Sum, None, &[known]), [5.0], "it began within what is stored");
        assert_eq!(figures(MetricAggregate::Last, None, &points), [9.0, 6.0]);
    }

    #[test]
    fn quantiles_lie_evenly_within_new_observations() {
        let at = |second, counts: [u64; 3]| {
            let uppers = [10.0, 20.0, f64::INFINITY];
            let buckets =
                uppers.into_iter().zip(counts).map(|(upper, count)| Bucket { upper, count }).collect();
            let count = counts.iter().sum();
            point(
                second,
                PointValue::Distribution {
                    count,
                    sum: 0.0,
                    min: None,
                    max: None,
                    buckets,
                    quantiles: Vec::new(),
                },
            )
        };
        let (before, now) = (at(0, [7, 0, 0]), at(1, [7, 4, 0]));
        assert_eq!(figures(MetricAggregate::P50, Some(&before), &[now]), [15.0]);
        let open = at(1, [7, 0, 4]);
        assert_eq!(
            figures(MetricAggregate::P99, Some(&before), &[open]),
            [20.0],
            "the open bucket's lower bound"
        );
        assert_eq!(
            figures(MetricAggregate::P50, Some(&before), &[at(1, [7, 0, 0])]),
            [0.0; 0],
            "nothing new"
        );
        assert_eq!(figures(MetricAggregate::Average, Some(&before), &[at(1, [7, 0, 0])]), [0.0; 0]);
    }
}
