//! Malicious request bodies: size, nesting and repetition.

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValueList, any_value::Value as Wire};
use opentelemetry_proto::tonic::trace::v1::Span;
use quipu_core::{ErrorKind, Limits, Value};
use quipu_otlp::{Encoding, NESTING, Signal, decode, footprint};

use super::traces::{attribute, body, good};
use super::{NOW, json, protobuf};

const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Metrics, Signal::Logs];

#[test]
fn truncated_protobuf_is_an_error_without_content() {
    let mut span = good();
    span.attributes = vec![attribute("k", Wire::StringValue("secret prompt".into()))];
    let whole = body(vec![span]);
    let mut failed = 0;
    for end in 1..whole.len() {
        for signal in SIGNALS {
            if let Err(error) = decode(signal, &whole[..end], Encoding::Protobuf, &Limits::default(), NOW) {
                assert_eq!(error.kind(), ErrorKind::Invalid);
                assert!(!error.to_string().contains("secret"), "{error}");
                failed += 1;
            }
        }
    }
    assert!(failed >= 3 * (whole.len() - 5), "{failed}");
}

#[test]
fn every_changed_byte_is_survived() {
    let mut span = good();
    span.attributes = vec![attribute("k", Wire::StringValue("text".into()))];
    let whole = body(vec![span.clone(), span]);
    for at in 0..whole.len() {
        for byte in 0..=u8::MAX {
            let mut changed = whole.clone();
            changed[at] = byte;
            let _ = decode(Signal::Traces, &changed, Encoding::Protobuf, &Limits::default(), NOW);
        }
    }
}

#[test]
fn wrong_utf8_is_replaced_and_the_rest_lives() {
    let mut span = good();
    span.name = "name ??".to_owned();
    span.attributes = vec![
        attribute("key", Wire::StringValue("??rest".into())),
        attribute("ok", Wire::StringValue("ä".into())),
    ];
    let mut bytes = body(vec![span, good()]);
    bytes.iter_mut().filter(|byte| **byte == b'?').for_each(|byte| *byte = 0xfe);
    let decoded = protobuf(Signal::Traces, &bytes);
    assert_eq!(decoded.batch.spans.len(), 2);
    let span = &decoded.batch.spans[0];
    assert_eq!((span.name.as_str(), span.attributes.text("key")), ("name ??", Some("??rest")));
    assert_eq!(span.attributes.text("ok"), Some("ä"));
    assert_eq!(decoded.mended.get("utf8"), 2);
}

fn lists(levels: usize) -> Wire {
    (0..levels).fold(Wire::BoolValue(true), |inner, _| {
        Wire::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(inner) }] })
    })
}

