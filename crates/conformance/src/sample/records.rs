//! Sample events and metric points.

use quipu_core::{
    Attributes, Event, Instrument, Level, Metric, Point, PointValue, Temporality, Timestamp, Value,
};
use std::sync::Arc;

/// A plain event with a text body.
pub fn event(time: Timestamp, level: Level, name: &str, body: &str) -> Event {
    Event {
        time,
        level,
        name: name.into(),
        trace_id: None,
        span_id: None,
        session: None,
        agent: None,
        framework: None,
        body: Value::from(body),
        attributes: Attributes::new(),
        resource: Arc::default(),
        scope: Arc::default(),
        wire: None,
    }
}

/// A metric with numbers as points, all in the series with the label `series`.
pub fn metric(name: &str, instrument: Instrument, series: &str, points: &[(Timestamp, f64)]) -> Metric {
    let point = |(time, value): &(Timestamp, f64)| Point {
        time: *time,
        start: None,
        attributes: [("series", series)].into_iter().collect(),
        value: PointValue::Number(*value),
        exemplars: Vec::new(),
        wire: None,
    };
    Metric {
        name: name.into(),
        unit: "1".into(),
        description: format!("sample metric {name}"),
        instrument,
        temporality: Temporality::Unspecified,
        points: points.iter().map(point).collect(),
        resource: Arc::default(),
        scope: Arc::default(),
    }
}

/// A cumulative counter.
pub fn counter(name: &str, series: &str, points: &[(Timestamp, f64)]) -> Metric {
    Metric { temporality: Temporality::Cumulative, ..metric(name, Instrument::Counter, series, points) }
}
