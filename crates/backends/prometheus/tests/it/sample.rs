//! Handwritten metrics for the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use quipu_backend_prometheus::{Config, Prometheus};
use quipu_core::{
    Attributes, Bucket, Clock, Exemplar, Instrument, Metric, MetricSink, Point, PointValue, Quantile,
    Resource, SpanId, Temporality, Timestamp, TraceId,
};

/// A second of 2026-11-18.
pub const BEGIN: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

pub fn at(seconds: i64) -> Timestamp {
    BEGIN.plus(seconds * Timestamp::SECOND)
}

/// A clock that is set by hand.
#[derive(Default)]
pub struct Hand(AtomicI64);

impl Hand {
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.nanos(), Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

pub fn quiet() -> Config {
    Config { listen: None, ..Config::default() }
}

pub fn open() -> Prometheus {
    Prometheus::open(quiet()).unwrap()
}

pub fn resource(pairs: &[(&str, &str)]) -> Arc<Resource> {
    Arc::new(Resource { attributes: pairs.iter().copied().collect(), schema_url: "".into() })
}

pub fn metric(name: &str, unit: &str, instrument: Instrument, points: Vec<Point>) -> Metric {
    Metric {
        name: name.into(),
        unit: unit.into(),
        description: format!("About {name}."),
        instrument,
        temporality: Temporality::Cumulative,
        points,
        resource: resource(&[("service.name", "shop")]),
        scope: Arc::default(),
    }
}

pub fn delta(metric: Metric) -> Metric {
    Metric { temporality: Temporality::Delta, ..metric }
}

pub fn point(time: i64, labels: &[(&str, &str)], value: PointValue) -> Point {
    let attributes: Attributes = labels.iter().copied().collect();
    Point { time: at(time), start: Some(BEGIN), attributes, value, exemplars: Vec::new(), wire: None }
}

pub fn number(time: i64, labels: &[(&str, &str)], value: f64) -> Point {
    point(time, labels, PointValue::Number(value))
}

pub fn buckets(sum: f64, buckets: &[(f64, u64)]) -> PointValue {
    let buckets: Vec<_> =
        buckets.iter().map(|(upper, count)| Bucket { upper: *upper, count: *count }).collect();
    let count = buckets.iter().map(|bucket| bucket.count).sum();
    PointValue::Distribution { count, sum, min: None, max: None, buckets, quantiles: Vec::new() }
}

pub fn quantiles(count: u64, sum: f64, quantiles: &[(f64, f64)]) -> PointValue {
    let quantiles = quantiles.iter().map(|(quantile, value)| Quantile { quantile: *quantile, value: *value });
    let quantiles = quantiles.collect();
    PointValue::Distribution { count, sum, min: None, max: None, buckets: Vec::new(), quantiles }
}

pub fn exemplar(time: i64, value: f64, id: u8) -> Exemplar {
    let trace_id = TraceId::from_slice(&[id; 16]).unwrap();
    Exemplar { time: at(time), value, trace_id, span_id: SpanId::from_slice(&[id; 8]).unwrap() }
}

/// Writes outside of the test's runtime.
pub fn write(prometheus: &Prometheus, metrics: &[Metric]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(prometheus.write_metrics(metrics)).unwrap();
}

/// One of each instrument, with every special character that a page must escape.
pub fn each() -> Vec<Metric> {
    let duration = [(0.1, 1), (1.0, 2), (f64::INFINITY, 1)];
    let mut slow = point(5, &[("gen_ai.request.model", "gpt-5"), ("le", "x")], buckets(4.5, &duration));
    slow.exemplars =
        vec![exemplar(3, 0.05, 1), exemplar(4, 0.5, 2), exemplar(5, 2.5, 3), exemplar(2, 0.7, 4)];
    let mut called = number(5, &[("tool", "say \"hi\"\\\n")], 3.0);
    called.exemplars = vec![exemplar(5, 1.0, 5)];
    let tokens = buckets(30.0, &[(1.0, 0), (4.0, 1), (16.0, 1), (f64::INFINITY, 1)]);
    let mut each = vec![
        metric("gen_ai.client.operation.duration", "s", Instrument::Histogram, vec![slow]),
        metric(
            "gen_ai.client.token.usage",
            "{token}",
            Instrument::ExponentialHistogram,
            vec![point(5, &[], tokens)],
        ),
        metric("tool.calls", "{call}", Instrument::Counter, vec![called, number(5, &[], 1e21)]),
        metric("queue.length", "", Instrument::UpDownCounter, vec![number(5, &[], -2.0)]),
        metric("memory", "By", Instrument::Gauge, vec![number(5, &[("of", "heap")], 1.5e6)]),
        metric("temperature", "Cel", Instrument::Gauge, vec![number(5, &[], f64::NAN)]),
        metric(
            "turn",
            "s",
            Instrument::Summary,
            vec![point(5, &[], quantiles(9, 4.5, &[(0.5, 0.25), (0.99, f64::NAN)]))],
        ),
    ];
    each[2].description = "Calls of \"tools\" \\ a line\nand another.".to_owned();
    each[5].description.clear();
    each
}
