//! Tests of errors, invalid answers and truncated answers.

use std::io::Write;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use quipu_core::{SpanKind, Status};
use quipu_http::Middleware;
use quipu_http::wire::Bounds;
use quipu_sdk::FutureExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::answers;
use crate::mock;
use crate::rig::{Rig, has_first_chunk, int, text, usage};

async fn call(
    rig: &Rig,
    client: &reqwest_middleware::ClientWithMiddleware,
    server: std::net::SocketAddr,
) -> reqwest::Response {
    let case = answers::named("chat");
    let request =
        client.post(format!("http://{server}{}?key=query-secret", case.path)).body(case.request.to_string());
    request.send().in_context(rig.context()).await.unwrap()
}

#[tokio::test]
async fn errors_of_providers_are_told_without_their_messages() {
    let limited =
        json!({"error": {"message": "you said: sesame", "type": "requests", "code": "rate_limit_exceeded"}});
    for (status, body, kind) in [
        (429, limited.to_string(), "rate_limit_exceeded"),
        (500, "sesame, an inner error".to_owned(), "500"),
        (503, String::new(), "503"),
    ] {
        let server = mock::always(status, "application/json", body.clone()).await;
        let client = mock::client(Middleware::new());
        for (mut rig, is_full) in [(Rig::new(), false), (Rig::full(), true)] {
            let response = call(&rig, &client, server).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.text().await.unwrap(), body);
            let span = rig.span();
            assert_eq!(
                (span.status, int(&span, "http.response.status_code")),
                (Status::Error, Some(i64::from(status)))
            );
            assert_eq!(text(&span, "error.type"), Some(kind));
            assert_eq!(format!("{span:?}").contains("sesame"), is_full && status == 429);
            assert_eq!(usage(&span), [None; 5]);
        }
    }
}

#[tokio::test]
async fn an_error_whose_body_nobody_reads_is_an_error_and_no_cancellation() {
    let server = mock::always(429, "application/json", r#"{"error":{"type":"rate_limit_error"}}"#).await;
    let mut rig = Rig::new();
    drop(call(&rig, &mock::client(Middleware::new()), server).await);
    assert_eq!(text(&rig.span(), "error.type"), Some("429"));
}

#[tokio::test]
async fn compressed_answers_are_read_where_the_client_unpacks_them_and_passed_on_where_not() {
    let case = answers::named("chat");
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&case.body).unwrap();
    let packed = packer.finish().unwrap();
    let handler = {
        let packed = packed.clone();
        move || async move { ([("content-type", "application/json"), ("content-encoding", "gzip")], packed) }
    };
    let server = mock::serve(Router::new().fallback(handler)).await;
    for unpacks in [true, false] {
        let mut rig = Rig::new();
        let inner = reqwest::Client::builder().gzip(unpacks).build().unwrap();
        let client = reqwest_middleware::ClientBuilder::new(inner).with(Middleware::new()).build();
        let body = call(&rig, &client, server).await.bytes().await.unwrap();
        assert_eq!(body, if unpacks { &case.body } else { &packed });
        let span = rig.span();
        assert_eq!(usage(&span), if unpacks { case.usage } else { [None; 5] });
        assert_eq!((text(&span, "error.type"), int(&span, "http.response.status_code")), (None, Some(200)));
    }
}

