//! Aggregation of a metric's points into one figure for each step.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{
    AnswerMemory, Bucket, MetricAggregate, MetricQuery, MetricSeries, Point, PointValue, Temporality,
    Timestamp,
};

/// The increase that a point adds to those before it.
#[derive(Debug, Default)]
struct Growth {
    sum: f64,
    /// Number of observations; one for a plain number.
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

    /// The increase from an earlier point of a cumulative series. A lower figure means that the series
    /// restarted.
    fn between(before: &Point, now: &Point) -> Self {
        let (old, new) = (Self::whole(before), Self::whole(now));
        let is_number = matches!(now.value, PointValue::Number(_));
        let reset = if is_number { new.sum < old.sum } else { new.count < old.count };
        if reset {
            return new;
        }
        let had = |upper: f64| {
            let at = old.buckets.partition_point(|bucket| bucket.upper < upper);
            old.buckets.get(at).filter(|bucket| bucket.upper == upper).map_or(0, |bucket| bucket.count)
        };
        let grown = new.buckets.iter();
        let buckets = grown.map(|bucket| Bucket {
            count: bucket.count.saturating_sub(had(bucket.upper)),
            upper: bucket.upper,
        });
        let count = if is_number { 1 } else { new.count - old.count };
        Self { sum: new.sum - old.sum, count, buckets: buckets.collect() }
    }

    /// The increase of a point. The first point of a cumulative series adds its whole value if the source
    /// sent a start time. Otherwise it adds nothing, because its growth may be older than the store.
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

/// A stored series: its labels, and its points within a query's time range, in time order.
#[derive(Debug, Clone)]
pub struct SeriesPoints<'p> {
    /// Labels, sorted by key.
    pub labels: Vec<(&'p str, &'p str)>,
    /// Time range of its points when sent.
    pub temporality: Temporality,
    /// The last earlier point, the base of a cumulative series.
    pub before: Option<&'p Point>,
    /// The points.
    pub points: Vec<&'p Point>,
}

/// Answers a query from the matching stored series. Each step with a point has one figure; a step is at least
/// a second wide. A step whose points have no figure (the mean of nothing) is left out, as is a series
/// without a step. The answer ends with the series at which it exceeds [`AnswerMemory::group_bytes`].
pub fn metric_series<'p>(
    query: &MetricQuery,
    stored: impl IntoIterator<Item = SeriesPoints<'p>>,
) -> Vec<MetricSeries> {
    let kept = |series: SeriesPoints<'p>| SeriesPoints { labels: kept(query, series.labels), ..series };
    let mut stored: Vec<SeriesPoints<'p>> = stored.into_iter().map(kept).collect();
    stored.sort_by(|a, b| a.labels.cmp(&b.labels));
    let most = AnswerMemory::current().group_bytes();
    let (mut answers, mut bytes) = (Vec::new(), 0_usize);
    for group in stored.chunk_by(|a, b| a.labels == b.labels) {
        let series = merged(query, group);
        if series.points.is_empty() {
            continue;
        }
        bytes = bytes.saturating_add(series.bytes());
        answers.push(series);
        if bytes > most {
            break;
        }
    }
    answers
}

/// The labels of an answer.
fn kept<'p>(query: &MetricQuery, labels: Vec<(&'p str, &'p str)>) -> Vec<(&'p str, &'p str)> {
    match &query.group_by {
        None => labels,
        Some(keys) => labels.into_iter().filter(|(key, _)| keys.iter().any(|wanted| wanted == key)).collect(),
    }
}

