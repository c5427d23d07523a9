//! Encoded records are decoded unchanged.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_core::{
    Attributes, Limits, Link, Resource, Scope, Span, SpanEvent, SpanId, SpanKind, Status, Timestamp, TraceId,
    Value,
};
use quipu_otlp::{Encoding, Signal, decode_traces, encode_traces};

use super::recordings::all;
use super::{NOW, protobuf};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1e300..1e300).prop_map(Value::Double),
        Just(Value::Double(f64::INFINITY)),
        ".{0,40}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((".{0,30}".prop_map(Into::into), inner), 0..4).prop_map(Value::Map),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    prop::collection::vec((".{0,30}", value()), 0..5).prop_map(|pairs| pairs.into_iter().collect())
}

fn trace_id() -> impl Strategy<Value = TraceId> {
    (1..=u128::MAX).prop_map(|id| TraceId::from_bytes(id.to_be_bytes()).unwrap())
}

fn span_id() -> impl Strategy<Value = SpanId> {
    (1..=u64::MAX).prop_map(|id| SpanId::from_bytes(id.to_be_bytes()).unwrap())
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..Timestamp::DAY).prop_map(|ago| NOW.plus(-ago))
}

fn event() -> impl Strategy<Value = SpanEvent> {
    (time(), ".{0,30}", attributes()).prop_map(|(time, name, attributes)| SpanEvent {
        time,
        name: name.into(),
        attributes,
    })
}

fn link() -> impl Strategy<Value = Link> {
    (trace_id(), span_id(), attributes()).prop_map(|(trace_id, span_id, attributes)| Link {
        trace_id,
        span_id,
        attributes,
    })
}

fn kind() -> impl Strategy<Value = SpanKind> {
    use SpanKind::{Client, Consumer, Internal, Producer, Server, Unspecified};
    prop::sample::select(vec![Unspecified, Internal, Server, Client, Producer, Consumer])
}

prop_compose! {
    fn span()(
        (trace_id, span_id, parent_id) in (trace_id(), span_id(), prop::option::of(span_id())),
        (name, status_message, trace_state) in (".{0,40}", ".{0,20}", "[a-z=,]{0,10}"),
        (start, lasted) in (time(), prop::option::of(0..1_000_000_000_i64)),
        kind in kind(),
        status in prop::sample::select(vec![Status::Unset, Status::Ok, Status::Error]),
        (attributes, events, links) in (attributes(), prop::collection::vec(event(), 0..3), prop::collection::vec(link(), 0..3)),
    ) -> Span {
        let mut span = Span::new(trace_id, span_id, &name, start, start);
        (span.parent_id, span.kind, span.status) = (parent_id, kind, status);
        span.end = lasted.map(|nanos| start.plus(nanos));
        (span.status_message, span.trace_state) = (status_message, trace_state);
        (span.attributes, span.events, span.links) = (attributes, events, links);
        span
    }
}

prop_compose! {
    fn spans()(
        sources in prop::collection::vec((attributes(), attributes(), ".{0,10}", prop::collection::vec(span(), 1..4)), 0..4),
    ) -> Vec<Span> {
        let mut all = Vec::new();
        for (of_resource, of_scope, name, mut spans) in sources {
            let resource = Arc::new(Resource { attributes: of_resource, schema_url: "r".into() });
            let scope = Arc::new(Scope { name: name.into(), version: "1".into(), attributes: of_scope, schema_url: "s".into() });
            for span in &mut spans {
                (span.resource, span.scope) = (Arc::clone(&resource), Arc::clone(&scope));
            }
            all.append(&mut spans);
        }
        all
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn spans_come_back_as_they_were(spans in spans()) {
        let decoded = protobuf(Signal::Traces, &encode_traces(&spans, Encoding::Protobuf));
        prop_assert_eq!(decoded.batch.spans, spans);
        prop_assert_eq!(decoded.rejected.count() + decoded.mended.total(), 0);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
            for encoding in [Encoding::Protobuf, Encoding::Json] {
                let _ = quipu_otlp::decode(signal, &bytes, encoding, &Limits::default(), NOW);
            }
        }
    }
}

#[test]
fn recordings_come_back_as_they_were() {
    for body in all() {
        if body.signal == Signal::Traces {
            let first =
                decode_traces(&body.plain(), body.encoding, &Limits::default(), NOW).unwrap().batch.spans;
            let again = protobuf(Signal::Traces, &encode_traces(&first, Encoding::Protobuf)).batch.spans;
            assert_eq!(again, first, "{}", body.path.display());
        }
    }
}
