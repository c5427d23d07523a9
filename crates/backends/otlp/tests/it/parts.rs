//! Partial acceptance, and the fate of the rest.

use std::time::Duration;

use axum::response::IntoResponse as _;
use quipu_core::{Backend as _, Batch, ErrorKind, Health, Retry};
use quipu_otlp::{Encoding, Signal, encode_answer};
use tonic::Code;

use crate::server::{Seen, Server, status, taken};
use crate::shared::{batch, open, records, spans, write};

fn at(server: &Server) -> quipu_backend_otlp::Otlp {
    open(&format!("endpoint = {:?}\ntimeout_ms = 2000", server.url))
}

fn is(seen: &Seen, signal: Signal) -> bool {
    seen.path.ends_with(signal.as_str())
}

#[tokio::test]
async fn a_failure_that_may_pass_leaves_what_was_not_taken_yet() {
    let busy = |seen: &Seen| match is(seen, Signal::Logs) {
        true => ([("retry-after", "5")], status(503)).into_response(),
        false => taken(),
    };
    let server = Server::http(busy).await;
    let otlp = at(&server);
    let mut error = write(&otlp, batch()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert_eq!(error.backend(), Some("otlp"));
    let left = error.take_leftover().unwrap();
    assert_eq!((left.again.events, left.again.metrics), (batch().events, batch().metrics));
    assert!(left.again.spans.is_empty() && left.refused.is_empty() && left.unnamed == 0);
    // The metrics were not sent: the server is overloaded.
    assert!(!server.requests().iter().any(|seen| is(seen, Signal::Metrics)));
    assert!(matches!(otlp.health(), Health::Degraded(_)));
}

#[tokio::test]
async fn spans_that_are_left_keep_their_ledger_rows() {
    let server = Server::http(|_| status(429)).await;
    let mut error = write(&at(&server), batch()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Exhausted, Retry::Yes));
    assert_eq!(error.take_leftover().unwrap().again, batch());
}

#[tokio::test]
async fn what_is_refused_for_good_holds_up_no_other_signal() {
    let server = Server::http(|seen| if is(seen, Signal::Traces) { status(400) } else { taken() }).await;
    let otlp = at(&server);
    let mut error = write(&otlp, batch()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Invalid, Retry::No));
    let left = error.take_leftover().unwrap();
    assert_eq!((left.refused.spans, left.refused.costs), (batch().spans, batch().costs));
    assert!(left.again.is_empty());
    assert!(server.requests().iter().any(|seen| is(seen, Signal::Logs)));
    assert!(server.requests().iter().any(|seen| is(seen, Signal::Metrics)));
}

#[tokio::test]
async fn refused_now_and_later_are_told_apart() {
    let server = Server::http(|seen| match (is(seen, Signal::Traces), is(seen, Signal::Logs)) {
        (true, _) => status(400),
        (_, true) => status(503),
        _ => taken(),
    });
    let server = server.await;
    let mut error = write(&at(&server), batch()).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Yes);
    let left = error.take_leftover().unwrap();
    assert_eq!((left.refused.spans.len(), left.again.events.len(), left.again.metrics.len()), (2, 1, 1));
}

#[tokio::test]
async fn records_that_the_server_refuses_without_naming_them_are_counted() {
    let server = Server::http(|seen| match is(seen, Signal::Traces) {
        true => encode_answer(Signal::Traces, Encoding::Protobuf, 1, "a prompt").into_response(),
        false => taken(),
    });
    let server = server.await;
    let mut error = write(&at(&server), batch()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("a prompt"), "{error:?}");
    let left = error.take_leftover().unwrap();
    assert_eq!((left.unnamed, left.again.len(), left.refused.len()), (1, 0, 0));
    // A server cannot reject more records than it received.
    let server = Server::http(|_| encode_answer(Signal::Traces, Encoding::Protobuf, 99, "").into_response());
    let server = server.await;
    let mut error = write(&at(&server), spans(2)).await.unwrap_err();
    assert_eq!(error.take_leftover().unwrap().unnamed, 2);
}

