//! Tests of the client middleware with every provider's answers over real sockets.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use proptest::prelude::*;
use quipu_core::{Kind, SpanKind, Status};
use quipu_http::Middleware;
use quipu_sdk::FutureExt;
use tokio::sync::mpsc;

use crate::answers::{self, Case};
use crate::mock;
use crate::rig::{Rig, has_first_chunk, int, text, texts, usage};

async fn send(
    client: &reqwest_middleware::ClientWithMiddleware,
    server: std::net::SocketAddr,
    case: &Case,
    chunk: usize,
) -> reqwest::Response {
    let url = format!("http://{server}{}?key=query-secret&alt=sse", case.path);
    client
        .post(url)
        .header("x-case", case.name)
        .header("x-chunk", chunk)
        .header("content-type", "application/json")
        .header("authorization", "Bearer header-secret")
        .header("x-api-key", "header-secret")
        .body(case.request.to_string())
        .send()
        .await
        .unwrap()
}

fn check(span: &quipu_core::Span, case: &Case) {
    let name = case.name;
    assert_eq!(text(span, "gen_ai.provider.name"), Some(case.provider), "{name}");
    assert_eq!(text(span, "gen_ai.request.model"), Some(case.model.0), "{name}");
    assert_eq!(text(span, "gen_ai.response.model"), case.model.1, "{name}");
    assert_eq!(text(span, "gen_ai.response.id"), case.id, "{name}");
    assert_eq!(usage(span), case.usage, "{name}");
    assert_eq!(texts(span, "gen_ai.response.finish_reasons"), case.finish, "{name}");
    assert_eq!(has_first_chunk(span), case.is_stream(), "{name}");
    assert_eq!(text(span, "server.address"), Some("127.0.0.1"), "{name}");
    assert_eq!(int(span, "http.response.status_code"), Some(200), "{name}");
    assert_eq!((span.kind, span.status), (SpanKind::Client, Status::Unset), "{name}");
    let kind = if case.path.contains("mbed") { Kind::Embedding } else { Kind::Llm };
    assert_eq!(
        text(span, "quipu.kind"),
        Some(if kind == Kind::Embedding { "embedding" } else { "llm" }),
        "{name}"
    );
    assert_eq!(text(span, "error.type"), None, "{name}");
}

#[tokio::test]
async fn every_provider_is_read_and_passed_on() {
    let server = mock::providers().await;
    let client = mock::client(Middleware::new());
    for case in answers::all() {
        for chunk in [0, 1, 7, 100_000] {
            let mut rig = Rig::new();
            let response = send(&client, server, &case, chunk).in_context(rig.context()).await;
            assert_eq!(response.headers()["x-request-id"], "req-1");
            assert_eq!((response.url().path(), response.remote_addr()), (case.path, Some(server)));
            let length = (chunk == 0).then_some(case.body.len() as u64);
            assert_eq!(response.content_length(), length, "{}", case.name);
            assert_eq!(response.bytes().await.unwrap(), case.body, "{}", case.name);
            check(&rig.span(), &case);
        }
    }
}

#[tokio::test]
async fn parameters_of_the_request_are_told() {
    let server = mock::providers().await;
    let client = mock::client(Middleware::new());
    for name in ["chat", "message", "generated", "response"] {
        let mut rig = Rig::new();
        let case = answers::named(name);
        send(&client, server, &case, 0).in_context(rig.context()).await.bytes().await.unwrap();
        let span = rig.span();
        assert_eq!(int(&span, "gen_ai.request.max_tokens"), Some(64), "{name}");
        assert_eq!(int(&span, "quipu.request.tools"), Some(1), "{name}");
        if name == "response" {
            assert_eq!(text(&span, "gen_ai.request.reasoning.level"), Some("low"));
        } else {
            let temperature =
                span.attributes.get("gen_ai.request.temperature").and_then(quipu_core::Value::as_number);
            assert_eq!(temperature, Some(0.2), "{name}");
        }
    }
}

