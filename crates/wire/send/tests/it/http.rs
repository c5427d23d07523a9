//! Tests of OTLP over HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::response::IntoResponse as _;
use quipu_core::{ErrorKind, Retry};
use quipu_otlp::{Encoding, Signal, encode_answer, encode_status};
use quipu_send::{Compression, HttpConfig, OtlpSender, Protocol, Secret, Target};
use tokio::io::AsyncReadExt as _;

use crate::server::{Server, status, taken};

const BODY: &[u8] = b"\n\x02\x12\x00";

fn settings() -> HttpConfig {
    let headers = BTreeMap::from([("x-key".to_owned(), Secret::from("hush"))]);
    HttpConfig { headers, ..HttpConfig::default() }
}

#[tokio::test]
async fn each_signal_goes_to_its_path_in_each_encoding_and_packing() {
    let server = Server::http(|_| taken()).await;
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let sender = OtlpSender::new(
                &format!("{}/below/", server.url),
                protocol,
                &HttpConfig { compression, ..settings() },
            );
            let sender = sender.unwrap();
            for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
                server.seen.lock().unwrap().clear();
                let partial = sender.export(signal, BODY.repeat(100)).await.unwrap();
                assert_eq!(partial.rejected, 0);
                let seen = server.requests().remove(0);
                assert_eq!(seen.path, format!("/below/v1/{}", signal.as_str()));
                assert_eq!(seen.body, BODY.repeat(100));
                assert_eq!(seen.raw.len() < seen.body.len(), compression != Compression::None);
                assert_eq!(seen.headers["x-key"], "hush");
                let kind = match protocol.encoding() {
                    Encoding::Protobuf => "application/x-protobuf",
                    Encoding::Json => "application/json",
                };
                assert_eq!(seen.headers["content-type"], kind);
                assert_eq!(seen.headers["user-agent"], concat!("quipu/", env!("CARGO_PKG_VERSION")));
            }
        }
    }
}

#[tokio::test]
async fn a_target_of_its_own_is_taken_as_it_is_and_the_rest_is_not_sent() {
    let server = Server::http(|_| taken()).await;
    let url = format!("{}/somewhere?key=1", server.url);
    let target = Target { url, protocol: Protocol::HttpProtobuf, connection: settings(), authorize: None };
    let sender = OtlpSender::with_targets([(Signal::Logs, target)]).unwrap();
    sender.export(Signal::Logs, BODY.to_vec()).await.unwrap();
    assert_eq!(server.requests()[0].path, "/somewhere?key=1");
    assert_eq!(sender.encoding(Signal::Traces), None);
    let error = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unsupported, Retry::No));
    let below = Target::below("https://h/otlp/?token=x", Signal::Traces, Protocol::HttpJson, &settings());
    assert_eq!(below.url, "https://h/otlp/v1/traces?token=x");
}

#[tokio::test]
async fn only_what_otlp_says_may_be_repeated_is_repeated() {
    let cases = [
        (400, ErrorKind::Invalid, Retry::No),
        (401, ErrorKind::Denied, Retry::No),
        (403, ErrorKind::Denied, Retry::No),
        (404, ErrorKind::NotFound, Retry::No),
        (408, ErrorKind::Invalid, Retry::No),
        (413, ErrorKind::Invalid, Retry::No),
        (429, ErrorKind::Exhausted, Retry::Yes),
        (500, ErrorKind::Unavailable, Retry::No),
        (501, ErrorKind::Unavailable, Retry::No),
        (502, ErrorKind::Unavailable, Retry::Yes),
        (503, ErrorKind::Unavailable, Retry::Yes),
        (504, ErrorKind::Unavailable, Retry::Yes),
        (302, ErrorKind::Invalid, Retry::No),
    ];
    for (code, kind, retry) in cases {
        let server = Server::http(move |_| status(code)).await;
        let sender = OtlpSender::new(&server.url, Protocol::HttpProtobuf, &settings()).unwrap();
        let error = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{code}: {error}");
        assert!(error.to_string().contains(&code.to_string()), "{error}");
        assert_eq!(error.retry_after(), None);
    }
}

#[tokio::test]
async fn a_server_that_says_when_is_heard_in_seconds_and_as_a_date() {
    let server = Server::http(|seen| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(120);
        let wait = match seen.path.as_str() {
            "/v1/traces" => "7".to_owned(),
            _ => jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap(),
        };
        ([("retry-after", wait)], status(429)).into_response()
    });
    let server = server.await;
    let sender = OtlpSender::new(&server.url, Protocol::HttpProtobuf, &settings()).unwrap();
    let error = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    let error = sender.export(Signal::Logs, BODY.to_vec()).await.unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!(wait > Duration::from_secs(100) && wait <= Duration::from_secs(121), "{wait:?}");
}

#[tokio::test]
async fn what_a_server_refuses_in_part_is_read_in_both_encodings() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        let encoding = protocol.encoding();
        let server =
            Server::http(move |_| encode_answer(Signal::Traces, encoding, 3, "too old").into_response());
        let server = server.await;
        let sender = OtlpSender::new(&server.url, protocol, &settings()).unwrap();
        let partial = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap();
        assert_eq!((partial.rejected, partial.message.as_str()), (3, "too old"));
    }
}

#[tokio::test]
async fn a_servers_words_are_given_to_those_who_ask_and_stay_out_of_errors() {
    let server = Server::http(|_| {
        let body = encode_status(3, "your prompt is wrong", Encoding::Protobuf);
        (http::StatusCode::BAD_REQUEST, [("content-type", "application/x-protobuf")], body).into_response()
    });
    let server = server.await;
    let sender = OtlpSender::new(&server.url, Protocol::HttpProtobuf, &settings()).unwrap();
    let refusal = sender.ask(Signal::Traces, BODY.to_vec()).await.unwrap().unwrap_err();
    assert_eq!(refusal.said, "your prompt is wrong");
    let error = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("prompt"), "{error:?}");
}

#[tokio::test]
async fn a_web_page_or_a_server_of_grpc_is_no_acknowledgement() {
    let page = Server::http(|_| axum::response::Html("<!doctype html>sign in").into_response()).await;
    let grpc = Server::grpc(|_| Ok(0)).await;
    for url in [&page.url, &grpc.url] {
        let sender = OtlpSender::new(url, Protocol::HttpProtobuf, &settings()).unwrap();
        let error = sender.export(Signal::Traces, BODY.to_vec()).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unsupported, Retry::No));
    }
}

#[tokio::test]
async fn silence_and_a_broken_answer_may_be_repeated() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Accepts, reads a little of the first connection and breaks it. The others stay open and silent.
    let server = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if open.is_empty() {
                stream.read_exact(&mut [0; 16]).await.unwrap();
            }
            let first = open.is_empty();
            open.push(if first { None } else { Some(stream) });
        }
    });
    let sender = OtlpSender::new(&url, Protocol::HttpProtobuf, &HttpConfig { timeout_ms: 300, ..settings() });
    let sender = sender.unwrap();
    for expected in ["the connection broke", "no answer in time"] {
        let error = sender.export(Signal::Traces, vec![0; 1 << 20]).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
        assert!(error.to_string().contains(expected), "{error}");
    }
    server.abort();
}

#[test]
fn an_address_that_cannot_be_used_is_refused_without_saying_it() {
    for url in ["collector:4318", "ftp://user:hush@host", "http://", "", "http://ho st"] {
        let error = OtlpSender::new(url, Protocol::HttpProtobuf, &settings()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}
