//! JSON in the many forms that senders write.

use quipu_core::{ErrorKind, Limits, SpanKind, Status, Value};
use quipu_otlp::{Encoding, Signal, decode_traces};

use super::{NOW, json};

fn span(fields: &str) -> quipu_otlp::Decoded {
    let ids = r#""traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","startTimeUnixNano":"1795247999000000000""#;
    json(
        Signal::Traces,
        &format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{ids},{fields}}}]}}]}}]}}"#),
    )
}

fn attribute(value: &str) -> Value {
    let decoded = span(&format!(r#""attributes":[{{"key":"k","value":{value}}}]"#));
    decoded.batch.spans[0].attributes.get("k").unwrap().clone()
}

#[test]
fn values() {
    assert_eq!(attribute(r#"{"stringValue":"a\u00e4\ud83d\ude00"}"#), "aä😀".into());
    assert_eq!(attribute(r#"{"intValue":"-9223372036854775808"}"#), Value::Int(i64::MIN));
    assert_eq!(attribute(r#"{"intValue":7}"#), Value::Int(7));
    assert_eq!(attribute(r#"{"int_value":7.0}"#), Value::Int(7));
    assert_eq!(attribute(r#"{"boolValue":true}"#), Value::Bool(true));
    assert_eq!(attribute(r#"{"doubleValue":1}"#), Value::Double(1.0));
    assert_eq!(attribute(r#"{"doubleValue":"-Infinity"}"#), Value::Double(f64::NEG_INFINITY));
    assert!(matches!(attribute(r#"{"doubleValue":"NaN"}"#), Value::Double(nan) if nan.is_nan()));
    assert_eq!(attribute(r#"{"bytesValue":"AQID_w=="}"#), Value::Bytes(vec![1, 2, 3, 255]));
    assert_eq!(attribute(r#"{"bytesValue":"AQI"}"#), Value::Bytes(vec![1, 2]));
    assert_eq!(attribute(r#"{"arrayValue":{}}"#), Value::Array(vec![]));
    assert_eq!(attribute(r#"{"arrayValue":{"values":null}}"#), Value::Array(vec![]));
    assert_eq!(
        attribute(r#"{"arrayValue":{"values":[{"intValue":1},{},null]}}"#),
        Value::Array(vec![1.into(), Value::Null, Value::Null])
    );
    let map = r#"{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":false}},{"key":"b"}]}}"#;
    assert_eq!(attribute(map), Value::Map(vec![("a".into(), false.into()), ("b".into(), Value::Null)]));
    assert_eq!(attribute("null"), Value::Null);
    assert_eq!(attribute(r#"{"stringValue":null}"#), Value::Null);
    assert_eq!(attribute(r#"{"unknownValue":[1,{"a":2}]}"#), Value::Null);
}

#[test]
fn enums_by_number_or_name() {
    for (kind, expected) in [
        (r#""SPAN_KIND_CLIENT""#, SpanKind::Client),
        ("3", SpanKind::Client),
        (r#""3""#, SpanKind::Client),
        ("99", SpanKind::Unspecified),
        (r#""SPAN_KIND_NEW""#, SpanKind::Unspecified),
        ("null", SpanKind::Unspecified),
    ] {
        assert_eq!(span(&format!(r#""kind":{kind}"#)).batch.spans[0].kind, expected, "{kind}");
    }
    let status = |status: &str| span(&format!(r#""status":{status}"#)).batch.spans[0].status;
    assert_eq!(status(r#"{"code":"STATUS_CODE_ERROR"}"#), Status::Error);
    assert_eq!(status(r#"{"code":1,"message":null}"#), Status::Ok);
    assert_eq!(status("{}"), Status::Unset);
    assert_eq!(status("null"), Status::Unset);
}

#[test]
fn nulls_snake_case_and_unknown_fields() {
    let body = r#"{"resource_spans":[{"resource":null,"deprecated":{"x":[1]},"schema_url":"s","scope_spans":[
        {"scope":{"name":null,"version":"1"},"spans":[{"trace_id":"CvdlGRbNQ92ESOshHIAxnA==","span_id":"t61rcWkgMzE=",
         "parent_span_id":"","trace_state":null,"name":null,"start_time_unix_nano":1795247999000000000,"end_time_unix_nano":null,
         "attributes":null,"events":[{"name":"e","time_unix_nano":"1795247999000000001"}],"links":null,"status":null,"flags":257}]}]}]}"#;
    let decoded = json(Signal::Traces, body);
    assert!(decoded.rejected.is_empty(), "{:?}", decoded.rejected);
    let span = &decoded.batch.spans[0];
    assert_eq!(span.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span.span_id.to_string(), "b7ad6b7169203331");
    assert_eq!((span.resource.schema_url.as_str(), span.scope.version.as_str()), ("s", "1"));
    assert_eq!(span.events[0].time.nanos(), 1_795_247_999_000_000_001);
    assert_eq!((span.end, span.parent_id), (None, None));
    assert!(json(Signal::Traces, r#"{"resourceSpans":null}"#).batch.is_empty());
    assert!(json(Signal::Traces, "{}").batch.is_empty());
}

#[test]
fn bad_ids_are_refused_with_their_span_only() {
    for id in [r#""xyz""#, "7", r#""zzf7651916cd43dd8448eb211c80319c""#, r#""abcd""#, "null", "true"] {
        let good = r#"{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","startTimeUnixNano":1795247999000000000}"#;
        let bad = good.replace(r#""0af7651916cd43dd8448eb211c80319c""#, id);
        let decoded = json(
            Signal::Traces,
            &format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{bad},{good}]}}]}}]}}"#),
        );
        assert_eq!((decoded.batch.spans.len(), decoded.rejected.count()), (1, 1), "{id}");
    }
}

#[test]
fn text_that_is_no_text_is_mended() {
    let decoded = span(r#""name":"cut \ud83d","attributes":[{"key":"k","value":{"stringValue":"\udc00"}}]"#);
    assert_eq!(decoded.batch.spans[0].name, "cut \u{fffd}");
    assert_eq!(decoded.mended.get("utf8"), 2);

    let mut body = br#"{"resourceSpans":[{"schemaUrl":"a?b"}]}"#.to_vec();
    *body.iter_mut().find(|byte| **byte == b'?').unwrap() = 0xff;
    let decoded = decode_traces(&body, Encoding::Json, &Limits::default(), NOW).unwrap();
    assert_eq!(decoded.mended.get("utf8"), 1);
}

#[test]
fn errors_say_where_and_never_quote() {
    for (body, expected) in [
        ("", "OTLP traces as JSON: the body ends too early at line 1 column 0"),
        ("{\"resourceSpans\":[", "OTLP traces as JSON: the body ends too early at line 1 column 18"),
        ("secret", "OTLP traces as JSON: not JSON at line 1 column 1"),
        ("{} secret", "OTLP traces as JSON: not JSON at line 1 column 4"),
        (
            "\"secret\"",
            "OTLP traces as JSON: wrong type, expected an object (ExportTraceServiceRequest) at line 1 column 8",
        ),
        (
            "{\"resourceSpans\":\"secret, expected x\"}",
            "OTLP traces as JSON: wrong type, expected a list at line 1 column 37",
        ),
        (
            "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"startTimeUnixNano\":\"secret\"}]}]}]}",
            "OTLP traces as JSON: wrong type, expected an unsigned 64-bit integer at line 1 column 72",
        ),
    ] {
        let error = decode_traces(body.as_bytes(), Encoding::Json, &Limits::default(), NOW).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.context(), expected);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
