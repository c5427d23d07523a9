//! Spans as an OTLP request in protobuf, encoded by hand: the sender shares no code with the measured server.
//!
//! Field numbers: opentelemetry-proto `trace/v1/trace.proto`, `common/v1/common.proto`,
//! `resource/v1/resource.proto`.

use super::load::{Attribute, Span, Value};

/// One request. Spans of the same service that stand together share a resource.
pub fn request(spans: &[Span]) -> Vec<u8> {
    let mut body = Vec::new();
    for group in spans.chunk_by(|a, b| a.service == b.service) {
        let mut resource = Vec::new();
        for (key, value) in [
            ("service.name", group[0].service),
            ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.language", "python"),
        ] {
            nested(&mut resource, 1, |out| attribute(out, key, &Value::Text(value.to_owned())));
        }
        nested(&mut body, 1, |out| {
            bytes(out, 1, &resource);
            nested(out, 2, |out| {
                nested(out, 1, |out| {
                    bytes(out, 1, b"opentelemetry.instrumentation.openai_v2");
                    bytes(out, 2, b"2.4b0");
                });
                for one in group {
                    nested(out, 2, |out| span(out, one));
                }
            });
        });
    }
    body
}

fn span(out: &mut Vec<u8>, span: &Span) {
    bytes(out, 1, &span.trace_id);
    bytes(out, 2, &span.span_id);
    if let Some(parent) = &span.parent_id {
        bytes(out, 4, parent);
    }
    bytes(out, 5, span.name.as_bytes());
    number(out, 6, u64::from(span.kind));
    fixed(out, 7, span.start);
    fixed(out, 8, span.end);
    for Attribute { key, value } in &span.attributes {
        nested(out, 9, |out| attribute(out, key, value));
    }
    if span.failed {
        nested(out, 15, |out| {
            bytes(out, 2, b"upstream answered 503");
            number(out, 3, 2);
        });
    }
}

fn attribute(out: &mut Vec<u8>, key: &str, value: &Value) {
    bytes(out, 1, key.as_bytes());
    nested(out, 2, |out| match value {
        Value::Text(text) => bytes(out, 1, text.as_bytes()),
        Value::Int(int) => number(out, 3, *int as u64),
        Value::Double(double) => fixed(out, 4, double.to_bits()),
        Value::Texts(texts) => nested(out, 5, |out| {
            texts.iter().for_each(|text| nested(out, 1, |out| bytes(out, 1, text.as_bytes())));
        }),
    });
}

fn nested(out: &mut Vec<u8>, field: u64, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    fill(&mut inner);
    bytes(out, field, &inner);
}

fn bytes(out: &mut Vec<u8>, field: u64, content: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn fixed(out: &mut Vec<u8>, field: u64, bits: u64) {
    varint(out, field << 3 | 1);
    out.extend_from_slice(&bits.to_le_bytes());
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