#[tokio::test]
async fn a_huge_answer_is_read_in_bounded_memory() {
    // 24 MiB of vectors before the usage, and of text in front of it.
    let vectors = "0.123456789,".repeat(2 << 20);
    let embeddings = format!(
        r#"{{"data":[{{"embedding":[{vectors}0]}}],"model":"m","usage":{{"prompt_tokens":8,"total_tokens":8}}}}"#
    );
    let long = "x".repeat(24 << 20);
    let chat = format!(
        r#"{{"choices":[{{"message":{{"content":"{long}"}}}}],"usage":{{"prompt_tokens":8}},"model":"m"}}"#
    );
    for (path, body, is_cut) in [("/v1/embeddings", embeddings, false), ("/v1/chat/completions", chat, true)]
    {
        let length = body.len();
        let server = mock::always(200, "application/json", body).await;
        let mut rig = Rig::full();
        let client = mock::client(Middleware::new());
        let request =
            client.post(format!("http://{server}{path}")).body(r#"{"model":"m","input":"x","messages":[]}"#);
        let body = request.send().in_context(rig.context()).await.unwrap().bytes().await.unwrap();
        assert_eq!(body.len(), length);
        let span = rig.span();
        assert_eq!(usage(&span)[0], Some(8));
        assert_eq!(text(&span, "gen_ai.response.model"), Some("m"));
        assert_eq!(span.attributes.get("quipu.answer.cut").is_some(), is_cut);
    }
}

#[tokio::test]
async fn bounds_can_be_set() {
    let long = "x".repeat(4096);
    let body = format!(
        "data: {{\"usage\":{{\"prompt_tokens\":1}},\"x\":\"{long}\"}}\n\ndata: {{\"model\":\"m\"}}\n\n"
    );
    let server = mock::always(200, "text/event-stream", body).await;
    let mut rig = Rig::new();
    let client = mock::client(Middleware::new().bounds(Bounds { event: 1024, member: 1024 }));
    call(&rig, &client, server).await.bytes().await.unwrap();
    let span = rig.span();
    assert_eq!((usage(&span), text(&span, "gen_ai.response.model")), ([None; 5], Some("m")));
    assert!(span.attributes.get("quipu.answer.cut").is_some());
}

#[tokio::test]
async fn answers_that_are_no_json_are_passed_on() {
    for (content_type, body) in [
        ("text/html", &b"<html>a proxy's page</html>"[..]),
        ("application/json", b"{\"usage\": oops"),
        ("application/octet-stream", b"\x00\x01\xff\xfe\x7b"),
        ("text/event-stream", b"data: not json\n\ndata\n\n:\n\n"),
        ("application/json", b""),
    ] {
        let server = mock::always(200, content_type, body).await;
        let mut rig = Rig::new();
        let got = call(&rig, &mock::client(Middleware::new()), server).await.bytes().await.unwrap();
        assert_eq!(got, body);
        let span = rig.span();
        assert_eq!(
            (usage(&span), text(&span, "error.type"), has_first_chunk(&span)),
            ([None; 5], None, false)
        );
    }
}

#[tokio::test]
async fn a_provider_that_breaks_off_its_stream_with_an_error_has_failed() {
    let body = "data: {\"model\":\"m\",\"choices\":[]}\n\ndata: {\"error\":{\"type\":\"server_error\",\"message\":\"sesame\"}}\n\n";
    let server = mock::always(200, "text/event-stream", body).await;
    let mut rig = Rig::new();
    call(&rig, &mock::client(Middleware::new()), server).await.bytes().await.unwrap();
    let span = rig.span();
    assert_eq!((span.status, text(&span, "error.type")), (Status::Error, Some("server_error")));
    assert!(!format!("{span:?}").contains("sesame"));
}

#[tokio::test]
async fn what_the_network_does_is_told_without_the_address() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    for path in ["/v1/chat/completions", "/other"] {
        let mut rig = Rig::new();
        let client = mock::client(Middleware::new());
        let body = answers::named("chat").request.to_string();
        let request = client.post(format!("http://{nobody}{path}?key=query-secret")).body(body);
        let error = request.send().in_context(rig.context()).await.unwrap_err();
        assert!(error.is_connect());
        let span = rig.span();
        assert_eq!((span.status, text(&span, "error.type")), (Status::Error, Some("connect")));
        assert!(!format!("{span:?}").contains("secret"), "{span:?}");
    }
}

