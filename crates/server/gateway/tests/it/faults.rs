//! Tests of errors: upstream errors pass unchanged, and the gateway's own have the provider's form.

use serde_json::{Value, json};

use std::sync::atomic::Ordering;

use crate::house::{CHAT, CHAT_ANSWER, CHAT_STREAM, GEMINI, House, MESSAGES};
use crate::provider::Reply;

#[tokio::test]
async fn errors_of_providers_pass_unchanged() {
    let house = House::open().await;
    let limited = r#"{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#;
    house.provider.will(
        Reply::of(429, "application/json", vec![(0, limited.into())])
            .header("retry-after", "7")
            .header("retry-after-ms", "6543"),
    );
    house.provider.will(Reply::of(500, "text/html", vec![(0, "<h1>oops</h1>".into())]));
    let response = house.post("/openai/v1/chat/completions", CHAT).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(
        (&response.headers()["retry-after"], &response.headers()["retry-after-ms"]),
        (&"7".parse().unwrap(), &"6543".parse().unwrap())
    );
    assert_eq!(response.text().await.unwrap(), limited);
    let response = house.post("/openai/v1/chat/completions", CHAT).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (500, &"text/html".parse().unwrap())
    );
    assert_eq!(response.text().await.unwrap(), "<h1>oops</h1>");
    let spans = house.spans(2).await;
    let kinds: Vec<_> =
        spans.iter().map(|span| span.canonical.error_type.as_deref().unwrap_or_default()).collect();
    assert_eq!(kinds, ["rate_limit_exceeded", "500"]);
    assert!(
        house.metrics.text().contains("quipu_gateway_requests_total{status=\"429\",upstream=\"openai\"} 1")
    );
}

#[tokio::test]
async fn a_stream_that_breaks_off_breaks_off() {
    let house = House::open().await;
    let chunk = r#"data: {"id":"c1","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Hello"}}]}"#;
    house.provider.will(Reply::events(&[chunk], 1).breaks());
    let response = house.post("/openai/v1/chat/completions", CHAT_STREAM).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err(), "the client must see that it was cut");
    let span = house.spans(1).await.remove(0);
    assert_eq!(span.canonical.error_type.as_deref(), Some("upstream_disconnect"));
    assert!(span.canonical.usage.unwrap().estimated);
}

