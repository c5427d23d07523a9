//! Table of metrics: the figures of each series by steps of time.

use std::sync::Arc;

use quipu_core::{Instrument, MetricAggregate, MetricName, MetricQuery, Timestamp};
use rusqlite::types::Value;

use super::number_of;
use crate::cell::{Type, text, time};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

pub(super) struct Metrics;

/// Width of a step in seconds unless the statement sets `step_s`.
const STEP: i64 = 60;
const AGGREGATES: [(&str, MetricAggregate); 9] = [
    ("avg", MetricAggregate::Average),
    ("sum", MetricAggregate::Sum),
    ("min", MetricAggregate::Min),
    ("max", MetricAggregate::Max),
    ("count", MetricAggregate::Count),
    ("last", MetricAggregate::Last),
    ("p50", MetricAggregate::P50),
    ("p95", MetricAggregate::P95),
    ("p99", MetricAggregate::P99),
];

/// The figure of a series in a step.
pub(super) struct Figure {
    metric: Arc<MetricName>,
    labels: Arc<str>,
    time: Timestamp,
    value: f64,
    step: i64,
    aggregate: &'static str,
}

#[rustfmt::skip]
static COLUMNS: &[Column<Figure>] = &[
    Column { name: "name", kind: Type::Text, about: "Metric.", value: |row| text(&row.metric.name) },
    Column { name: "unit", kind: Type::Text, about: "Unit.", value: |row| text(&row.metric.unit) },
    Column { name: "instrument", kind: Type::Text, about: "gauge, counter, up_down_counter, histogram, exponential_histogram or summary.", value: |row| text(instrument(row.metric.instrument)) },
    Column { name: "labels", kind: Type::Json, about: "Labels, as a JSON object.", value: |row| text(&row.labels) },
    Column { name: "time", kind: Type::Time, about: "Start of the step.", value: |row| time(row.time) },
    Column { name: "value", kind: Type::Real, about: "Figure of the step.", value: |row| Value::Real(row.value) },
];

static HIDDEN: &[Column<Figure>] = &[
    Column {
        name: "step_s",
        kind: Type::Integer,
        about: "Set it with `step_s = N`: seconds of a step, 60 by default.",
        value: |row| Value::Integer(row.step),
    },
    Column {
        name: "aggregate",
        kind: Type::Text,
        about: "Set it with `aggregate = 'sum'`: avg (default), sum, min, max, count, last, p50, p95 or p99.",
        value: |row| text(row.aggregate),
    },
];

const fn instrument(instrument: Instrument) -> &'static str {
    match instrument {
        Instrument::Gauge => "gauge",
        Instrument::Counter => "counter",
        Instrument::UpDownCounter => "up_down_counter",
        Instrument::Histogram => "histogram",
        Instrument::ExponentialHistogram => "exponential_histogram",
        Instrument::Summary => "summary",
    }
}

impl Records for Metrics {
    type Row = Figure;
    const NAME: &'static str = "metrics";
    const ABOUT: &'static str =
        "One row for each series and step of time. Steps without a point are left out.";
    const TIME: Option<&'static str> = Some("time");

    fn columns() -> &'static [Column<Figure>] {
        COLUMNS
    }

    fn hidden() -> &'static [Column<Figure>] {
        HIDDEN
    }

    fn equal(column: &str) -> Option<Push> {
        match column {
            "name" => Some(Push::Value),
            "step_s" | "aggregate" => Some(Push::Choice),
            _ => None,
        }
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<Figure>, String> {
        let step = match asked.choice("step_s") {
            None => STEP,
            Some(Value::Integer(step)) if (1..=31 * 86_400).contains(step) => *step,
            Some(_) => return Err("step_s expects a whole number of seconds from 1 to 2678400".to_owned()),
        };
        let aggregate = match asked.choice("aggregate") {
            None => AGGREGATES[0],
            Some(Value::Text(word)) => known(word)?,
            Some(_) => known("")?,
        };
        let width = step * Timestamp::SECOND;
        let (since, until) = asked.times("time");
        let times = (since.map(|time| time.floor(width)), until.map(|time| time.plus(width).floor(width)));
        let mut names = reader.wait(reader.store.metrics())?;
        if let Some(name) = asked.equal("name") {
            names.retain(|metric| metric.name == name);
        }
        let (reader, mut names) = (reader.clone(), names.into_iter());
        Ok(Box::new(move |_| {
            let Some(metric) = names.next().map(Arc::new) else { return Ok(None) };
            let mut query = MetricQuery::of(metric.name.as_str(), aggregate.1);
            (query.since, query.until, query.step) = (times.0, times.1, width);
            let series = reader.wait(reader.store.metric(&query))?;
            let mut rows = Vec::new();
            for one in series {
                let labels: Arc<str> = serde_json::json!(one.labels).to_string().into();
                rows.extend(one.points.into_iter().map(|(time, value)| Figure {
                    metric: Arc::clone(&metric),
                    labels: Arc::clone(&labels),
                    time,
                    value,
                    step,
                    aggregate: aggregate.0,
                }));
            }
            Ok(Some(rows))
        }))
    }

    fn number(row: &Figure) -> i64 {
        number_of((&row.metric.name, &row.metric.unit, &row.labels, row.time))
    }
}

fn known(word: &str) -> Result<(&'static str, MetricAggregate), String> {
    let found = AGGREGATES.into_iter().find(|(known, _)| *known == word);
    found.ok_or_else(|| {
        let words: Vec<&str> = AGGREGATES.iter().map(|(word, _)| *word).collect();
        format!("aggregate expects one of {}", words.join(", "))
    })
}