/// Sends a head that promises more than follows, then closes or waits.
async fn half(closes: bool) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n";
                let body = r#"{"model":"gpt-4o-2024-08-06","id":"chatcmpl-1","#;
                socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                if !closes {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_body_that_breaks_off_or_takes_too_long_has_failed() {
    for (closes, kind) in [(true, "body"), (false, "timeout")] {
        let server = half(closes).await;
        let plain = || reqwest::Client::builder().timeout(Duration::from_millis(300)).build().unwrap();
        let bare =
            plain().post(format!("http://{server}/v1/chat/completions")).body("{}").send().await.unwrap();
        let expected = bare.bytes().await.unwrap_err();
        let mut rig = Rig::new();
        let client = reqwest_middleware::ClientBuilder::new(plain()).with(Middleware::new()).build();
        let error = call(&rig, &client, server).await.bytes().await.unwrap_err();
        // The caller sees the same kind of error as without the middleware.
        let kinds = |error: &reqwest::Error| {
            (error.is_timeout(), error.is_body(), error.is_decode(), error.is_connect())
        };
        assert_eq!(kinds(&error), kinds(&expected));
        let span = rig.span();
        assert_eq!((span.status, text(&span, "error.type")), (Status::Error, Some(kind)));
        assert_eq!(text(&span, "gen_ai.response.id"), Some("chatcmpl-1"));
    }
}

#[tokio::test]
async fn other_requests_are_spans_of_a_client() {
    for (path, status) in [("/orders/7", 200), ("/rooms/7/messages", 404), ("/v1/models", 500)] {
        let server = mock::always(status, "application/json", "{}").await;
        let mut rig = Rig::new();
        let client = mock::client(Middleware::new());
        let url = format!("http://user:pass-secret@{server}{path}?token=query-secret#part");
        let request = client.post(url).body(r#"{"text":"sesame"}"#);
        let response = request.send().in_context(rig.context()).await.unwrap();
        assert_eq!(response.bytes().await.unwrap(), "{}");
        let span = rig.span();
        assert_eq!((span.name.as_str(), span.kind), ("POST", SpanKind::Client));
        assert_eq!(text(&span, "http.request.method"), Some("POST"));
        assert_eq!(text(&span, "url.full"), Some(format!("http://{server}{path}").as_str()));
        assert_eq!(int(&span, "http.response.status_code"), Some(i64::from(status)));
        assert_eq!(int(&span, "server.port"), Some(i64::from(server.port())));
        assert_eq!(span.status == Status::Error, status >= 400);
        let all = format!("{span:?}");
        assert!(!all.contains("secret") && !all.contains("sesame"), "{all}");
    }
}

#[tokio::test]
async fn a_body_that_is_a_stream_is_left_alone() {
    let case = answers::named("chat");
    let server = mock::always(200, "application/json", case.body.clone()).await;
    let mut rig = Rig::new();
    // The body cannot be read; a provider's host suffices.
    let client = mock::client(Middleware::new().provider("127.0.0.1", "groq"));
    let body = reqwest::Body::wrap(Body::from(case.request.to_string()).into_sync());
    let request = client.post(format!("http://{server}{}", case.path)).body(body);
    request.send().in_context(rig.context()).await.unwrap().bytes().await.unwrap();
    let span = rig.span();
    assert_eq!(text(&span, "gen_ai.provider.name"), Some("groq"));
    assert_eq!((usage(&span), text(&span, "gen_ai.response.model")), (case.usage, case.model.1));
}

trait IntoSync {
    fn into_sync(self) -> SyncBody;
}

impl IntoSync for Body {
    fn into_sync(self) -> SyncBody {
        SyncBody(std::sync::Mutex::new(self))
    }
}

struct SyncBody(std::sync::Mutex<Body>);

impl http_body::Body for SyncBody {
    type Data = axum::body::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        waker: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        std::pin::Pin::new(&mut *self.0.lock().unwrap()).poll_frame(waker)
    }
}