/// One series of an answer, from the stored ones with its labels.
fn merged(query: &MetricQuery, stored: &[SeriesPoints<'_>]) -> MetricSeries {
    let mut group = Group::default();
    for series in stored {
        group.add(query, series);
    }
    let labels = stored.first().into_iter().flat_map(|series| &series.labels);
    MetricSeries {
        labels: labels.map(|(key, value)| (CompactString::from(*key), (*value).to_owned())).collect(),
        temporality: group.temporality,
        points: group.figures(query.aggregate),
    }
}

/// Series that are merged into one, by step.
#[derive(Debug, Default)]
struct Group<'p> {
    temporality: Temporality,
    steps: BTreeMap<Timestamp, Vec<(&'p Point, Growth)>>,
}

impl<'p> Group<'p> {
    fn add(&mut self, query: &MetricQuery, series: &SeriesPoints<'p>) {
        self.temporality = series.temporality;
        let width = query.step.max(Timestamp::SECOND);
        let mut before = series.before;
        for &point in &series.points {
            let growth = Growth::of(series.temporality, before, point);
            self.steps.entry(point.time.floor(width)).or_default().push((point, growth));
            before = Some(point);
        }
    }

    fn figures(self, aggregate: MetricAggregate) -> Vec<(Timestamp, f64)> {
        let figures = self.steps.into_iter().map(|(at, points)| (at, figure(aggregate, &points)));
        figures.filter_map(|(at, figure)| Some((at, figure?))).collect()
    }
}

fn figure(aggregate: MetricAggregate, points: &[(&Point, Growth)]) -> Option<f64> {
    let growths = || points.iter().map(|(_, growth)| growth);
    let values = |of: fn(&Point) -> Option<f64>| points.iter().filter_map(move |(point, _)| of(point));
    match aggregate {
        MetricAggregate::Sum => Some(growths().map(|growth| growth.sum).sum()),
        MetricAggregate::Count => Some(growths().map(|growth| growth.count).sum::<u64>() as f64),
        MetricAggregate::Average => mean_of(points),
        MetricAggregate::Last => {
            points.iter().max_by_key(|(point, _)| point.time).and_then(|(point, _)| mean(point))
        }
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

/// The value at a quantile of the observations. Observations are assumed to be spread evenly within each
/// bucket; the open bucket gives its lower bound. Prometheus' `histogram_quantile` does the same for classic
/// histograms.
fn quantile(points: &[(&Point, Growth)], quantile: f64) -> Option<f64> {
    let mut buckets: Vec<Bucket> = points.iter().flat_map(|(_, growth)| &growth.buckets).copied().collect();
    buckets.sort_unstable_by(|a, b| a.upper.total_cmp(&b.upper));
    buckets.dedup_by(|next, known| {
        let is_same = next.upper == known.upper;
        known.count += if is_same { next.count } else { 0 };
        is_same
    });
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
        Point { time, start: None, attributes: Attributes::new(), value, exemplars: Vec::new(), wire: None }
    }

    fn number(second: i64, value: f64) -> Point {
        point(second, PointValue::Number(value))
    }

    fn query(aggregate: MetricAggregate, seconds: i64) -> MetricQuery {
        MetricQuery { step: seconds * Timestamp::SECOND, ..MetricQuery::of("requests", aggregate) }
    }

    fn figures(aggregate: MetricAggregate, before: Option<&Point>, points: &[Point]) -> Vec<f64> {
        let stored = SeriesPoints {
            labels: Vec::new(),
            temporality: Temporality::Cumulative,
            before,
            points: points.iter().collect(),
        };
        let answers = metric_series(&query(aggregate, 10), [stored]);
        answers.into_iter().flat_map(|series| series.points).map(|(_, figure)| figure).collect()
    }

    #[test]
    fn series_that_are_put_together_grow_each_by_itself() {
        let labelled = |model, host| vec![("host", host), ("model", model)];
        let labels = [labelled("a", "1"), labelled("a", "2"), labelled("b", "1")];
        let points = [
            [number(1, 5.0), number(2, 9.0)],
            [number(1, 50.0), number(2, 51.0)],
            [number(1, 1.0), number(2, 2.0)],
        ];
        let stored = || {
            labels.iter().zip(&points).map(|(labels, points)| SeriesPoints {
                labels: labels.clone(),
                temporality: Temporality::Cumulative,
                before: None,
                points: points.iter().collect(),
            })
        };
        let by = |keys: &[&str]| {
            let group_by = Some(keys.iter().map(ToString::to_string).collect());
            let query = MetricQuery { group_by, ..query(MetricAggregate::Sum, 10) };
            let answers = metric_series(&query, stored());
            let figure =
                |series: MetricSeries| (series.labels.into_values().collect::<Vec<_>>(), series.points[0].1);
            answers.into_iter().map(figure).collect::<Vec<_>>()
        };
        assert_eq!(by(&["model"]), [(vec!["a".to_owned()], 5.0), (vec!["b".to_owned()], 1.0)]);
        assert_eq!(by(&[]), [(vec![], 6.0)]);
        assert_eq!(by(&["region"]), [(vec![], 6.0)], "a label that none has");
        let within = |most| AnswerMemory::default().with_groups(most).enter(|| by(&["host", "model"]).len());
        assert_eq!([within(usize::MAX), within(0)], [3, 1]);
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
