//! Cases on metric names, series and aggregates.

use std::collections::BTreeMap;

use quipu_core::{
    Batch, Bucket, Instrument, Metric, MetricAggregate, MetricQuery, Point, PointValue, Temporality,
    Timestamp,
};

use super::cases;
use crate::outcome::{check, same};
use crate::sample::{at, counter, metric};
use crate::{Failure, Outcome, Subject};

cases! { "metrics":
    [Store, Metrics] are_listed_by_name,
    [Store, Metrics] series_go_by_labels,
    [Store, Metrics] labels_that_must_match,
    [Store, Metrics] half_open_times_and_steps,
    [Store, Metrics] the_same_point_again_changes_nothing,
    [Store, Metrics] average_least_greatest_count_last,
    [Store, Metrics] sum_of_deltas,
    [Store, Metrics] sum_of_a_cumulative_counter_respects_resets,
    [Store, Metrics] a_window_knows_the_point_before_it,
    [Store, Metrics] distributions_of_deltas,
    [Store, Metrics] distributions_that_are_cumulative,
    [Store, Metrics] quantiles_lie_within_their_bucket,
    [Store, Metrics] points_out_of_order,
}

async fn write(on: &Subject, metrics: impl Into<Vec<Metric>>) -> Outcome {
    on.write(Batch { metrics: metrics.into(), ..Batch::default() }).await
}

fn query(name: &str, step_seconds: i64, aggregate: MetricAggregate) -> MetricQuery {
    MetricQuery { step: step_seconds * Timestamp::SECOND, ..MetricQuery::of(name, aggregate) }
}

type Points = Vec<(Timestamp, f64)>;

async fn one(on: &Subject, query: &MetricQuery) -> Outcome<Points> {
    let mut series = on.store()?.metric(query).await?;
    match (series.pop(), series.len()) {
        (Some(one), 0) => Ok(one.points),
        (last, more) => Err(Failure::new(format!("not one series but {more} and {last:?}"))),
    }
}

/// Checks the value of each aggregate, for one series in one step of a minute that begins at [`at`]`(0)`.
async fn gives(on: &Subject, name: &str, wants: &[(MetricAggregate, f64)]) -> Outcome {
    for (aggregate, want) in wants {
        let points = one(on, &query(name, 60, *aggregate)).await?;
        same!(points, vec![(at(0), *want)], "{aggregate:?} of {name}");
    }
    Ok(())
}

async fn are_listed_by_name(on: &Subject) -> Outcome {
    let gauge = metric("load", Instrument::Gauge, "b", &[(at(5), 0.5), (at(9), 0.7)]);
    let requests = [counter("requests", "a", &[(at(1), 1.0)]), counter("requests", "b", &[(at(2), 1.0)])];
    write(on, [gauge, requests[0].clone(), requests[1].clone()]).await?;
    let mut names = on.store()?.metrics().await?;
    names.sort_by(|a, b| a.name.cmp(&b.name));
    let short: Vec<_> = names
        .iter()
        .map(|name| (name.name.as_str(), name.unit.as_str(), name.instrument, name.series, name.last_at))
        .collect();
    let want =
        vec![("load", "1", Instrument::Gauge, 1, at(9)), ("requests", "1", Instrument::Counter, 2, at(2))];
    same!(short, want, "metrics");
    same!(names[0].description, "sample metric load", "description");
    Ok(())
}

async fn series_go_by_labels(on: &Subject) -> Outcome {
    let mut wide = metric("load", Instrument::Gauge, "a", &[(at(1), 1.0)]);
    wide.points[0].attributes.push("core", 2);
    wide.points[0].attributes.push("busy", true);
    write(on, [wide, metric("load", Instrument::Gauge, "b", &[(at(2), 2.0), (at(3), 4.0)])]).await?;
    let mut series = on.store()?.metric(&query("load", 1, MetricAggregate::Last)).await?;
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    let labels: Vec<_> = series.iter().map(|series| &series.labels).collect();
    let label = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let want = vec![label(&[("busy", "true"), ("core", "2"), ("series", "a")]), label(&[("series", "b")])];
    same!(labels, want, "labels");
    same!(series[1].points, vec![(at(2), 2.0), (at(3), 4.0)], "points");
    Ok(())
}

