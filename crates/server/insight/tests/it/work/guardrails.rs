//! Tests of guardrails and detections.

use quipu_conformance::sample::metric;
use quipu_core::{Instrument, Temporality, TraceFilter};
use quipu_insight::guardrails::{Sought, guardrails};

use super::*;

fn check(number: u64, name: &str, triggered: bool, start: Timestamp) -> Span {
    let read = |read: &mut quipu_core::Canonical| {
        read.kind = Kind::Guardrail;
        read.guardrail_triggered = Some(triggered);
    };
    draft(number, 1).named(name).starts(start).lasts(3 * MILLI).framework("loom").read(read).span()
}

/// Detections as a source counts them, by type.
fn counter(name: &str, label: &str, kind: &str, total: f64) -> Metric {
    let mut metric = metric(name, Instrument::Counter, "x", &[(hour(1), total)]);
    metric.temporality = Temporality::Delta;
    metric.points.iter_mut().for_each(|point| point.attributes = [(label, kind)].into_iter().collect());
    metric
}

#[tokio::test]
async fn checks_triggers_and_what_was_found() {
    let mut spans: Vec<Span> =
        (1..=5).map(|number| check(number, "pii_filter", number <= 2, hour(1))).collect();
    spans.push(check(6, "topic", true, hour(3)));
    spans.push(
        draft(7, 1)
            .named("topic")
            .starts(hour(3))
            .read(|read| read.kind = Kind::Guardrail)
            .failed("down")
            .span(),
    );
    let metrics = vec![
        counter("pii_detections_total", "type", "email", 3.0),
        counter("secret_detections_total", "secret_type", "aws_key", 2.0),
        counter("secret_detections_total", "other", "x", 1.0),
    ];
    let store = stored(spans, metrics).await;
    let found = guardrails(store.as_ref(), &since(hour(0), hour(4)), hour(4)).await.unwrap();
    assert_eq!((found.total.count, found.total.triggered, found.total.errors), (7, 3, 1));
    let rows: Vec<_> =
        found.rows.iter().map(|row| (row.name.as_deref(), row.checks, row.triggered, row.errors)).collect();
    assert_eq!(rows[0], (Some("pii_filter"), 5, 2, 0));
    assert!(
        rows.contains(&(Some("topic"), 1, 1, 0)) && rows.contains(&(Some("topic"), 1, 0, 1)),
        "by framework: {rows:?}"
    );
    assert_eq!((found.series.len(), found.step), (2, Some(2 * MINUTE)));
    let types: Vec<_> = found
        .detections
        .iter()
        .map(|found| (found.kind, found.r#type.as_str(), found.metric.is_some(), found.count))
        .collect();
    assert_eq!(
        types,
        [
            (Sought::Pii, "email", true, 3),
            (Sought::Pii, "pii_filter", false, 2),
            (Sought::Secret, "aws_key", true, 2),
            (Sought::Secret, "unknown", true, 1),
        ],
    );
}

#[tokio::test]
async fn nothing_checked_is_nothing_told() {
    let filter = TraceFilter { model: Some("gpt-4o".into()), ..TraceFilter::default() };
    let found = guardrails(&Memory::new(), &filter, hour(1)).await.unwrap();
    assert_eq!(
        (found.total.count, found.rows.len(), found.series.len(), found.detections.len()),
        (0, 0, 0, 0)
    );
}
