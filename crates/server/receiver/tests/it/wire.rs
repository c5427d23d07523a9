//! Tests of paths, methods, content types, encodings and answers.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use quipu_core::{Kind, Limits};

use super::World;
use super::bodies::{self, gzip, json_traces, raw_deflate, span, traces, zlib, zstd};

#[tokio::test]
async fn every_prefix_takes_every_signal() {
    let world = World::new(Limits::default());
    for prefix in ["", "/api/public/otel", "/otel"] {
        let json = [("content-type", "application/json")];
        for (signal, body) in [
            ("traces", json_traces("")),
            ("metrics", bodies::metrics().into()),
            ("logs", bodies::logs().into()),
        ] {
            let answer = world.post(&format!("{prefix}/v1/{signal}"), &json, body).await;
            assert_eq!(answer.status, StatusCode::OK, "{prefix} {signal}");
            assert_eq!(answer.json(), serde_json::json!({}));
        }
    }
    let batches = world.intake.batches.lock().unwrap();
    assert_eq!(batches.len(), 9);
    assert_eq!(batches.iter().map(|batch| batch.metrics.len()).sum::<usize>(), 3);
    let events: Vec<_> = batches.iter().flat_map(|batch| &batch.events).collect();
    assert!(events.len() == 3 && events.iter().all(|event| event.agent.as_deref() == Some("read")));
}

#[tokio::test]
async fn adapters_have_read_what_is_committed_and_requests_are_counted() {
    let world = World::new(Limits::default());
    let answer = world.traces(traces(vec![span(), span()])).await;
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::OK, &b""[..]));
    assert_eq!(answer.header("content-type"), "application/x-protobuf");
    let spans = world.spans();
    assert_eq!((spans.len(), spans[0].canonical.kind), (2, Kind::Llm));
    assert_eq!(world.count("quipu_received_spans_total{}"), 2);
    assert_eq!(world.count("quipu_received_requests_total{signal=traces,transport=http,outcome=ok}"), 1);
}

#[tokio::test]
async fn content_types() {
    let world = World::new(Limits::default());
    for (content_type, json) in [
        ("application/x-protobuf", false),
        ("application/protobuf", false),
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
    ] {
        let body = if json { json_traces("").into_bytes() } else { traces(vec![span()]) };
        let answer = world.post("/v1/traces", &[("content-type", content_type)], body).await;
        assert_eq!(answer.status, StatusCode::OK, "{content_type}");
        let expected = if json { "application/json" } else { "application/x-protobuf" };
        assert_eq!(answer.header("content-type"), expected);
    }
    for headers in [&[("content-type", "text/plain")][..], &[]] {
        let answer = world.post("/v1/traces", headers, traces(vec![span()])).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(answer.json()["message"].as_str().unwrap().contains("application/x-protobuf"));
    }
    assert_eq!(world.spans().len(), 4);
}

#[tokio::test]
async fn content_encodings() {
    let world = World::new(Limits::default());
    // The second body is large enough to be decoded outside the runtime.
    for spans in [vec![span()], vec![bodies::with_text("ä".repeat(100)); 1_000]] {
        let body = traces(spans.clone());
        for (encoding, packed) in [
            ("identity", body.clone()),
            ("gzip", gzip(&body)),
            ("deflate", zlib(&body)),
            ("deflate", raw_deflate(&body)),
            ("zstd", zstd(&body)),
        ] {
            let before = world.spans().len();
            let headers = [("content-type", "application/x-protobuf"), ("content-encoding", encoding)];
            let answer = world.post("/v1/traces", &headers, packed).await;
            assert_eq!(answer.status, StatusCode::OK, "{encoding}");
            assert_eq!(world.spans().len() - before, spans.len());
        }
    }
    let headers = [("content-type", "application/x-protobuf"), ("content-encoding", "br")];
    let answer = world.post("/v1/traces", &headers, traces(vec![span()])).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(answer.status_body().1, "content encoding is not one of identity, gzip, deflate, zstd");
}

#[tokio::test]
async fn broken_bodies_are_refused_in_their_own_encoding() {
    let world = World::new(Limits::default());
    let body = traces(vec![bodies::with_text("secret"); 100]);
    let answer = world.traces(body[..body.len() / 2].to_vec()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let (code, message) = answer.status_body();
    assert_eq!(code, 3);
    assert!(
        message.starts_with("decode: OTLP traces as protobuf") && !message.contains("secret"),
        "{message}"
    );

    for (encoding, packed) in [("gzip", gzip(&body)), ("deflate", zlib(&body)), ("zstd", zstd(&body))] {
        let headers = [("content-type", "application/x-protobuf"), ("content-encoding", encoding)];
        for broken in [&packed[..packed.len() - 5], b"garbage that is no data", &packed[..3]] {
            let answer = world.post("/v1/traces", &headers, broken.to_vec()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{encoding}");
            assert_eq!(answer.status_body().1, format!("the body is not valid {encoding} data"));
        }
    }

    let answer = world
        .post("/v1/logs", &[("content-type", "application/json")], "{\"resourceLogs\":\"secret\"}")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let message = "decode: OTLP logs as JSON: wrong type, expected a list at line 1 column 24";
    assert_eq!(answer.json(), serde_json::json!({"code": 3, "message": message}));
    assert!(world.intake.batches.lock().unwrap().is_empty());
    assert_eq!(world.count("quipu_received_requests_total{signal=logs,transport=http,outcome=malformed}"), 1);
}

#[tokio::test]
async fn only_post_is_allowed() {
    let world = World::new(Limits::default());
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let request = Request::builder().method(method).uri("/v1/traces").body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
        assert_eq!(answer.json()["code"], 12);
    }
}

#[tokio::test]
async fn an_empty_request_is_fine() {
    let world = World::new(Limits::default());
    assert_eq!(world.traces(Vec::new()).await.status, StatusCode::OK);
    assert!(world.intake.batches.lock().unwrap().is_empty());
}