async fn labels_that_must_match(on: &Subject) -> Outcome {
    let series = ["a", "b", "ab"].map(|name| metric("load", Instrument::Gauge, name, &[(at(1), 1.0)]));
    write(on, series).await?;
    let with = |value: &str| MetricQuery {
        labels: BTreeMap::from([("series".to_owned(), value.to_owned())]),
        ..query("load", 1, MetricAggregate::Last)
    };
    same!(on.store()?.metric(&with("a")).await?.len(), 1, "series with the label a");
    same!(on.store()?.metric(&with("c")).await?.len(), 0, "series with the label c");
    let other = MetricQuery { labels: BTreeMap::from([("x".to_owned(), "a".to_owned())]), ..with("a") };
    same!(on.store()?.metric(&other).await?.len(), 0, "series with a label that none has");
    let mut both = with("a");
    both.labels.insert("x".to_owned(), "a".to_owned());
    same!(on.store()?.metric(&both).await?.len(), 0, "series with one label of two");
    Ok(())
}

async fn half_open_times_and_steps(on: &Subject) -> Outcome {
    let points: Vec<_> = (0..6).map(|second| (at(second * 10), second as f64)).collect();
    write(on, [metric("load", Instrument::Gauge, "a", &points)]).await?;
    let all = one(on, &query("load", 20, MetricAggregate::Last)).await?;
    same!(all, vec![(at(0), 1.0), (at(20), 3.0), (at(40), 5.0)], "steps of 20 s");
    let some =
        MetricQuery { since: Some(at(10)), until: Some(at(40)), ..query("load", 20, MetricAggregate::Last) };
    same!(one(on, &some).await?, vec![(at(0), 1.0), (at(20), 3.0)], "steps from 10 s until 40 s");
    let count = MetricQuery { aggregate: MetricAggregate::Count, ..some };
    same!(one(on, &count).await?, vec![(at(0), 1.0), (at(20), 2.0)], "points of each step");
    Ok(())
}

async fn the_same_point_again_changes_nothing(on: &Subject) -> Outcome {
    let load = metric("load", Instrument::Gauge, "a", &[(at(1), 1.0), (at(2), 2.0)]);
    for _ in 0..3 {
        write(on, [load.clone()]).await?;
    }
    gives(on, "load", &[(MetricAggregate::Count, 2.0)]).await?;
    same!(on.store()?.metrics().await?.first().map(|name| name.series), Some(1), "series");
    Ok(())
}

async fn average_least_greatest_count_last(on: &Subject) -> Outcome {
    let points = [(at(1), 4.0), (at(2), -2.0), (at(3), 8.5), (at(4), 1.5)];
    write(on, [metric("load", Instrument::Gauge, "a", &points)]).await?;
    let wants = [
        (MetricAggregate::Average, 3.0),
        (MetricAggregate::Min, -2.0),
        (MetricAggregate::Max, 8.5),
        (MetricAggregate::Count, 4.0),
        (MetricAggregate::Last, 1.5),
    ];
    gives(on, "load", &wants).await
}

async fn sum_of_deltas(on: &Subject) -> Outcome {
    let deltas = counter("tokens", "a", &[(at(1), 3.0), (at(2), 4.0), (at(61), 5.0)]);
    write(on, [Metric { temporality: Temporality::Delta, ..deltas }]).await?;
    let points = one(on, &query("tokens", 60, MetricAggregate::Sum)).await?;
    same!(points, vec![(at(0), 7.0), (at(60), 5.0)], "sums");
    Ok(())
}

async fn sum_of_a_cumulative_counter_respects_resets(on: &Subject) -> Outcome {
    let points = [(at(0), 0.0), (at(10), 5.0), (at(20), 9.0), (at(30), 2.0), (at(40), 4.0), (at(70), 10.0)];
    write(on, [counter("tokens", "a", &points)]).await?;
    let sums = one(on, &query("tokens", 60, MetricAggregate::Sum)).await?;
    same!(sums, vec![(at(0), 13.0), (at(60), 6.0)], "sums");
    Ok(())
}

