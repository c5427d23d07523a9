//! Metric names and series.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{MetricName, MetricQuery, MetricSeries, SeriesPoints, Timestamp, metric_series};

use crate::held::{Records, Series};

impl Records {
    pub(crate) fn metric_names(&self) -> Vec<MetricName> {
        let mut names: BTreeMap<&CompactString, MetricName> = BTreeMap::new();
        for ((name, _), series) in &self.series {
            let last_at = series.points.keys().next_back().copied().unwrap_or_default();
            let entry = names.entry(name).or_insert_with(|| MetricName {
                name: name.clone(),
                unit: series.unit.clone(),
                description: series.description.clone(),
                instrument: series.instrument,
                series: 0,
                last_at,
            });
            entry.series += 1;
            entry.last_at = entry.last_at.max(last_at);
        }
        names.into_values().collect()
    }

    pub(crate) fn metric_series(&self, query: &MetricQuery) -> Vec<MetricSeries> {
        let fits = |series: &Series| {
            let has = |(key, value): (&String, &String)| series.labels.get(key.as_str()) == Some(value);
            query.labels.iter().all(has)
        };
        let of_name =
            self.series.iter().filter(|((name, _), _)| *name == query.name).map(|(_, series)| series);
        metric_series(query, of_name.filter(|series| fits(series)).map(|series| points(series, query)))
    }
}

/// The points within the query's time, and the one before them, which may be earlier.
fn points<'s>(series: &'s Series, query: &MetricQuery) -> SeriesPoints<'s> {
    let since = query.since.unwrap_or(Timestamp::from_nanos(i64::MIN));
    let before = series.points.range(..since).next_back().map(|(_, point)| point);
    let later = series.points.range(since..).map(|(_, point)| point);
    let within = later.take_while(|point| query.until.is_none_or(|until| point.time < until));
    let labels = series.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    SeriesPoints { labels, temporality: series.temporality, before, points: within.collect() }
}
