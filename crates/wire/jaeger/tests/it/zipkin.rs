//! Zipkin's v2 spans, written by hand.

use quipu_core::{Limits, Span, SpanKind, Status, Value};
use quipu_jaeger::Wire;

use super::{NOW, read, try_with};

/// Microseconds of a time five seconds ago.
const START: i64 = NOW.nanos() / 1_000 - 5_000_000;

fn one(fields: &str) -> Span {
    let body =
        format!(r#"[{{"traceId":"0af7651916cd43dd8448eb211c80319c","id":"b7ad6b7169203331"{fields}}}]"#);
    let mut decoded = read(Wire::Zipkin, body.as_bytes());
    assert_eq!(decoded.batch.spans.len(), 1, "{}", decoded.rejected.summary());
    decoded.batch.spans.remove(0)
}

fn started(fields: &str) -> Span {
    one(&format!(r#","timestamp":{START}{fields}"#))
}

#[test]
fn the_example_of_the_specification() {
    let span = started(
        r#","parentId":"6b221d5bc9e6496c","name":"get /api","kind":"CLIENT","duration":431295,"debug":true,"shared":false,
        "localEndpoint":{"serviceName":"backend","ipv4":"192.168.99.1","port":3306},
        "remoteEndpoint":{"serviceName":"db","ipv6":"2001:db8::c001","port":9000},
        "annotations":[{"timestamp":1795334695238827,"value":"ws"}],"tags":{"http.method":"GET","http.path":"/api"}"#,
    );
    assert_eq!(span.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span.parent_id.unwrap().to_string(), "6b221d5bc9e6496c");
    assert_eq!((span.name.as_str(), span.kind, span.status), ("get /api", SpanKind::Client, Status::Unset));
    assert_eq!((span.start.nanos(), span.duration()), (START * 1_000, Some(431_295_000)));
    assert_eq!(span.resource.service(), Some("backend"));
    let text = |key| span.attributes.text(key);
    assert_eq!((text("http.method"), text("peer.service")), (Some("GET"), Some("db")));
    assert_eq!(text("network.local.address"), Some("192.168.99.1"));
    assert_eq!(text("network.peer.address"), Some("2001:db8::c001"));
    assert_eq!(span.attributes.get("network.peer.port"), Some(&Value::Int(9_000)));
    assert_eq!((span.events.len(), span.events[0].name.as_str()), (1, "ws"));
}

#[test]
fn short_ids_are_filled_up_and_wrong_ones_refused() {
    let read_ids = |trace: &str, id: &str, parent: &str| {
        let body = format!(
            r#"[{{"traceId":{trace},"id":{id},"parentId":{parent},"timestamp":{START}}},
            {{"traceId":"1","id":"2","timestamp":{START}}}]"#
        );
        read(Wire::Zipkin, body.as_bytes())
    };
    let decoded = read_ids("\"00000000000000AB\"", "\"1\"", "null");
    assert_eq!(decoded.batch.spans[0].trace_id.to_string(), "000000000000000000000000000000ab");
    assert_eq!(decoded.batch.spans[0].parent_id, None);
    for (trace, id, parent, reason, why) in [
        ("\"xyz\"", "\"1\"", "null", "trace_id", "trace id is not hexadecimal"),
        ("1", "\"1\"", "null", "trace_id", "trace id is not text"),
        ("\"1\"", "\"11112222333344445\"", "null", "span_id", "span id has 17 digits, not 16"),
        ("\"1\"", "\"\"", "null", "span_id", "span id is missing"),
        ("\"1\"", "\"1\"", "\"-1\"", "parent_id", "parent span id is not hexadecimal"),
    ] {
        let decoded = read_ids(trace, id, parent);
        assert_eq!((decoded.batch.spans.len(), decoded.rejected.reasons().get(reason)), (1, 1), "{why}");
        assert!(decoded.rejected.summary().ends_with(why), "{}", decoded.rejected.summary());
    }
}

#[test]
fn one_bad_span_does_not_spoil_the_list() {
    let good = format!(r#"{{"traceId":"1","id":"2","timestamp":{START}}}"#);
    let strange = format!(
        r#"{{"traceId":"1","id":"3","timestamp":"{START}","duration":1.5e3,"name":7,"kind":[],"tags":[1],
        "annotations":{{}},"localEndpoint":"x","unknown":{{"a":[{{}}]}}}}"#
    );
    let body = format!(r#"[7, null, "x", [], {good}, {{}}, {strange}]"#);
    let decoded = read(Wire::Zipkin, body.as_bytes());
    assert_eq!(decoded.batch.spans.len(), 2);
    assert_eq!(decoded.batch.spans[1].duration(), Some(1_500_000));
    assert_eq!((decoded.rejected.reasons().get("shape"), decoded.rejected.count()), (4, 5));
    for body in ["", "{}", "null", "[", "[{]", "[{}] x", "[{\"traceId\":\"secret]"] {
        let error = try_with(Wire::Zipkin, body.as_bytes(), &Limits::default()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn a_span_without_duration_is_still_running_unless_it_is_a_message() {
    assert_eq!(started(r#","kind":"SERVER""#).end, None);
    assert_eq!(started(r#","kind":"PRODUCER""#).duration(), Some(0));
    let late = one(&format!(r#","annotations":[{{"timestamp":{START},"value":"sr"}}]"#));
    assert_eq!(late.start.nanos(), START * 1_000, "the first thing that is known of it");
    let body = r#"[{"traceId":"1","id":"2"}]"#;
    assert_eq!(read(Wire::Zipkin, body.as_bytes()).rejected.reasons().get("time_missing"), 1);
}

#[test]
fn a_server_that_shares_its_client_s_id_becomes_its_child() {
    let client = started(r#","kind":"CLIENT""#);
    let server = started(r#","kind":"SERVER","shared":true"#);
    assert_eq!(server.parent_id, Some(client.span_id));
    assert_ne!(server.span_id, client.span_id);
    assert_eq!(started(r#","kind":"SERVER","shared":true"#).span_id, server.span_id, "sent again, the same");
}

#[test]
fn errors_are_said_by_a_tag_of_any_value() {
    let said = |tags: &str| {
        let span = started(&format!(r#","tags":{{{tags}}}"#));
        (span.status, span.status_message)
    };
    assert_eq!(said(r#""error":"no route""#), (Status::Error, "no route".to_owned()));
    assert_eq!(said(r#""error":"""#), (Status::Error, String::new()));
    assert_eq!(said(r#""error":"true""#), (Status::Error, String::new()));
    assert_eq!(said(r#""error":true"#), (Status::Error, String::new()));
    assert_eq!(said(r#""error":"false""#), (Status::Unset, String::new()));
    assert_eq!(said(r#""otel.status_code":"OK""#), (Status::Ok, String::new()));
    assert_eq!(said(r#""http.status_code":"500""#), (Status::Error, String::new()));
}

#[test]
fn opentelemetry_s_tags_and_annotations_are_read_back() {
    let span = started(
        r#","tags":{"otel.scope.name":"s","otel.scope.version":"1","w3c.tracestate":"a=b","k8s.pod.name":"p",
        "telemetry.sdk.name":"opentelemetry","otel.dropped_events_count":"2","n":3,"yes":true}"#,
    );
    assert_eq!(
        (span.scope.name.as_str(), span.scope.version.as_str(), span.trace_state.as_str()),
        ("s", "1", "a=b")
    );
    assert_eq!(span.resource.attributes.text("k8s.pod.name"), Some("p"));
    assert_eq!(span.wire.dropped_events, 2);
    assert_eq!(span.attributes.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["n", "yes"]);

    for value in [
        r#"\"e\": {\"a\": \"b\", \"n\": 2, \"l\": [1]}"#,
        r#"{\"e\":{\"a\":\"b\",\"n\":2,\"l\":[1]}}"#,
        r#"e|{\"a\":\"b\",\"n\":2,\"l\":[1]}|0"#,
    ] {
        let span = started(&format!(r#","annotations":[{{"timestamp":{START},"value":"{value}"}}]"#));
        let event = &span.events[0];
        assert_eq!(event.name, "e", "{value}");
        assert_eq!(
            (event.attributes.text("a"), event.attributes.get("n")),
            (Some("b"), Some(&Value::Int(2)))
        );
        assert_eq!(event.attributes.text("l"), Some("[1]"));
    }
    for value in ["{}", r#"\"e\": 1"#, "a|b|c", r#"{\"e\":{},\"f\":{}}"#, "plain"] {
        let span = started(&format!(r#","annotations":[{{"timestamp":{START},"value":"{value}"}}]"#));
        assert_eq!(span.events[0].name, value.replace('\\', ""), "just a text");
    }
}

#[test]
fn halves_of_characters_and_wrong_bytes_are_mended() {
    let span = started(r#","tags":{"cut":"a\ud83d","\ud83d":"key"},"name":"\udc00""#);
    assert!(span.attributes.text("cut").unwrap().starts_with('a'));
    assert_eq!(span.attributes.len(), 2);
    let mut body = format!(r#"[{{"traceId":"1","id":"2","timestamp":{START},"name":"?"}}]"#).into_bytes();
    let at = body.iter().position(|byte| *byte == b'?').unwrap();
    body[at] = 0xff;
    let decoded = read(Wire::Zipkin, &body);
    assert_eq!((decoded.batch.spans[0].name.as_str(), decoded.mended.get("utf8")), ("\u{fffd}", 1));
}
