//! Tests of valid and invalid items within one request.

use axum::http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, any_value::Value as Wire};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use quipu_core::{Limits, SpanKind, Status, Value};

use super::World;
use super::bodies::{attribute, json_traces, now, span, traces, with_text};

async fn partial(world: &World, spans: Vec<Span>) -> ExportTracePartialSuccess {
    let answer = world.traces(traces(spans)).await;
    assert_eq!(answer.status, StatusCode::OK);
    ExportTraceServiceResponse::decode(answer.body.as_slice()).unwrap().partial_success.unwrap()
}

#[tokio::test]
async fn bad_spans_do_not_harm_good_ones() {
    let far = now() + 2 * 86_400_000_000_000;
    let bad: Vec<(Span, &str)> = vec![
        (Span { trace_id: vec![1; 8], ..span() }, "trace id has 8 bytes, not 16"),
        (Span { trace_id: vec![0; 16], ..span() }, "trace id is all zero"),
        (Span { span_id: vec![0; 8], ..span() }, "span id is all zero"),
        (Span { span_id: vec![1; 16], ..span() }, "span id has 16 bytes, not 8"),
        (Span { end_time_unix_nano: now() - 9_000_000_000, ..span() }, "is before start time"),
        (Span { end_time_unix_nano: far, ..span() }, "ahead of the clock"),
        (Span { start_time_unix_nano: 5, ..span() }, "behind the clock"),
    ];
    let world = World::new(Limits::default());
    for (i, (bad, why)) in bad.iter().cloned().enumerate() {
        let partial = partial(&world, vec![span(), bad]).await;
        assert_eq!(partial.rejected_spans, 1);
        let message = &partial.error_message;
        assert!(
            message.starts_with("span resource_spans[0].scope_spans[0].spans[1]") && message.contains(why),
            "{message}"
        );
        assert_eq!(world.spans().len(), i + 1);
    }
    let partial = partial(&world, bad.iter().map(|(bad, _)| bad.clone()).collect()).await;
    assert_eq!(partial.rejected_spans, 7);
    assert!(partial.error_message.ends_with("; and 4 more"));
    assert_eq!(world.spans().len(), 7, "a request without a good span is answered, and nothing is stored");
    assert_eq!(world.count("quipu_rejected_items_total{signal=traces,reason=trace_id}"), 4);
    assert_eq!(world.count("quipu_received_requests_total{signal=traces,transport=http,outcome=partial}"), 8);
}

#[tokio::test]
async fn partial_success_in_json() {
    let world = World::new(Limits::default());
    let body = json_traces("").replace("b7ad6b7169203331", "zz");
    let answer = world.post("/v1/traces", &[("content-type", "application/json")], body).await;
    let message = "span resource_spans[0].scope_spans[0].spans[0] trace 0af7651916cd43dd8448eb211c80319c: span id is not hexadecimal";
    let expected = serde_json::json!({"partialSuccess": {"rejectedSpans": "1", "errorMessage": message}});
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected));
}

#[tokio::test]
async fn odd_values_are_taken() {
    let world = World::new(Limits::default());
    let mut odd = Span { kind: 42, ..with_text("x") };
    odd.attributes.push(attribute("nan", Wire::DoubleValue(f64::NAN)));
    odd.status = Some(opentelemetry_proto::tonic::trace::v1::Status { code: 9, message: String::new() });
    assert_eq!(world.traces(traces(vec![odd])).await.body, b"");
    let json = json_traces(
        r#","kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"},"traceState":null,
           "attributes":[{"key":"nan","value":{"doubleValue":"NaN"}},{"key":"list","value":{"arrayValue":{}}}]"#,
    );
    let answer = world.post("/v1/traces", &[("content-type", "application/json")], json).await;
    assert_eq!(answer.json(), serde_json::json!({}));

    let spans = world.spans();
    assert_eq!((spans[0].kind, spans[0].status), (SpanKind::Unspecified, Status::Unset));
    assert_eq!((spans[1].kind, spans[1].status), (SpanKind::Server, Status::Error));
    for span in &spans {
        assert!(matches!(span.attributes.get("nan"), Some(Value::Double(nan)) if nan.is_nan()));
    }
    assert_eq!(spans[1].attributes.get("list"), Some(&Value::Array(vec![])));
}