#[tokio::test]
async fn contents_are_recorded_where_switched_on_and_secrets_never() {
    let server = mock::providers().await;
    let client = mock::client(Middleware::new());
    for case in answers::all() {
        for (mut rig, is_full) in [(Rig::new(), false), (Rig::full(), true)] {
            send(&client, server, &case, 9).in_context(rig.context()).await.bytes().await.unwrap();
            let span = rig.span();
            let all = format!("{span:?}");
            assert!(!all.contains("secret"), "{}: {all}", case.name);
            assert_eq!(all.contains("sunny"), is_full && case.says.is_some(), "{}: {all}", case.name);
            if case.path.contains("mbed") {
                continue;
            }
            assert_eq!(all.contains("How is the weather in Paris?"), is_full, "{}", case.name);
            assert_eq!(all.contains("Be kind."), is_full, "{}", case.name);
            let output = text(&span, "gen_ai.output.messages").unwrap_or_default();
            assert_eq!(
                case.says.is_none_or(|says| output.contains(says)),
                is_full || case.says.is_none(),
                "{}",
                case.name
            );
        }
    }
}

#[tokio::test]
async fn a_call_is_the_child_of_the_current_span() {
    let server = mock::providers().await;
    let client = mock::client(Middleware::new());
    let mut rig = Rig::new();
    let agent = rig.context().agent("planner").session_id("s-1");
    let id = agent.span_id();
    let case = answers::named("chat stream");
    send(&client, server, &case, 5).in_context(agent.context()).await.bytes().await.unwrap();
    agent.end();
    let spans = rig.spans(2);
    let call = spans.iter().find(|span| text(span, "quipu.kind") == Some("llm")).unwrap();
    assert_eq!(call.parent_id, id);
    assert_eq!(text(call, "session.id"), Some("s-1"));
}

/// A server whose stream the test writes.
async fn by_hand() -> (std::net::SocketAddr, mpsc::UnboundedSender<Bytes>) {
    let (sender, receiver) = mpsc::unbounded_channel::<Bytes>();
    let receiver = std::sync::Arc::new(std::sync::Mutex::new(Some(receiver)));
    let handler = move || async move {
        let receiver = receiver.lock().unwrap().take().unwrap();
        let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|bytes| (Ok::<_, std::convert::Infallible>(bytes), receiver))
        });
        ([("content-type", "text/event-stream")], Body::from_stream(stream))
    };
    (mock::serve(Router::new().fallback(handler)).await, sender)
}

async fn post(rig: &Rig, server: std::net::SocketAddr, case: &Case) -> reqwest::Response {
    let client = mock::client(Middleware::new());
    let request = client.post(format!("http://{server}{}", case.path)).body(case.request.to_string());
    request.send().in_context(rig.context()).await.unwrap()
}

