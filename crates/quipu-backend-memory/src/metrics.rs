//! Metric names and series.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{MetricName, MetricQuery, MetricSeries, Timestamp, metric_steps};

use crate::held::{Held, Series};

impl Held {
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
        let answer = |series: &Series| MetricSeries {
            labels: series.labels.clone(),
            temporality: series.temporality,
            points: steps(series, query),
        };
        let mut all: Vec<_> = of_name
            .filter(|series| fits(series))
            .map(answer)
            .filter(|series| !series.points.is_empty())
            .collect();
        all.sort_by(|a, b| a.labels.cmp(&b.labels));
        all
    }
}

/// One figure for each step with a point in the question's time; the point before it may lie before that time.
fn steps(series: &Series, query: &MetricQuery) -> Vec<(Timestamp, f64)> {
    let since = query.since.unwrap_or(Timestamp::from_nanos(i64::MIN));
    let before = series.points.range(..since).next_back().map(|(_, point)| point);
    let later = series.points.range(since..).map(|(_, point)| point);
    let within = later.take_while(|point| query.until.is_none_or(|until| point.time < until));
    metric_steps(query, series.temporality, before, within)
}