fn maps(levels: usize) -> Wire {
    (0..levels).fold(Wire::BoolValue(true), |inner, _| {
        Wire::KvlistValue(KeyValueList { values: vec![attribute("k", inner)] })
    })
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Map(pairs) => 1 + pairs.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn deep_protobuf_values_lose_their_deepest_part() {
    for levels in [NESTING, NESTING + 1, 40, 200, 1_000] {
        for value in [lists(levels), maps(levels)] {
            let mut span = good();
            span.attributes = vec![attribute("deep", value), attribute("after", Wire::IntValue(1))];
            let decoded = protobuf(Signal::Traces, &body(vec![span, good()]));
            assert_eq!(decoded.batch.spans.len(), 2);
            let span = &decoded.batch.spans[0];
            assert_eq!(depth(span.attributes.get("deep").unwrap()), levels.min(NESTING));
            assert_eq!(span.attributes.get("after"), Some(&Value::Int(1)));
            assert_eq!(decoded.mended.get("nesting"), u64::from(levels > NESTING), "{levels}");
        }
    }
}

#[test]
fn deep_json_values_lose_their_deepest_part() {
    for levels in [NESTING, NESTING + 1, 40, 200, 5_000] {
        for (open, close) in [
            (r#"{"arrayValue":{"values":["#, "]}}"),
            (r#"{"kvlistValue":{"values":[{"key":"k","value":"#, "}]}}"),
        ] {
            let value = format!("{}{{}}{}", open.repeat(levels), close.repeat(levels));
            // The deepest position of a value in OTLP: an attribute of a span's event.
            let event = format!(r#"{{"name":"e","attributes":[{{"key":"deep","value":{value}}}]}}"#);
            let span = format!(
                r#"{{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",
                    "startTimeUnixNano":"1795247999000000000","events":[{event}]}}"#
            );
            let decoded = json(
                Signal::Traces,
                &format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#),
            );
            let deep = decoded.batch.spans[0].events[0].attributes.get("deep").unwrap();
            assert_eq!(depth(deep), levels.min(NESTING));
            assert_eq!(decoded.mended.get("nesting"), u64::from(levels > NESTING), "{levels}");
        }
    }
}

#[test]
fn json_brackets_without_end_do_not_overflow() {
    for body in ["[".repeat(100_000), r#"{"resourceSpans":"#.repeat(100_000), r#"{"x":"#.repeat(100_000)] {
        for signal in SIGNALS {
            decode(signal, body.as_bytes(), Encoding::Json, &Limits::default(), NOW).unwrap_err();
        }
    }
}

#[test]
fn a_million_attributes_are_cut() {
    let mut span = good();
    span.attributes = (0..1_000_000).map(|i| attribute(&i.to_string(), Wire::IntValue(i))).collect();
    let decoded = protobuf(Signal::Traces, &body(vec![span]));
    let span = &decoded.batch.spans[0];
    assert_eq!(span.attributes.len(), 1_024);
    assert_eq!(span.attributes.get("1023"), Some(&Value::Int(1_023)), "the first ones are kept");
    assert_eq!(decoded.mended.get("attributes"), 1_000_000 - 1_024);
}

#[test]
fn a_long_prompt_is_taken_whole() {
    let prompt = "ä".repeat(5 << 19);
    let mut span = good();
    span.attributes = vec![attribute("gen_ai.prompt", Wire::StringValue(prompt.clone()))];
    let decoded = protobuf(Signal::Traces, &body(vec![span]));
    assert_eq!(decoded.batch.spans[0].attributes.text("gen_ai.prompt"), Some(prompt.as_str()));
    assert_eq!(decoded.mended.total(), 0);
}

#[test]
fn empty_items_weigh_what_they_take() {
    let normal = body(vec![good(); 10_000]);
    let empty = body(vec![Span::default(); 200_000]);
    let weight = |body: &[u8]| footprint(body, Encoding::Protobuf, Signal::Traces);
    assert!(weight(&empty) > 256 << 20, "{}", weight(&empty));
    assert!(weight(&normal) < 30 * normal.len(), "{} of {}", weight(&normal), normal.len());
    let json =
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}{{}}]}}]}}]}}"#, "{},".repeat(1 << 19));
    assert!(footprint(json.as_bytes(), Encoding::Json, Signal::Traces) > 50 << 20);

    // Numbers and quantiles take little memory each, and two bytes of the body.
    let list = format!("{{\"x\":[{}1]}}", "1,".repeat(1 << 19));
    assert!(footprint(list.as_bytes(), Encoding::Json, Signal::Metrics) > 10 * list.len());
    let quantiles = opentelemetry_proto::tonic::metrics::v1::SummaryDataPoint {
        quantile_values: vec![Default::default(); 1 << 17],
        ..Default::default()
    };
    let quantiles = metric(quantiles);
    assert!(footprint(&quantiles, Encoding::Protobuf, Signal::Metrics) > 15 * quantiles.len());
}

fn metric(point: opentelemetry_proto::tonic::metrics::v1::SummaryDataPoint) -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::{
        Metric, ResourceMetrics, ScopeMetrics, Summary, metric::Data,
    };
    let data = Some(Data::Summary(Summary { data_points: vec![point] }));
    let metrics = vec![Metric { data, ..Default::default() }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
    prost::Message::encode_to_vec(&ExportMetricsServiceRequest { resource_metrics })
}
