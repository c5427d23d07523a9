//! Tests of the limits of size, time and memory.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use quipu_core::Limits;

use super::bodies::{gzip, span, traces, with_text, zlib, zstd};
use super::{Collector, World};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

fn stream(chunks: Vec<Vec<u8>>) -> Body {
    Body::from_stream(tokio_stream::iter(
        chunks.into_iter().map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk))),
    ))
}

#[tokio::test]
async fn a_body_of_64_mebibytes_is_too_large() {
    let world = World::new(Limits::default());
    let message = "the body is larger than 33554432 bytes (limit body_bytes)";
    let answer = world.traces(vec![0; 64 << 20]).await;
    assert_eq!(
        (answer.status, answer.status_body()),
        (StatusCode::PAYLOAD_TOO_LARGE, (8, message.to_owned()))
    );
    // The same body in chunks without a length, and a body with a large announced length.
    let answer = world.post("/v1/traces", &[PROTOBUF], stream(vec![vec![0; 1 << 20]; 64])).await;
    assert_eq!(
        (answer.status, answer.status_body()),
        (StatusCode::PAYLOAD_TOO_LARGE, (8, message.to_owned()))
    );
    let answer =
        world.post("/v1/traces", &[PROTOBUF, ("content-length", "99999999999")], Body::empty()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        world.count("quipu_received_requests_total{signal=traces,transport=http,outcome=too_large}"),
        3
    );
}

#[tokio::test]
async fn bombs_are_defused() {
    let world = World::new(Limits { decompressed_bytes: 1 << 20, ..Default::default() });
    let zeros = vec![0; 32 << 20];
    for (encoding, bomb) in [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("zstd", zstd(&zeros))] {
        let began = Instant::now();
        let answer = world.post("/v1/traces", &[PROTOBUF, ("content-encoding", encoding)], bomb).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{encoding}");
        assert_eq!(
            answer.status_body().1,
            "the body decompresses to more than 1048576 bytes (limit decompressed_bytes)"
        );
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

/// A request with this many spans without fields: two bytes each.
fn swarm(spans: usize) -> Vec<u8> {
    let wrap = |inside: Vec<u8>, tag: u8| {
        let mut out = vec![tag];
        prost::encode_length_delimiter(inside.len(), &mut out).unwrap();
        out.extend(inside);
        out
    };
    wrap(wrap([0x12, 0].repeat(spans), 0x12), 0x0a)
}

#[tokio::test]
async fn a_swarm_of_empty_spans_is_too_large() {
    let world = World::new(Limits::default());
    let body = swarm(4 << 20);
    let answer = world.post("/v1/traces", &[PROTOBUF, ("content-encoding", "gzip")], gzip(&body)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.status_body().1, "the traces take too much memory once decoded: send fewer at a time");
}

#[tokio::test]
async fn chunks_are_put_together() {
    let world = World::new(Limits::default());
    let body = traces(vec![with_text("x".repeat(1_000)); 50]);
    let chunks = body.chunks(7).map(<[u8]>::to_vec).collect();
    assert_eq!(world.post("/v1/traces", &[PROTOBUF], stream(chunks)).await.status, StatusCode::OK);
    assert_eq!(world.spans().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_times_out() {
    let world = World::new(Limits { request_seconds: 2, ..Default::default() });
    let (sender, chunks) = tokio::sync::mpsc::channel::<Result<Bytes, Infallible>>(1);
    sender.send(Ok(Bytes::from_static(b"\x0a"))).await.unwrap();
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(chunks));
    let answer = world.post("/v1/traces", &[PROTOBUF], body).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    let message = "the request did not arrive within 2 s (limit request_seconds)";
    assert_eq!(answer.status_body(), (4, message.to_owned()));
    drop(sender);
}

#[tokio::test(start_paused = true)]
async fn an_intake_that_does_not_answer_is_unavailable() {
    let world = World::with(Limits::default(), Collector { hang: true, ..Default::default() });
    let answer = world.traces(traces(vec![span()])).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
}

#[tokio::test]
async fn what_is_under_way_is_bounded() {
    let limits = Limits { queue_bytes: 200 << 10, request_seconds: 60, ..Default::default() };
    let world = World::with(limits, Collector { hang: true, ..Default::default() });
    let body = traces(vec![with_text("x".repeat(150 << 10))]);
    let send = || {
        let (app, body) = (world.app.clone(), body.clone());
        let request =
            axum::http::Request::post("/v1/traces").header(PROTOBUF.0, PROTOBUF.1).body(Body::from(body));
        tokio::spawn(tower::ServiceExt::oneshot(app, request.unwrap()))
    };
    // One request holds the pool, one the overflow slot, and one waits.
    let waits = [send(), send(), send()];
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(waits.iter().all(|waits| !waits.is_finished()));
    let answer = world.traces(traces(vec![span()])).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    assert_eq!(answer.status_body(), (8, "too many bytes are waiting to be stored".to_owned()));
    // The permit is returned when the request ends in any way.
    waits.iter().for_each(tokio::task::JoinHandle::abort);
    for waits in waits {
        let _ = waits.await;
    }
    let small = tokio::time::timeout(Duration::from_millis(200), world.traces(traces(vec![span()]))).await;
    assert!(small.is_err(), "let in, and waiting for the intake");
}

#[tokio::test]
async fn a_body_that_unpacks_to_more_than_there_is_room_for_waits_and_is_taken() {
    let limits = Limits { queue_bytes: 200 << 10, request_seconds: 60, ..Default::default() };
    let world = World::new(limits);
    let body = gzip(&traces(vec![with_text("x".repeat(150 << 10))]));
    let sent = (0..8).map(|_| {
        let (app, body) = (world.app.clone(), body.clone());
        let request = axum::http::Request::post("/v1/traces")
            .header(PROTOBUF.0, PROTOBUF.1)
            .header("content-encoding", "gzip")
            .body(Body::from(body));
        tokio::spawn(tower::ServiceExt::oneshot(app, request.unwrap()))
    });
    for sent in sent.collect::<Vec<_>>() {
        assert_eq!(sent.await.unwrap().unwrap().status(), StatusCode::OK);
    }
}