async fn said(house: &House, path: &str, body: &'static str) -> (u16, Value) {
    let response = house.post(path, body).send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_502_in_its_own_shape() {
    let nowhere = |config: &mut quipu_gateway::GatewayConfig| {
        for upstream in config.upstreams.values_mut() {
            upstream.url = "http://127.0.0.1:1".into();
        }
    };
    let house = House::with(nowhere, Default::default()).await;
    let (status, openai) = said(&house, "/openai/v1/chat/completions", CHAT).await;
    assert_eq!((status, &openai["error"]["type"]), (502, &json!("server_error")));
    let (status, anthropic) = said(&house, "/anthropic/v1/messages", MESSAGES).await;
    assert_eq!((status, &anthropic["error"]["type"]), (502, &json!("api_error")));
    let (status, gemini) = said(&house, "/gemini/v1beta/models/g:generateContent", GEMINI).await;
    assert_eq!((status, &gemini["error"]["status"]), (502, &json!("UNAVAILABLE")));
    let spans = house.spans(3).await;
    assert!(spans.iter().all(|span| span.canonical.error_type.as_deref() == Some("connect")));
}

#[tokio::test]
async fn bodies_and_times_are_bounded() {
    let small = |config: &mut quipu_gateway::GatewayConfig| {
        config.request_bytes = 100;
        config.upload_bytes = 200;
        config.answer_ms = 1_000;
        config.idle_ms = 150;
    };
    let house = House::with(small, Default::default()).await;
    let long = Box::leak(
        format!("{{\"model\":\"m\",\"max_tokens\":1,\"messages\":[\"{}\"]}}", "x".repeat(200))
            .into_boxed_str(),
    );
    let (status, anthropic) = said(&house, "/anthropic/v1/messages", long).await;
    assert_eq!((status, &anthropic["error"]["type"]), (413, &json!("request_too_large")));
    let chunked = futures_util::stream::iter([long.as_bytes().to_vec()].map(Ok::<_, std::io::Error>));
    let url = format!("{}/anthropic/v1/messages", house.url);
    let response = house.client.post(url).body(reqwest::Body::wrap_stream(chunked)).send().await.unwrap();
    assert_eq!(response.status(), 413, "without a length, too");
    let (status, openai) = said(&house, "/openai/v1/files", long).await;
    assert_eq!((status, &openai["error"]["code"]), (413, &json!("request_too_large")));
    let chunked = futures_util::stream::iter([long.as_bytes().to_vec()].map(Ok::<_, std::io::Error>));
    let url = format!("{}/openai/v1/files", house.url);
    let response = house.client.post(url).body(reqwest::Body::wrap_stream(chunked)).send().await.unwrap();
    assert_eq!(response.status(), 413, "an upload that says no length, too");
    assert!(house.provider.came().is_empty());
    house.provider.will(Reply::json("{}").after(5_000));
    let (status, late) = said(&house, "/anthropic/v1/messages", MESSAGES).await;
    assert_eq!((status, &late["error"]["type"]), (504, &json!("timeout_error")));
    house.provider.always(Reply::events(&["data: {}", "data: {}"], 600));
    let response = house.post("/anthropic/v1/messages", MESSAGES).send().await.unwrap();
    assert!(response.bytes().await.is_err(), "an answer that stops is given up");
    assert_eq!(house.spans(2).await[1].canonical.error_type.as_deref(), Some("timeout"));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_passes_and_is_a_call() {
    let house = House::open().await;
    let refused = r#"{"error":{"message":"bad JSON","type":"invalid_request_error"}}"#;
    house.provider.will(Reply::of(400, "application/json", vec![(0, refused.into())]));
    let response = house.post("/openai/v1/chat/completions", "{no json").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (400, refused.to_owned()));
    assert_eq!(house.provider.last().body, "{no json");
    assert_eq!(house.spans(1).await[0].canonical.error_type.as_deref(), Some("invalid_request_error"));
    let upgrade =
        house.client.get(format!("{}/openai/v1/realtime", house.url)).header("upgrade", "websocket");
    assert_eq!(upgrade.header("connection", "upgrade").send().await.unwrap().status(), 501);
}

/// Sends calls until one gets this status, and returns the number of those that got 200.
async fn until(house: &House, status: u16) -> usize {
    let begin = std::time::Instant::now();
    let mut passed = 0;
    loop {
        let response = house.post("/openai/v1/chat/completions", CHAT).send().await.unwrap();
        let came = response.status().as_u16();
        response.bytes().await.unwrap();
        passed += usize::from(came == 200);
        if came == status {
            return passed;
        }
        assert!(begin.elapsed().as_secs() < 30, "{came}; {}", house.metrics.text());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn no_call_passes_while_records_cannot_be_stored_and_none_is_lost() {
    let house = House::open().await;
    house.provider.always(Reply::json(CHAT_ANSWER));
    house.intake.is_full.store(true, Ordering::Release);
    let before = until(&house, 503).await;
    assert!(before > 0, "short failures reject no call");
    let (status, told) = said(&house, "/anthropic/v1/messages", MESSAGES).await;
    assert_eq!((status, &told["error"]["type"]), (503, &json!("api_error")));
    let unknown = house.client.get(format!("{}/openai/v1/unheard/of", house.url)).send().await.unwrap();
    assert_eq!(unknown.status(), 503, "a request that may reach a model");
    let came = house.provider.came().len();
    assert_eq!(came, before, "rejected calls reach no provider");
    let free = house.client.get(format!("{}/openai/v1/models", house.url)).send().await.unwrap();
    assert_eq!(free.status(), 200, "requests without a record pass");
    assert!(house.metrics.text().contains("quipu_gateway_delivery_stuck{} 1"), "{}", house.metrics.text());
    house.intake.is_full.store(false, Ordering::Release);
    let after = until(&house, 200).await;
    assert_eq!(house.spans(before + after).await.len(), before + after);
    assert!(!house.metrics.text().contains("quipu_gateway_lost_records_total{} "));
}

#[tokio::test]
async fn an_operator_may_pass_calls_whose_records_wait() {
    let pass = |config: &mut quipu_gateway::GatewayConfig| {
        config.undelivered = quipu_gateway::Undelivered::Pass;
    };
    let house = House::with(pass, Default::default()).await;
    house.provider.always(Reply::json(CHAT_ANSWER));
    house.intake.is_full.store(true, Ordering::Release);
    for _ in 0..50 {
        assert_eq!(until(&house, 200).await, 1);
    }
    house.intake.is_full.store(false, Ordering::Release);
    assert!(house.spans(50).await.len() >= 50, "records of short failures are delivered");
}