#[tokio::test]
async fn invalid_utf8_is_mended() {
    let world = World::new(Limits::default());
    let mut body = traces(vec![with_text("bad ?"), span()]);
    // A byte of a time may be a question mark too.
    let at = body.windows(5).position(|window| window == b"bad ?").unwrap() + 4;
    body[at] = 0xff;
    assert_eq!(world.traces(body).await.status, StatusCode::OK);
    assert_eq!(world.spans().len(), 2);
    assert_eq!(world.spans()[0].attributes.text("gen_ai.prompt"), Some("bad ?"));
    assert_eq!(world.count("quipu_mended_items_total{reason=utf8}"), 1);
}

#[tokio::test]
async fn two_hundred_levels_and_a_million_attributes_are_cut() {
    let deep = (0..200).fold(Wire::BoolValue(true), |inner, _| {
        Wire::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(inner) }] })
    });
    let world = World::new(Limits::default());
    let deep = Span { attributes: vec![attribute("deep", deep)], ..span() };
    assert_eq!(world.traces(traces(vec![deep])).await.body, b"");
    assert_eq!(world.count("quipu_mended_items_total{reason=nesting}"), 1);

    let open = r#"{"arrayValue":{"values":["#.repeat(200);
    let json =
        json_traces(&format!(r#","attributes":[{{"key":"deep","value":{open}{}}}]"#, "]}}".repeat(200)));
    let answer = world.post("/v1/traces", &[("content-type", "application/json")], json).await;
    assert_eq!(answer.json(), serde_json::json!({}));
    assert_eq!(world.count("quipu_mended_items_total{reason=nesting}"), 2);

    let many = (0..1_000_000).map(|i| attribute(&i.to_string(), Wire::IntValue(i))).collect();
    assert_eq!(world.traces(traces(vec![Span { attributes: many, ..span() }])).await.status, StatusCode::OK);
    assert_eq!(world.spans()[2].attributes.len(), 1_024);
    assert_eq!(world.count("quipu_mended_items_total{reason=attributes}"), 1_000_000 - 1_024);
}

#[tokio::test]
async fn keys_of_usage_that_nothing_reads_are_counted_by_name_up_to_a_bound() {
    let world = World::new(Limits::default());
    let with = |keys: &[String]| Span {
        attributes: keys.iter().map(|key| attribute(key, Wire::IntValue(1))).collect(),
        ..span()
    };
    let one = ["gen_ai.usage.unknown_one".to_owned()];
    assert_eq!(world.traces(traces(vec![with(&one), with(&one), span()])).await.status, StatusCode::OK);
    assert_eq!(world.count("quipu_unknown_usage_keys_total{key=gen_ai.usage.unknown_one}"), 2);
    let many: Vec<String> = (0..70).map(|i| format!("gen_ai.usage.unknown_x{i:02}")).collect();
    assert_eq!(world.traces(traces(vec![with(&many), with(&one)])).await.status, StatusCode::OK);
    assert_eq!(world.count("quipu_unknown_usage_keys_total{key=gen_ai.usage.unknown_one}"), 3);
    assert_eq!(world.count("quipu_unknown_usage_keys_total{key=gen_ai.usage.unknown_x00}"), 1);
    assert_eq!(world.count("quipu_unknown_usage_keys_total{key=other}"), 7);
    let long = ["gen_ai.usage.unknown".to_owned() + &"y".repeat(200)];
    let world = World::new(Limits::default());
    world.traces(traces(vec![with(&long)])).await;
    assert_eq!(world.count("quipu_unknown_usage_keys_total{key=other}"), 1);
}

#[tokio::test]
async fn a_five_mebibyte_prompt_is_taken_whole() {
    let world = World::new(Limits::default());
    let prompt = "p".repeat(5 << 20);
    assert_eq!(world.traces(traces(vec![with_text(prompt.clone())])).await.body, b"");
    assert_eq!(world.spans()[0].attributes.text("gen_ai.prompt"), Some(prompt.as_str()));
}
