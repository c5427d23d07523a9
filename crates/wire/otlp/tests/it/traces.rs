//! Spans: rejected and repaired items.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value as Wire};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span};
use prost::Message;
use quipu_core::{Limits, SpanKind, Status};
use quipu_otlp::{Decoded, Encoding, Signal};

use super::NOW;

pub fn good() -> Span {
    let now = u64::try_from(NOW.nanos()).unwrap();
    Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "chat".to_owned(),
        start_time_unix_nano: now - 2_000,
        end_time_unix_nano: now - 1_000,
        ..Default::default()
    }
}

pub fn attribute(key: &str, value: Wire) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

pub fn body(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn decode(spans: Vec<Span>, limits: &Limits) -> Decoded {
    quipu_otlp::decode(Signal::Traces, &body(spans), Encoding::Protobuf, limits, NOW).unwrap()
}

fn refused(change: impl FnOnce(&mut Span)) -> (String, &'static str) {
    let mut bad = good();
    change(&mut bad);
    let decoded = decode(vec![good(), bad, good()], &Limits::default());
    assert_eq!(decoded.batch.spans.len(), 2, "the good ones stay");
    assert_eq!(decoded.rejected.count(), 1);
    let reason = decoded.rejected.reasons().iter().next().unwrap().0;
    (decoded.rejected.summary(), reason)
}

#[test]
#[allow(clippy::too_many_lines, clippy::type_complexity, reason = "a table")]
fn bad_spans_are_refused_one_by_one() {
    let place = "span resource_spans[0].scope_spans[0].spans[1]";
    let ids = "trace 01010101010101010101010101010101 span 0202020202020202";
    let now = u64::try_from(NOW.nanos()).unwrap();
    let day = 86_400_000_000_000;

    let cases: Vec<(Box<dyn FnOnce(&mut Span)>, &str, String)> = vec![
        (
            Box::new(|s| s.trace_id = vec![1; 15]),
            "trace_id",
            format!("{place} span 0202020202020202: trace id has 15 bytes, not 16"),
        ),
        (
            Box::new(|s| s.trace_id = vec![0; 16]),
            "trace_id",
            format!("{place} span 0202020202020202: trace id is all zero"),
        ),
        (
            Box::new(|s| s.trace_id.clear()),
            "trace_id",
            format!("{place} span 0202020202020202: trace id is missing"),
        ),
        (
            Box::new(|s| s.span_id = vec![0; 8]),
            "span_id",
            format!("{place} trace 01010101010101010101010101010101: span id is all zero"),
        ),
        (
            Box::new(|s| s.span_id = vec![1; 9]),
            "span_id",
            format!("{place} trace 01010101010101010101010101010101: span id has 9 bytes, not 8"),
        ),
        (
            Box::new(|s| s.parent_span_id = vec![1; 3]),
            "parent_id",
            format!("{place} {ids}: parent span id has 3 bytes, not 8"),
        ),
        (
            Box::new(|s| (s.start_time_unix_nano, s.end_time_unix_nano) = (0, 0)),
            "time_missing",
            format!("{place} {ids}: start and end time are missing"),
        ),
        (
            Box::new(|s| s.start_time_unix_nano = 0),
            "time_missing",
            format!("{place} {ids}: start time is missing"),
        ),
        (
            Box::new(move |s| s.end_time_unix_nano = now - 3_000),
            "time_order",
            format!("{place} {ids}: end time {} ns is before start time {} ns", now - 3_000, now - 2_000),
        ),
        (
            Box::new(move |s| s.end_time_unix_nano = now + day + 1),
            "time_future",
            format!("{place} {ids}: end time {} ns is more than 86400 s ahead of the clock", now + day + 1),
        ),
        (
            Box::new(|s| (s.start_time_unix_nano, s.end_time_unix_nano) = (u64::MAX, 0)),
            "time_future",
            format!("{place} {ids}: start time {} ns is more than 86400 s ahead of the clock", u64::MAX),
        ),
        (
            Box::new(|s| s.start_time_unix_nano = 1),
            "time_past",
            format!("{place} {ids}: start time 1 ns is more than 2678400 s behind the clock"),
        ),
    ];
    for (change, reason, text) in cases {
        assert_eq!(refused(change), (text, reason));
    }
}

#[test]
fn many_refusals_are_counted_exactly_and_described_briefly() {
    let decoded = decode(vec![Span::default(); 1_000], &Limits::default());
    assert_eq!(decoded.rejected.count(), 1_000);
    assert_eq!(decoded.rejected.first().len(), 16);
    assert!(decoded.rejected.summary().ends_with("; and 997 more"));
    assert!(decoded.rejected.summary().len() < 500);
}

#[test]
fn a_running_root_span_and_unknown_enums_are_taken() {
    let mut span = good();
    (span.end_time_unix_nano, span.parent_span_id, span.kind) = (0, vec![0; 8], 77);
    span.status = Some(opentelemetry_proto::tonic::trace::v1::Status { code: -5, message: String::new() });
    let decoded = decode(vec![span], &Limits::default());
    let span = &decoded.batch.spans[0];
    assert_eq!((span.end, span.parent_id), (None, None));
    assert_eq!((span.kind, span.status), (SpanKind::Unspecified, Status::Unset));
}

#[test]
fn what_is_over_a_bound_is_cut_and_counted() {
    let limits = Limits {
        attributes: 2,
        value_bytes: 5,
        name_bytes: 6,
        span_events: 1,
        span_links: 1,
        ..Default::default()
    };
    let mut span = good();
    span.name = "äääää".to_owned();
    span.attributes = vec![
        attribute("a", Wire::StringValue("1234567".into())),
        attribute("b", Wire::BytesValue(vec![7; 9])),
        attribute("c", Wire::IntValue(3)),
        attribute("d", Wire::IntValue(4)),
    ];
    span.events = vec![span::Event { name: "first".into(), ..Default::default() }, span::Event::default()];
    let link = span::Link { trace_id: vec![3; 16], span_id: vec![4; 8], ..Default::default() };
    span.links = vec![link.clone(), link];
    let decoded = decode(vec![span], &limits);

    let span = &decoded.batch.spans[0];
    assert_eq!(span.name, "äää");
    assert_eq!(span.attributes.text("a"), Some("12345"));
    assert_eq!(span.attributes.len(), 2);
    assert_eq!((span.events.len(), span.links.len()), (1, 1));
    assert_eq!(span.events[0].time, span.start, "an event without a time happened when the span began");
    let mended: Vec<_> = decoded.mended.iter().collect();
    for expected in
        [("name_bytes", 1), ("attributes", 2), ("value_bytes", 2), ("span_events", 1), ("span_links", 1)]
    {
        assert!(mended.contains(&expected), "{expected:?} in {mended:?}");
    }
    assert!(decoded.rejected.is_empty());
    let wire = span.wire;
    assert_eq!((wire.dropped_attributes, wire.dropped_events, wire.dropped_links), (2, 1, 1), "and told on");
}

#[test]
fn links_to_nowhere_are_left_out() {
    let mut span = good();
    span.links = vec![span::Link { trace_id: vec![3; 16], span_id: vec![0; 8], ..Default::default() }];
    let decoded = decode(vec![span], &Limits::default());
    assert!(decoded.batch.spans[0].links.is_empty());
    assert_eq!(decoded.mended.get("link_ids"), 1);
    assert_eq!(decoded.batch.spans[0].wire.dropped_links, 1);
}

#[test]
fn resource_and_scope_are_shared() {
    let decoded = decode(vec![good(), good()], &Limits::default());
    let [a, b] = decoded.batch.spans.as_slice() else { panic!("two spans") };
    assert!(Arc::ptr_eq(&a.resource, &b.resource) && Arc::ptr_eq(&a.scope, &b.scope));
}
