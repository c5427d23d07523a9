//! Tests of OTLP over gRPC.

use std::time::{Duration, Instant};

use bytes::Bytes;
use quipu_core::{ErrorKind, Retry};
use quipu_otlp::{Signal, retry_details};
use quipu_send::{Compression, HttpConfig, OtlpSender, Protocol, Secret};
use tonic::{Code, Status};

use crate::server::Server;

/// An export request of any signal, with one empty member.
const BODY: &[u8] = b"\n\x00";

fn sender(url: &str, settings: &HttpConfig) -> OtlpSender {
    OtlpSender::new(url, Protocol::Grpc, settings).unwrap()
}

#[tokio::test]
async fn each_signal_reaches_its_service_in_each_packing() {
    let server = Server::grpc(|_| Ok(0)).await;
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let headers = [("x-key".to_owned(), Secret::from("hush"))].into();
        let sender = sender(&server.url, &HttpConfig { headers, compression, ..HttpConfig::default() });
        for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
            server.seen.lock().unwrap().clear();
            sender.export(signal, BODY.repeat(20_000)).await.unwrap();
            let seen = server.requests().remove(0);
            assert_eq!(seen.path, signal.as_str());
            assert_eq!(seen.body, BODY.repeat(20_000));
            assert_eq!(seen.headers["x-key"], "hush");
            assert_eq!(seen.headers["user-agent"], concat!("quipu/", env!("CARGO_PKG_VERSION")));
            let packed = seen.headers.get("grpc-encoding").map(|name| name.to_str().unwrap());
            assert_eq!(packed, compression.name());
        }
    }
}

#[tokio::test]
async fn only_what_otlp_says_may_be_repeated_is_repeated() {
    let cases = [
        (Code::Cancelled, ErrorKind::Unavailable, Retry::Yes),
        (Code::DeadlineExceeded, ErrorKind::Unavailable, Retry::Yes),
        (Code::Aborted, ErrorKind::Unavailable, Retry::Yes),
        (Code::OutOfRange, ErrorKind::Unavailable, Retry::Yes),
        (Code::Unavailable, ErrorKind::Unavailable, Retry::Yes),
        (Code::DataLoss, ErrorKind::Unavailable, Retry::Yes),
        (Code::ResourceExhausted, ErrorKind::Exhausted, Retry::No),
        (Code::Unknown, ErrorKind::Unavailable, Retry::No),
        (Code::InvalidArgument, ErrorKind::Invalid, Retry::No),
        (Code::NotFound, ErrorKind::NotFound, Retry::No),
        (Code::AlreadyExists, ErrorKind::Invalid, Retry::No),
        (Code::PermissionDenied, ErrorKind::Denied, Retry::No),
        (Code::FailedPrecondition, ErrorKind::Invalid, Retry::No),
        (Code::Unimplemented, ErrorKind::Unsupported, Retry::No),
        (Code::Internal, ErrorKind::Unavailable, Retry::No),
        (Code::Unauthenticated, ErrorKind::Denied, Retry::No),
    ];
    for (code, kind, retry) in cases {
        let server = Server::grpc(move |_| Err(Status::new(code, "about your prompt"))).await;
        let error = sender(&server.url, &HttpConfig::default()).export(Signal::Traces, BODY.to_vec()).await;
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{code:?}: {error}");
        assert!(!format!("{error:?}").contains("prompt"), "{error:?}");
        assert_eq!(error.retry_after(), None);
    }
}

#[tokio::test]
async fn a_server_that_has_no_room_is_heard_when_it_says_for_how_long() {
    for code in [Code::ResourceExhausted, Code::Unavailable] {
        let server = Server::grpc(move |_| {
            let details = retry_details(code as i32, "full", 9);
            Err(Status::with_details(code, "full", Bytes::from(details)))
        });
        let server = server.await;
        let error = sender(&server.url, &HttpConfig::default()).export(Signal::Logs, BODY.to_vec()).await;
        let error = error.unwrap_err();
        assert_eq!(error.retry(), Retry::Yes);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
    }
}

#[tokio::test]
async fn what_a_server_refuses_in_part_is_read() {
    let server = Server::grpc(|_| Ok(2)).await;
    let sender = sender(&server.url, &HttpConfig::default());
    let partial = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap();
    assert_eq!((partial.rejected, partial.message.as_str()), (2, "some are too old"));
}

#[tokio::test]
async fn a_message_that_is_too_large_is_known_as_such() {
    let server = Server::grpc_with(None, 1_000, |_| Ok(0)).await;
    let sender = sender(&server.url, &HttpConfig::default());
    let refusal = sender.ask(Signal::Traces, BODY.repeat(1_000)).await.unwrap().unwrap_err();
    assert!(refusal.is_too_large(), "{refusal:?}");
    assert_eq!(sender.error(Signal::Traces, &refusal).retry(), Retry::No);
    assert!(sender.ask(Signal::Traces, BODY.repeat(100)).await.unwrap().is_ok());
}

#[tokio::test]
async fn nobody_there_and_silence_may_be_repeated() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    // Listens but never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    for url in [nobody, silent_url] {
        let sender = sender(&url, &HttpConfig { timeout_ms: 300, ..HttpConfig::default() });
        let error = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_that_answers_for_a_server_that_is_gone_may_be_repeated() {
    let proxy = Server::http(|_| crate::server::status(503)).await;
    let sender = sender(&proxy.url, &HttpConfig::default());
    let error = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes), "{error}");
}

#[tokio::test]
async fn a_server_that_was_gone_is_found_again() {
    let server = Server::grpc(|_| Ok(0)).await;
    let port = server.url.rsplit(':').next().unwrap().parse().unwrap();
    let sender = sender(&server.url, &HttpConfig { timeout_ms: 2_000, ..HttpConfig::default() });
    sender.export(Signal::Traces, BODY.to_vec()).await.unwrap();
    drop(server);
    let deadline = Instant::now() + Duration::from_secs(20);
    // The first error depends on the state of the connection; in the end the port is closed.
    while sender.export(Signal::Traces, BODY.to_vec()).await.is_ok() {
        assert!(Instant::now() < deadline, "a server that is gone still answers");
    }
    let error = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes), "{error}");
    let server = Server::again(port).await;
    while sender.export(Signal::Traces, BODY.to_vec()).await.is_err() {
        assert!(Instant::now() < deadline, "a server that is back is not found");
    }
    assert!(!server.requests().is_empty());
}
