//! Recordings of OpenTelemetry Python 1.21 and npm jaeger-client 3.19, compared with the senders' own
//! reports. `tests/trials/suites/jaeger_send.py` and `.js` wrote both.

use quipu_core::{Attributes, Span, SpanKind, Value};
use quipu_jaeger::{Protocol, Wire};
use serde_json::{Value as Json, json};

use super::read;

fn value(value: &Value) -> Json {
    match value {
        Value::String(text) => json!(text),
        Value::Int(int) => json!(int),
        Value::Double(double) => json!(double),
        Value::Bool(flag) => json!(flag),
        other => panic!("{other:?}"),
    }
}

/// Sent attributes that are missing. In Zipkin every value is a text.
fn lacking(sent: &Json, have: &Attributes, as_text: bool) -> Vec<String> {
    let mut lacking = Vec::new();
    for (key, sent) in sent.as_object().unwrap() {
        let text = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        let same = have.get(key).map(value).is_some_and(|have| match as_text {
            true => text(&have) == text(sent),
            // JavaScript has no integers.
            false => have == *sent || (have.is_f64() && have.as_f64() == sent.as_f64()),
        });
        if !same {
            lacking.push(format!("{key}: {:?} is not {sent}", have.get(key)));
        }
    }
    lacking
}

/// The fields of a span other than its times and attributes.
fn told(span: &Span, zipkin: bool) -> Json {
    let links: Vec<_> = span.links.iter().map(|link| json!([link.trace_id, link.span_id])).collect();
    let kind = match span.kind {
        SpanKind::Unspecified if zipkin => "internal".to_owned(),
        kind => format!("{kind:?}").to_lowercase(),
    };
    // These exporters for Python write the resource among the span's tags, the first of them only there.
    let places = [&span.resource.attributes, &span.attributes];
    let environment = ["deployment.environment", "environment"];
    let environment = environment.iter().find_map(|key| places.iter().find_map(|place| place.text(key)));
    json!({
        "trace_id": span.trace_id, "span_id": span.span_id, "parent_id": span.parent_id, "name": span.name,
        "kind": kind, "status": format!("{:?}", span.status).to_lowercase(),
        "status_message": span.status_message, "links": links, "service": span.resource.service(),
        "environment": environment, "scope": [span.scope.name, span.scope.version],
    })
}

/// Compares with microseconds, which some exporters round and others cut.
fn near(nanos: i64, micros: &Json) -> bool {
    (nanos - micros.as_i64().unwrap() * 1_000).abs() <= 1_000
}

fn compare(wire: Wire, name: &str) {
    let zipkin = wire == Wire::Zipkin;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/");
    let body = std::fs::read(format!("{folder}{name}.bin")).unwrap();
    let sent = std::fs::read(format!("{folder}{name}.json")).unwrap();
    let sent: Vec<Json> = serde_json::from_slice(&sent).unwrap();
    let decoded = read(wire, &body);
    assert_eq!((decoded.rejected.count(), decoded.mended.total()), (0, 0));
    assert_eq!(decoded.batch.spans.len(), sent.len());
    for mut sent in sent {
        let span = decoded.batch.spans.iter().find(|span| json!(span.span_id) == sent["span_id"]).unwrap();
        let fields = sent.as_object_mut().unwrap();
        let mut take = |key: &str| fields.remove(key).unwrap();
        assert_eq!(lacking(&take("attributes"), &span.attributes, zipkin), Vec::<String>::new());
        assert!(near(span.start.nanos(), &take("start_us")));
        assert!(near(span.duration().unwrap(), &take("duration_us")) || zipkin, "Zipkin knows no 0");
        let events = take("events");
        assert_eq!(span.events.len(), events.as_array().unwrap().len());
        for (event, sent) in span.events.iter().zip(events.as_array().unwrap()) {
            assert_eq!(json!(event.name), sent[0]);
            assert!(near(event.time.nanos(), &sent[1]));
            assert_eq!(lacking(&sent[2], &event.attributes, false), Vec::<String>::new());
        }
        if zipkin {
            // Zipkin has no links.
            sent["links"] = json!([]);
        }
        assert_eq!(told(span, zipkin), sent);
    }
}

#[test]
fn opentelemetry_python_thrift_compact() {
    compare(Wire::Packet(Protocol::Compact), "python-compact");
}

#[test]
fn opentelemetry_python_thrift_http() {
    compare(Wire::Batch, "python-http");
}

#[test]
fn opentelemetry_python_grpc() {
    compare(Wire::PostSpans, "python-grpc");
}

#[test]
fn opentelemetry_python_zipkin() {
    compare(Wire::Zipkin, "python-zipkin");
}

#[test]
fn jaeger_client_node_thrift_binary() {
    compare(Wire::Packet(Protocol::Binary), "node-binary");
    let body = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/node-binary.bin")).unwrap();
    let decoded = read(Wire::Packet(Protocol::Binary), &body);
    let spans = &decoded.batch.spans;
    assert_eq!(spans[0].resource.attributes.text("host.name"), Some("agent-1"));
    assert_eq!(spans[0].attributes.text("sampler.type"), Some("const"));
    assert_eq!(spans[0].wire.flags, 1);
    assert!(std::sync::Arc::ptr_eq(&spans[0].resource, &spans[2].resource), "one process, held once");
}
