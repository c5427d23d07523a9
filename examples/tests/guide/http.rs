//! Blocks of docs/guide/http.md.

use axum::routing::get;
use quipu::http::ModelCall;
use quipu::http::wire::{Endpoint, Request};
use tower::ServiceExt as _;

async fn order() -> &'static str {
    "an order"
}

#[tokio::test]
async fn a_server_continues_the_trace_of_its_caller() {
    let capture = quipu::testing::capture().unwrap();
    let run = async {
        // guide: docs/guide/http.md rust 2
        let request = http::Request::get("/orders/7")
            .header("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");
        let answer = app.oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
    };
    capture.run(run).await;
    let seen = capture.finished().unwrap();
    let server = seen.span("GET /orders/{id}").unwrap();
    assert_eq!(server.trace_id.to_string(), "0123456789abcdef0123456789abcdef");
}

#[tokio::test]
async fn a_client_records_its_requests() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/orders", listener.local_addr().unwrap());
    let app = axum::Router::new().route("/orders", get(order));
    let server = tokio::spawn(async { axum::serve(listener, app).await });
    let capture = quipu::testing::capture().unwrap();
    let run = async {
        // guide: docs/guide/http.md rust 1
        client.get(url).send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(capture.run(run).await, "an order");
    server.abort();
    let seen = capture.finished().unwrap();
    assert_eq!(seen.spans().iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["GET"]);
}

#[test]
fn headers_carry_the_context() {
    let capture = quipu::testing::capture().unwrap();
    capture.scope(|| {
        let agent = quipu::agent("planner").enter();
        // guide: docs/guide/http.md rust 3
        drop((context.agent("booker"), agent));
    });
    let seen = capture.finished().unwrap();
    assert_eq!(seen.spans()[0].trace_id, seen.spans()[1].trace_id);
}

#[test]
fn a_call_is_read_from_its_bytes() {
    fn observed(context: quipu::Context, body: &[u8], answer: [&[u8]; 2]) -> Option<()> {
        // guide: docs/guide/http.md rust 4
        Some(())
    }
    let answer: [&[u8]; 2] = [
        br#"{"id":"chatcmpl-1","model":"gpt-5","choices":[],"#,
        br#""usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}"#,
    ];
    let capture = quipu::testing::capture().unwrap();
    observed(capture.context(), br#"{"model":"gpt-5","messages":[]}"#, answer).unwrap();
    let seen = capture.finished().unwrap();
    seen.assert_calls(1);
    assert_eq!(seen.tokens(), 10);
}
