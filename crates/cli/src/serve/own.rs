//! Figures that the server derives itself, stored as metrics of the project: detections of personal data and
//! secrets, checks of guardrails, and generated tests.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use quipu::core::{
    Attributes, Batch, Clock, Instrument, Intake as _, Metric, MetricAggregate, MetricQuery, Point,
    PointValue, Resource, Scope, Store, SystemClock, Temporality, Timestamp,
};
use quipu::metrics::{Derive, SelfMetrics};
use quipu::pipeline::Pipeline;
use tokio::sync::Mutex;

/// Counters that are stored, with their help. Their label `kind` is stored as `type`, as other sources call
/// it.
const COUNTERS: [(&str, &str); 2] = [
    ("pii_detections_total", "Personal data removed before storage, by kind"),
    ("secret_detections_total", "Secrets removed before storage, by kind"),
];
/// Derived counters and gauges that are stored under their own names.
const DERIVED: [&str; 7] = [
    "quipu.guardrail.checks",
    "quipu.guardrail.triggers",
    "quipu.test_generation.runs",
    "quipu.test_generation.generated",
    "quipu.test_generation.passed",
    "quipu.test_generation.failed",
    "quipu.test_generation.coverage",
];
/// Label of stored points that the server derived from spans.
const BY_SERVER: &str = "quipu.derived";
/// How often they are stored.
const APART: Duration = Duration::from_secs(5);

