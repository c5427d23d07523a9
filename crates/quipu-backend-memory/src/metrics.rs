//! Metric names and series.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{MetricName, MetricQuery, MetricSeries, Point, Timestamp};

use crate::aggregate::{Change, changes, figure};
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

/// One figure for each step with a point. The changes are those since the point before, which may lie before the
/// question's time.
fn steps(series: &Series, query: &MetricQuery) -> Vec<(Timestamp, f64)> {
    let within = |time: Timestamp| {
        query.since.is_none_or(|since| time >= since) && query.until.is_none_or(|until| time < until)
    };
    let width = query.step.max(Timestamp::SECOND);
    let mut steps: BTreeMap<Timestamp, Vec<(&Point, Change)>> = BTreeMap::new();
    for (point, change) in changes(series).into_iter().filter(|(point, _)| within(point.time)) {
        steps.entry(point.time.floor(width)).or_default().push((point, change));
    }
    let figures = steps.into_iter().map(|(at, points)| (at, figure(query.aggregate, &points)));
    figures.filter_map(|(at, figure)| Some((at, figure?))).collect()
}