#[tokio::test]
async fn what_is_too_large_is_sent_in_halves_in_order() {
    let many = |seen: &Seen| if records(seen).spans.len() > 3 { status(413) } else { taken() };
    let server = Server::http(many).await;
    write(&at(&server), spans(10)).await.unwrap();
    let taken: Vec<_> =
        server.requests().iter().map(|seen| records(seen).spans).filter(|spans| spans.len() <= 3).collect();
    let came: Vec<_> = taken.concat().into_iter().map(|span| span.span_id).collect();
    assert_eq!(came, spans(10).spans.into_iter().map(|span| span.span_id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_single_record_that_is_too_large_is_refused_and_the_rest_taken() {
    let large = |seen: &Seen| {
        let all = records(seen).spans;
        if all.iter().any(|span| span.span_id == spans(5).spans[2].span_id) { status(413) } else { taken() }
    };
    let server = Server::http(large).await;
    let mut error = write(&at(&server), spans(5)).await.unwrap_err();
    assert_eq!(error.retry(), Retry::No);
    let left = error.take_leftover().unwrap();
    assert_eq!(left.refused.spans, [spans(5).spans[2].clone()]);
    assert!(left.again.is_empty());
}

#[tokio::test]
async fn a_grpc_message_over_the_servers_bound_is_sent_in_halves() {
    let server = Server::grpc_with(None, 2_000, |_| Ok(0)).await;
    let otlp = open(&format!("endpoint = {:?}\nprotocol = \"grpc\"", server.url));
    write(&otlp, spans(40)).await.unwrap();
    let came: usize = server.requests().iter().map(|seen| records(seen).spans.len()).sum();
    assert_eq!(came, 40);
    assert!(server.requests().len() > 1);
}

#[tokio::test]
async fn when_halves_fail_only_what_is_left_is_tried_again() {
    let server = Server::http(|seen| match records(seen).spans.len() {
        5.. => status(413),
        _ if records(seen).spans[0].span_id == spans(8).spans[0].span_id => taken(),
        _ => status(503),
    });
    let server = server.await;
    let mut error = write(&at(&server), spans(8)).await.unwrap_err();
    let left = error.take_leftover().unwrap();
    assert_eq!(left.again.spans, spans(8).spans[4..]);
}

#[tokio::test]
async fn no_room_without_a_time_is_no_reason_to_come_back_over_grpc() {
    let server = Server::grpc(|_| Err(tonic::Status::new(Code::ResourceExhausted, "quota"))).await;
    let otlp = open(&format!("endpoint = {:?}\nprotocol = \"grpc\"", server.url));
    let mut error = write(&otlp, spans(4)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Exhausted, Retry::No));
    assert_eq!(error.take_leftover().unwrap().refused.spans.len(), 4);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn nobody_there_leaves_all_of_it_which_arrives_when_somebody_is() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let otlp = open(&format!("endpoint = \"grpc://{address}\""));
    let mut error = write(&otlp, batch()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
    let left = error.take_leftover().unwrap();
    assert_eq!(left.again, batch());
    assert!(matches!(otlp.health(), Health::Degraded(_)));
    let server = Server::again(address.port()).await;
    write(&otlp, Batch { spans: left.again.spans, ..Batch::default() }).await.unwrap();
    assert_eq!(records(&server.requests()[0]).spans.len(), 2);
    assert_eq!(otlp.health(), Health::Ready);
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_not_asked_for_each_record() {
    for code in [400, 413] {
        let server = Server::http(move |_| status(code)).await;
        let mut error = write(&at(&server), spans(1_000)).await.unwrap_err();
        assert_eq!(error.take_leftover().unwrap().refused.spans, spans(1_000).spans);
        assert!(server.requests().len() < 40, "{} requests", server.requests().len());
    }
}

#[tokio::test]
async fn one_record_that_is_not_liked_costs_no_other_one() {
    let bad =
        |seen: &Seen| records(seen).spans.iter().any(|span| span.span_id == spans(100).spans[41].span_id);
    for grpc in [true, false] {
        let server = match grpc {
            true => {
                let say = move |seen: &Seen| match bad(seen) {
                    true => Err(tonic::Status::new(Code::Internal, "cannot decode")),
                    false => Ok(0),
                };
                Server::grpc(say).await
            }
            false => Server::http(move |seen| if bad(seen) { status(400) } else { taken() }).await,
        };
        let protocol = if grpc { "grpc" } else { "http/json" };
        let otlp = open(&format!("endpoint = {:?}\nprotocol = {protocol:?}", server.url));
        let mut error = write(&otlp, spans(100)).await.unwrap_err();
        let left = error.take_leftover().unwrap();
        assert_eq!((left.refused.spans.len(), left.again.len()), (1, 0));
        assert_eq!(left.refused.spans[0].span_id, spans(100).spans[41].span_id);
    }
}

#[tokio::test]
async fn of_a_refusal_and_a_busy_server_the_one_that_says_when_is_told() {
    let say = |seen: &Seen| match records(seen).spans.as_slice() {
        [one] if one.span_id == spans(2).spans[0].span_id => status(400),
        [_] => ([("retry-after", "3")], status(503)).into_response(),
        _ => status(413),
    };
    let server = Server::http(say).await;
    let mut error = write(&at(&server), spans(2)).await.unwrap_err();
    assert_eq!((error.retry(), error.retry_after()), (Retry::Yes, Some(Duration::from_secs(3))));
    let left = error.take_leftover().unwrap();
    assert_eq!((left.refused.spans.len(), left.again.spans.len()), (1, 1));
}
