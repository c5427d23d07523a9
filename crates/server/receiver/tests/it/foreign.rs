//! Tests of recorded Jaeger and Zipkin requests, through their routes.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use quipu_core::{ErrorKind, Limits};

use super::World;
use super::bodies::{gzip, now};

pub const THRIFT: &[u8] = include_bytes!("../../../../wire/jaeger/tests/recorded/python-http.bin");
const PROTOBUF: &[u8] = include_bytes!("../../../../wire/jaeger/tests/recorded/python-grpc.bin");
const ZIPKIN: &[u8] = include_bytes!("../../../../wire/jaeger/tests/recorded/python-zipkin.bin");

const IS_THRIFT: (&str, &str) = ("content-type", "application/x-thrift");
const IS_JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
const POST_SPANS: &str = "/jaeger.api_v2.CollectorService/PostSpans";

fn framed(message: &[u8]) -> Vec<u8> {
    [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

fn count(world: &World, transport: &str, outcome: &str) -> u64 {
    world.count(&format!(
        "quipu_received_requests_total{{signal=traces,transport={transport},outcome={outcome}}}"
    ))
}

#[tokio::test]
async fn thrift_over_http_is_taken() {
    let world = World::new(Limits::default());
    let answer = world.post("/api/traces?format=jaeger.thrift", &[IS_THRIFT], THRIFT).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::ACCEPTED, 0));
    let packed = [("content-type", "application/vnd.apache.thrift.binary"), ("content-encoding", "gzip")];
    assert_eq!(world.post("/api/traces", &packed, gzip(THRIFT)).await.status, StatusCode::ACCEPTED);
    let spans = world.spans();
    assert_eq!((spans.len(), spans[0].name.as_str()), (6, "chat gpt-4o"));
    assert_eq!(spans[0].canonical.agent.as_deref(), Some("chat gpt-4o"), "the adapters have read it");
    assert_eq!((count(&world, "jaeger_http", "ok"), world.count("quipu_received_spans_total{}")), (2, 6));
}

#[tokio::test]
async fn protobuf_over_grpc_is_taken() {
    let world = World::new(Limits::default());
    let grpc = ("content-type", "application/grpc");
    let answer = world.post(POST_SPANS, &[grpc], framed(PROTOBUF)).await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, framed(b"")));
    let answer = world.post(POST_SPANS, &[grpc], framed(&PROTOBUF[..100])).await;
    assert_eq!(answer.header("grpc-status"), "3");
    assert_eq!(world.spans().len(), 3);
    assert_eq!((count(&world, "jaeger_grpc", "ok"), count(&world, "jaeger_grpc", "malformed")), (1, 1));
}

#[tokio::test]
async fn zipkin_is_taken_with_and_without_a_content_type() {
    let world = World::new(Limits::default());
    for headers in [&[IS_JSON][..], &[]] {
        assert_eq!(world.post("/api/v2/spans", headers, ZIPKIN).await.status, StatusCode::ACCEPTED);
    }
    assert_eq!((world.spans().len(), count(&world, "zipkin", "ok")), (6, 2));
}

#[tokio::test]
async fn a_bad_span_is_counted_and_the_rest_is_kept() {
    let world = World::new(Limits::default());
    let start = now() / 1_000;
    let body = format!(r#"[{{"traceId":"1","id":"2","timestamp":{start}}},{{"traceId":"x"}}]"#);
    assert_eq!(world.post("/api/v2/spans", &[IS_JSON], body).await.status, StatusCode::ACCEPTED);
    assert_eq!((world.spans().len(), count(&world, "zipkin", "partial")), (1, 1));
    assert_eq!(world.count("quipu_rejected_items_total{signal=traces,reason=trace_id}"), 1);
}

#[tokio::test]
async fn refusals_are_those_of_otlp_in_plain_words() {
    let world =
        World::new(Limits { body_bytes: 10 << 10, decompressed_bytes: 12 << 10, ..Default::default() });
    let refused = async |headers: &[(&str, &str)], body: Vec<u8>| {
        let answer = world.post("/api/traces", headers, body).await;
        (answer.status.as_u16(), String::from_utf8(answer.body).unwrap())
    };
    let (status, words) = refused(&[IS_THRIFT], THRIFT[..200].to_vec()).await;
    assert_eq!(status, 400);
    assert!(words.ends_with("it ends too early") && !words.contains("chat"), "{words}");
    assert_eq!(refused(&[("content-type", "application/json")], THRIFT.to_vec()).await.0, 415);
    assert_eq!(refused(&[IS_THRIFT, ("content-encoding", "br")], THRIFT.to_vec()).await.0, 415);
    let (status, words) = refused(&[IS_THRIFT], vec![0; 11 << 10]).await;
    assert_eq!((status, words.as_str()), (413, "the body is larger than 10240 bytes (limit body_bytes)"));
    let bomb = gzip(&vec![0; 1 << 20]);
    assert_eq!(refused(&[IS_THRIFT, ("content-encoding", "gzip")], bomb).await.0, 413);

    let get = world.send(Request::get("/api/traces").body(Body::empty()).unwrap()).await;
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));

    for (kind, status, seconds) in [(ErrorKind::Exhausted, 429, "1"), (ErrorKind::Unavailable, 503, "5")] {
        *world.intake.fail.lock().unwrap() = Some(kind);
        let answer = world.post("/api/v2/spans", &[IS_JSON], ZIPKIN).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (status, seconds));
        assert!(!String::from_utf8_lossy(&answer.body).contains("disk"), "the store's words stay here");
    }
}

#[tokio::test]
async fn a_swarm_is_too_large() {
    let world = World::new(Limits { decompressed_bytes: 1 << 20, ..Default::default() });
    let start = now() / 1_000;
    let span = format!(r#"{{"traceId":"1","id":"2","timestamp":{start}}}"#);
    let body = format!("[{}{span}]", format!("{span},").repeat(15_000));
    let answer = world.post("/api/v2/spans", &[IS_JSON], body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.body, b"the traces take too much memory once decoded: send fewer at a time");
    assert_eq!(world.spans().len(), 0);
}