/// Counts by counter and kind.
type Stored = HashMap<(&'static str, String), u64>;

/// Values of derived points by metric and labels.
type DerivedValues = HashMap<String, f64>;

/// Stored values of the counters. Only differences are stored, so a restart, which resets counters, counts
/// nothing twice.
#[derive(Default)]
pub struct Own(Mutex<Stored>, Mutex<DerivedValues>);

impl Own {
    /// Stores what was counted since; tries again with the next call when the store does not take it.
    pub async fn store(&self, metrics: &SelfMetrics, pipeline: &Pipeline) {
        let mut stored = self.0.lock().await;
        let grown = grown(&stored, metrics);
        if grown.is_empty() {
            return;
        }
        let now = SystemClock.now();
        let metrics = COUNTERS.iter().filter_map(|(name, help)| metric(name, help, &grown, now)).collect();
        match pipeline.submit(Batch { metrics, ..Batch::default() }).await {
            Ok(()) => {
                for (name, kind, more) in grown {
                    *stored.entry((name, kind)).or_default() += more;
                }
            }
            Err(error) => tracing::warn!(%error, "counts of detections could not be stored"),
        }
    }
}

/// Stores the growth of derived counters and new values of derived gauges, except those that agents send
/// themselves: Quipu's library derives the same metrics from the same spans. The next call tries again if the
/// store does not take them.
pub async fn derived(own: &Own, derive: &Derive, store: &dyn Store, pipeline: &Pipeline) {
    let mut told = own.1.lock().await;
    let now = SystemClock.now();
    let mut values = DerivedValues::new();
    let mut metrics = Vec::new();
    for metric in derive.metrics(now).into_iter().filter(|metric| DERIVED.contains(&metric.name.as_str())) {
        let mut points = Vec::new();
        for point in &metric.points {
            let PointValue::Number(value) = point.value else { continue };
            let key = format!("{}\n{:?}", metric.name, point.attributes);
            let before = told.get(&key).copied();
            let new = match metric.instrument {
                Instrument::Gauge => Some(value).filter(|_| before != Some(value)),
                _ => Some(value - before.unwrap_or(0.0)).filter(|more| *more > 0.0),
            };
            if let Some(new) = new
                && !is_sent(store, &metric.name).await
            {
                points.push(grown_point(point, new, now));
            }
            values.insert(key, value);
        }
        if !points.is_empty() {
            metrics.push(stored_metric(&metric, points));
        }
    }
    if metrics.is_empty() {
        return;
    }
    match pipeline.submit(Batch { metrics, ..Batch::default() }).await {
        Ok(()) => *told = values,
        Err(error) => tracing::warn!(%error, "derived metrics could not be stored"),
    }
}

/// Whether agents send the metric themselves. A series does not tell its service, so one such agent is
/// enough. A store that cannot be read gives no answer, so nothing is stored.
async fn is_sent(store: &dyn Store, name: &str) -> bool {
    let query = MetricQuery::of(name, MetricAggregate::Sum);
    let series = store.metric(&query).await;
    series.map_or(true, |series| series.iter().any(|one| !one.labels.contains_key(BY_SERVER)))
}

fn grown_point(point: &Point, more: f64, now: Timestamp) -> Point {
    let mut attributes = point.attributes.clone();
    attributes.push(BY_SERVER, "server");
    Point {
        time: now,
        start: None,
        attributes,
        value: PointValue::Number(more),
        exemplars: Vec::new(),
        wire: None,
    }
}

fn stored_metric(metric: &Metric, points: Vec<Point>) -> Metric {
    Metric {
        name: metric.name.clone(),
        unit: metric.unit.clone(),
        description: metric.description.clone(),
        instrument: metric.instrument,
        temporality: match metric.instrument {
            Instrument::Gauge => Temporality::Unspecified,
            _ => Temporality::Delta,
        },
        points,
        resource: Arc::default(),
        scope: Arc::new(Scope { name: "quipu".into(), ..Scope::default() }),
    }
}

/// Growth of each counter, by its kind.
fn grown(stored: &Stored, metrics: &SelfMetrics) -> Vec<(&'static str, String, u64)> {
    let mut grown = Vec::new();
    for (name, _) in COUNTERS {
        for (labels, count) in metrics.counts(name) {
            let kind = labels.into_iter().find(|(key, _)| key == "kind");
            let key = (name, kind.map(|(_, kind)| kind).unwrap_or_default());
            let more = count.saturating_sub(stored.get(&key).copied().unwrap_or_default());
            if more > 0 {
                grown.push((name, key.1, more));
            }
        }
    }
    grown
}

/// Stores them for ever.
pub async fn keep(
    own: Arc<Own>,
    metrics: Arc<SelfMetrics>,
    derive: Arc<Derive>,
    store: Arc<dyn Store>,
    pipeline: Arc<Pipeline>,
) {
    loop {
        tokio::time::sleep(APART).await;
        own.store(&metrics, &pipeline).await;
        derived(&own, &derive, &*store, &pipeline).await;
    }
}

fn metric(name: &str, help: &str, grown: &[(&'static str, String, u64)], now: Timestamp) -> Option<Metric> {
    let point = |(_, kind, more): &(&'static str, String, u64)| {
        let mut attributes = Attributes::new();
        attributes.push("type", kind.as_str());
        #[expect(clippy::cast_precision_loss, reason = "counts of five seconds are small")]
        let value = PointValue::Number(*more as f64);
        Point { time: now, start: None, attributes, value, exemplars: Vec::new(), wire: None }
    };
    let points: Vec<Point> = grown.iter().filter(|(counter, _, _)| *counter == name).map(point).collect();
    let mut resource = Resource::default();
    resource.attributes.push("service.name", "quipu");
    (!points.is_empty()).then(|| Metric {
        name: name.into(),
        unit: "1".into(),
        description: help.to_owned(),
        instrument: Instrument::Counter,
        temporality: Temporality::Delta,
        points,
        resource: Arc::new(resource),
        scope: Arc::new(Scope { name: "quipu".into(), ..Scope::default() }),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use quipu::core::{Kind, Span, SpanId, Stage as _, TraceId};
    use quipu::pipeline::PipelineParts;
    use quipu_backend_memory::Memory;

    use super::*;

    /// A triggered guardrail and a run that wrote tests.
    fn spans(service: &str) -> Vec<Span> {
        let span = |number: u8, name: &str| {
            let (trace, id) = (TraceId::from_bytes([number; 16]), SpanId::from_bytes([number; 8]));
            let now = SystemClock.now();
            let mut span = Span::new(trace.unwrap(), id.unwrap(), name, now, now);
            let attributes = [("service.name", service)].into_iter().collect();
            span.resource = Arc::new(Resource { attributes, ..Resource::default() });
            span
        };
        let mut check = span(1, "no-secrets");
        check.canonical.kind = Kind::Guardrail;
        check.canonical.guardrail_triggered = Some(true);
        let mut run = span(2, "write tests");
        run.canonical.kind = Kind::Agent;
        run.attributes.push("quipu.tests.generated", 7_i64);
        run.attributes.push("quipu.tests.language", "rust");
        run.attributes.push("quipu.tests.coverage", 0.5);
        vec![check, run]
    }

    async fn sum(store: &Memory, name: &str) -> f64 {
        let query = MetricQuery::of(name, MetricAggregate::Sum);
        let series = store.metric(&query).await.unwrap();
        series.iter().flat_map(|series| &series.points).map(|(_, value)| value).sum()
    }

    #[tokio::test]
    async fn derived_counts_are_stored_once_and_not_beside_those_of_agents() {
        let store = Arc::new(Memory::new());
        let pipeline = Pipeline::start(PipelineParts::new(Arc::clone(&store) as _));
        let (own, derive) = (Own::default(), Derive::by_service());
        derive.apply(&mut Batch { spans: spans("shop"), ..Batch::default() });
        for _ in 0..2 {
            derived(&own, &derive, &*store, &pipeline).await;
        }
        assert_eq!(sum(&store, "quipu.guardrail.checks").await, 1.0);
        assert_eq!(sum(&store, "quipu.guardrail.triggers").await, 1.0);
        assert_eq!(sum(&store, "quipu.test_generation.runs").await, 1.0);
        assert_eq!(sum(&store, "quipu.test_generation.generated").await, 7.0);
        assert_eq!(sum(&store, "quipu.test_generation.coverage").await, 0.5, "a gauge is stored once");

        let point = grown_point(
            &Point {
                time: SystemClock.now(),
                start: None,
                attributes: Attributes::new(),
                value: PointValue::Number(0.0),
                exemplars: Vec::new(),
                wire: None,
            },
            3.0,
            SystemClock.now(),
        );
        let attributes = [("service.name", "library")].into_iter().collect();
        let sent = Metric {
            name: "quipu.guardrail.checks".into(),
            resource: Arc::new(Resource { attributes, ..Resource::default() }),
            ..stored_metric(
                &derive.metrics(SystemClock.now())[0],
                vec![Point { attributes: Attributes::new(), ..point }],
            )
        };
        pipeline.submit(Batch { metrics: vec![sent], ..Batch::default() }).await.unwrap();
        let other: Vec<Span> = spans("library")
            .into_iter()
            .map(|span| Span { span_id: SpanId::from_bytes([9; 8]).unwrap(), ..span })
            .collect();
        derive.apply(&mut Batch { spans: other, ..Batch::default() });
        derived(&own, &derive, &*store, &pipeline).await;
        assert_eq!(sum(&store, "quipu.guardrail.checks").await, 4.0, "an agent sends its own");
    }
}
