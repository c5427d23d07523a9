//! Metric names and series.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{
    Metric, MetricName, MetricQuery, MetricSeries, Point, SeriesPoints, Timestamp, metric_series,
};

use crate::text::label_text;

/// Key of a series: metric name, then the text of all other identifying fields.
pub type SeriesKey = (CompactString, String);

/// One series.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its metric, without points.
    pub metric: Metric,
    /// Labels.
    pub labels: BTreeMap<CompactString, String>,
    /// Points by time.
    pub points: BTreeMap<Timestamp, Point>,
}

impl Series {
    /// Time of the last point.
    pub fn last_at(&self) -> Timestamp {
        self.points.keys().next_back().copied().unwrap_or_default()
    }

    /// The key of a point's series.
    pub fn key(metric: &Metric, point: &Point) -> SeriesKey {
        let source = (&metric.unit, metric.instrument, metric.temporality, &metric.resource, &metric.scope);
        (metric.name.clone(), format!("{source:?} {:?}", point.attributes))
    }

    /// The series of a point, without points.
    pub fn of(metric: &Metric, point: &Point) -> Self {
        Self {
            metric: Metric {
                name: metric.name.clone(),
                unit: metric.unit.clone(),
                description: metric.description.clone(),
                points: Vec::new(),
                resource: Arc::clone(&metric.resource),
                scope: Arc::clone(&metric.scope),
                ..*metric
            },
            labels: point.attributes.iter().map(|(key, value)| (key.clone(), label_text(value))).collect(),
            points: BTreeMap::new(),
        }
    }
}

/// All metrics of these series, which are in the order of their keys and come with their last times.
pub fn metric_names<'s>(
    all: impl Iterator<Item = (&'s SeriesKey, &'s Series, Timestamp)>,
) -> Vec<MetricName> {
    let mut names: BTreeMap<&CompactString, MetricName> = BTreeMap::new();
    for ((name, _), series, last_at) in all {
        let entry = names.entry(name).or_insert_with(|| MetricName {
            name: name.clone(),
            unit: series.metric.unit.clone(),
            description: series.metric.description.clone(),
            instrument: series.metric.instrument,
            series: 0,
            last_at,
        });
        entry.series += 1;
        entry.last_at = entry.last_at.max(last_at);
    }
    names.into_values().collect()
}

/// The answer to a query about these series of its metric, which are in the order of their keys.
pub fn series_of<'s>(query: &MetricQuery, all: impl Iterator<Item = &'s Series>) -> Vec<MetricSeries> {
    let fits = |series: &&Series| {
        let has = |(key, value): (&String, &String)| series.labels.get(key.as_str()) == Some(value);
        query.labels.iter().all(has)
    };
    metric_series(query, all.filter(fits).map(|series| points(series, query)))
}

/// The points within the query's time, and the one before them, which may be earlier.
fn points<'s>(series: &'s Series, query: &MetricQuery) -> SeriesPoints<'s> {
    let since = query.since.unwrap_or(Timestamp::from_nanos(i64::MIN));
    let before = series.points.range(..since).next_back().map(|(_, point)| point);
    let later = series.points.range(since..).map(|(_, point)| point);
    let within = later.take_while(|point| query.until.is_none_or(|until| point.time < until));
    let labels = series.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    SeriesPoints { labels, temporality: series.metric.temporality, before, points: within.collect() }
}
