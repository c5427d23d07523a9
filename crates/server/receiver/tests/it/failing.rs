//! Tests with an intake that does not commit.

use axum::http::StatusCode;
use opentelemetry_proto::tonic::trace::v1::Span;
use quipu_core::{ErrorKind, Limits};

use super::World;
use super::bodies::{json_traces, span, traces, with_text};

#[tokio::test]
async fn its_errors_become_answers_that_tell_whether_to_come_back() {
    let world = World::new(Limits::default());
    for (kind, status, retry_after, code) in [
        (ErrorKind::Exhausted, StatusCode::TOO_MANY_REQUESTS, "1", 8),
        (ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, "5", 14),
        (ErrorKind::Locked, StatusCode::SERVICE_UNAVAILABLE, "5", 14),
        (ErrorKind::Io, StatusCode::SERVICE_UNAVAILABLE, "5", 14),
        (ErrorKind::Damaged, StatusCode::SERVICE_UNAVAILABLE, "5", 14),
        (ErrorKind::Internal, StatusCode::INTERNAL_SERVER_ERROR, "", 13),
    ] {
        *world.intake.fail.lock().unwrap() = Some(kind);
        let answer = world.traces(traces(vec![span()])).await;
        assert_eq!((answer.status, answer.header("retry-after")), (status, retry_after), "{kind:?}");
        let (found, message) = answer.status_body();
        assert_eq!(found, code);
        assert!(!message.contains("disk"), "what is inside stays inside: {message}");
    }
    let answer = world.post("/v1/traces", &[("content-type", "application/json")], json_traces("")).await;
    assert_eq!(answer.json()["code"], 13);
    assert_eq!(world.count("quipu_received_spans_total{}"), 0);
    assert_eq!(world.count("quipu_received_requests_total{signal=traces,transport=http,outcome=busy}"), 1);
    *world.intake.fail.lock().unwrap() = None;
    assert_eq!(world.traces(traces(vec![span()])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_adapter_that_panics_costs_one_request() {
    let world = World::new(Limits::default());
    for text in [10, 100_000] {
        let bad = Span { name: "panic".to_owned(), ..with_text("x".repeat(text)) };
        let answer = world.traces(traces(vec![bad])).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.status_body(), (13, "the request could not be read".to_owned()));
    }
    assert_eq!(world.traces(traces(vec![span()])).await.status, StatusCode::OK);
}