#[tokio::test]
async fn each_piece_is_passed_on_before_the_next_comes() {
    let (server, sender) = by_hand().await;
    let mut rig = Rig::new();
    let case = answers::named("message stream");
    // The server sends a chunk only after the previous one has arrived, so any buffering would hang here.
    let pieces: Vec<Bytes> = case.body.chunks(11).map(Bytes::copy_from_slice).collect();
    sender.send(pieces[0].clone()).unwrap();
    let mut stream = post(&rig, server, &case).await.bytes_stream();
    let mut got = Vec::new();
    for piece in &pieces[1..] {
        got.extend_from_slice(&stream.next().await.unwrap().unwrap());
        sender.send(piece.clone()).unwrap();
    }
    drop(sender);
    while let Some(piece) = stream.next().await {
        got.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(got, case.body);
    check(&rig.span(), &case);
}

#[tokio::test]
async fn a_stream_dropped_early_says_what_it_knows_and_that_it_was_cancelled() {
    let (server, sender) = by_hand().await;
    let mut rig = Rig::new();
    let case = answers::named("message stream");
    let text_begins = String::from_utf8_lossy(&case.body).find("sunny").unwrap();
    sender.send(Bytes::copy_from_slice(&case.body[..text_begins])).unwrap();
    let mut response = post(&rig, server, &case).await;
    let mut got = 0;
    while got < text_begins {
        got += response.chunk().await.unwrap().unwrap().len();
    }
    drop(response);
    let span = rig.span();
    assert_eq!(text(&span, "error.type"), Some("cancelled"));
    assert_eq!(text(&span, "gen_ai.response.id"), Some("msg_1"));
    assert_eq!(usage(&span), [Some(1050), Some(900), Some(30), Some(1), None]);
    assert!(has_first_chunk(&span));
}

#[tokio::test]
async fn a_stream_dropped_after_its_own_end_was_not_cancelled() {
    for name in ["chat stream", "message stream", "response stream", "generated stream"] {
        let (server, sender) = by_hand().await;
        let mut rig = Rig::new();
        let case = answers::named(name);
        sender.send(Bytes::from(case.body.clone())).unwrap();
        let mut response = post(&rig, server, &case).await;
        let mut got = 0;
        while got < case.body.len() {
            got += response.chunk().await.unwrap().unwrap().len();
        }
        drop(response);
        check(&rig.span(), &case);
        drop(sender);
    }
}

#[tokio::test]
async fn a_request_dropped_before_its_answer_was_cancelled() {
    let handler = || async {
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    let server = mock::serve(Router::new().fallback(handler)).await;
    for path in ["/v1/chat/completions", "/other"] {
        let mut rig = Rig::new();
        let client = mock::client(Middleware::new());
        let body = answers::named("chat").request.to_string();
        let request =
            client.post(format!("http://{server}{path}")).body(body).send().in_context(rig.context());
        assert!(tokio::time::timeout(Duration::from_millis(100), request).await.is_err());
        assert_eq!(text(&rig.span(), "error.type"), Some("cancelled"));
    }
}

#[tokio::test]
async fn hundreds_at_once_are_told_apart() {
    let server = mock::providers().await;
    let client = mock::client(Middleware::new());
    let mut rig = Rig::new();
    let cases: Vec<Case> = (0..300).map(|at| answers::all().swap_remove(at % 19)).collect();
    let sent = futures_util::stream::iter(cases.iter().enumerate()).map(|(at, case)| {
        let context = rig.context().task(&format!("task {at}")).context();
        let client = &client;
        async move { send(client, server, case, 1 + at % 50).await.bytes().await.unwrap() }
            .in_context(context)
    });
    let bodies: Vec<Bytes> = sent.buffered(100).collect().await;
    assert!(bodies.iter().zip(&cases).all(|(body, case)| *body == case.body));
    let spans = rig.spans(600);
    let tasks = spans.iter().filter(|span| text(span, "quipu.kind") == Some("task"));
    let mut seen = 0;
    for task in tasks {
        let at: usize = task.name.rsplit(' ').next().unwrap().parse().unwrap();
        let call = spans.iter().find(|span| span.parent_id == Some(task.span_id)).unwrap();
        check(call, &cases[at]);
        seen += 1;
    }
    assert_eq!(seen, 300);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cut_on_the_wire_is_read_and_passed_on(
        at in 0..19_usize,
        newline in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        sizes in prop::collection::vec(1..300_usize, 1..30),
    ) {
        let case = answers::all().swap_remove(at).with_newlines(newline);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (server, sender) = by_hand().await;
            let mut rest = case.body.as_slice();
            let mut sizes = sizes.iter().cycle();
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                sender.send(Bytes::copy_from_slice(piece)).unwrap();
                rest = tail;
            }
            drop(sender);
            let mut rig = Rig::new();
            let body = post(&rig, server, &case).await.bytes().await.unwrap();
            assert_eq!(body, case.body);
            check(&rig.span(), &case);
        });
    }
}