async fn a_window_knows_the_point_before_it(on: &Subject) -> Outcome {
    write(on, [counter("tokens", "a", &[(at(0), 100.0), (at(50), 110.0), (at(70), 117.0)])]).await?;
    let late = MetricQuery { since: Some(at(60)), ..query("tokens", 60, MetricAggregate::Sum) };
    same!(one(on, &late).await?, vec![(at(60), 7.0)], "growth within the window");
    Ok(())
}

/// A histogram with bounds 10, 20 and infinity.
fn histogram(temporality: Temporality, points: &[(i64, [u64; 3], f64)]) -> Metric {
    let point = |(second, counts, sum): &(i64, [u64; 3], f64)| Point {
        time: at(*second),
        start: None,
        attributes: [("series", "a")].into_iter().collect(),
        value: PointValue::Distribution {
            count: counts.iter().sum(),
            sum: *sum,
            min: Some(2.0),
            max: Some(30.0),
            buckets: [10.0, 20.0, f64::INFINITY]
                .into_iter()
                .zip(*counts)
                .map(|(upper, count)| Bucket { upper, count })
                .collect(),
            quantiles: Vec::new(),
        },
        exemplars: Vec::new(),
        wire: None,
    };
    Metric {
        temporality,
        points: points.iter().map(point).collect(),
        ..metric("latency", Instrument::Histogram, "a", &[])
    }
}

async fn distributions_of_deltas(on: &Subject) -> Outcome {
    write(on, [histogram(Temporality::Delta, &[(1, [1, 2, 0], 35.0), (2, [0, 0, 1], 25.0)])]).await?;
    let wants = [
        (MetricAggregate::Count, 4.0),
        (MetricAggregate::Sum, 60.0),
        (MetricAggregate::Average, 15.0),
        (MetricAggregate::Min, 2.0),
        (MetricAggregate::Max, 30.0),
    ];
    gives(on, "latency", &wants).await
}

async fn distributions_that_are_cumulative(on: &Subject) -> Outcome {
    let points = [(0, [0, 0, 0], 0.0), (5, [1, 2, 0], 35.0), (9, [1, 2, 1], 60.0), (20, [0, 1, 0], 15.0)];
    write(on, [histogram(Temporality::Cumulative, &points)]).await?;
    let wants =
        [(MetricAggregate::Count, 5.0), (MetricAggregate::Sum, 75.0), (MetricAggregate::Average, 15.0)];
    gives(on, "latency", &wants).await
}

async fn quantiles_lie_within_their_bucket(on: &Subject) -> Outcome {
    write(on, [histogram(Temporality::Delta, &[(1, [30, 69, 1], 1_000.0), (2, [0, 0, 0], 0.0)])]).await?;
    for (aggregate, low, high) in [
        (MetricAggregate::P50, 10.0, 20.0),
        (MetricAggregate::P95, 10.0, 20.0),
        (MetricAggregate::P99, 10.0, 20.0),
    ] {
        let points = one(on, &query("latency", 60, aggregate)).await?;
        let [(time, value)] = points.as_slice() else {
            return Err(Failure::new(format!("{aggregate:?} gives {points:?}")));
        };
        same!(*time, at(0), "step of {aggregate:?}");
        check!((low..=high).contains(value), "{aggregate:?} is {value}, not within {low} to {high}");
    }
    Ok(())
}

async fn points_out_of_order(on: &Subject) -> Outcome {
    for (second, value) in [(40, 4.0), (10, 5.0), (0, 0.0), (30, 2.0), (20, 9.0)] {
        write(on, [counter("tokens", "a", &[(at(second), value)])]).await?;
    }
    gives(on, "tokens", &[(MetricAggregate::Sum, 13.0), (MetricAggregate::Last, 4.0)]).await
}
