//! Tests that requests pass unchanged and are counted and priced exactly.

use crate::house::{CHAT, CHAT_ANSWER, GEMINI, GEMINI_ANSWER, House, KEY, MESSAGES, MESSAGES_ANSWER};
use crate::provider::Reply;

#[tokio::test]
async fn bytes_and_headers_pass_unchanged() {
    let house = House::open().await;
    let odd = " { \"model\" : \"gpt-4o\",\n\"messages\":[{\"role\":\"user\",\"content\":\"\u{fc}\\u00e9\"}], \"n\":1.0e0 } ";
    house.provider.will(
        Reply::json(CHAT_ANSWER).header("openai-version", "2020-10-01").header("keep-alive", "timeout=5"),
    );
    let response = house
        .post("/openai/v1/chat/completions?x=1&y=%20", odd)
        .header("openai-organization", "org")
        .header("x-quipu-session", "s-1")
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(
        (&headers["x-request-id"], &headers["openai-version"]),
        (&"req-1".parse().unwrap(), &"2020-10-01".parse().unwrap())
    );
    assert!(!headers.contains_key("keep-alive"));
    assert_eq!(headers["content-length"], CHAT_ANSWER.len().to_string());
    assert_eq!(response.text().await.unwrap(), CHAT_ANSWER);
    let came = house.provider.last();
    assert_eq!((came.body.as_ref(), came.method), (odd.as_bytes(), "POST".parse().unwrap()));
    assert_eq!(came.uri, "/v1/chat/completions?x=1&y=%20");
    assert_eq!(came.headers["host"], house.upstream.to_string());
    assert_eq!(came.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(came.headers["openai-organization"], "org");
    assert!(came.headers.contains_key("traceparent"));
    for gone in ["x-quipu-session", "x-hop", "connection"] {
        assert!(!came.headers.contains_key(gone), "{gone}");
    }
    let span = house.spans(1).await.remove(0);
    assert_eq!(span.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span.parent_id.unwrap().to_string(), "b7ad6b7169203331");
    assert_eq!(span.canonical.session.as_deref(), Some("s-1"));
}

#[tokio::test]
async fn every_shape_is_counted_and_priced() {
    let house = House::open().await;
    // Prices per million: gpt-4o 2.50 in, 1.25 cached, 10 out; Claude Sonnet 4.5 3 in, 0.30 read, 3.75
    // written, 15 out; Gemini 2.5 Pro 1.25 in, 10 out.
    for (path, body, answer, provider, tokens, cost) in [
        ("/openai/v1/chat/completions", CHAT, CHAT_ANSWER, "openai", (1000, 100), "0.00275"),
        ("/v1/chat/completions", CHAT, CHAT_ANSWER, "openai", (1000, 100), "0.00275"),
        ("/anthropic/v1/messages", MESSAGES, MESSAGES_ANSWER, "anthropic", (200, 50), "0.001218"),
        ("/v1/messages", MESSAGES, MESSAGES_ANSWER, "anthropic", (200, 50), "0.001218"),
        (
            "/gemini/v1beta/models/gemini-2.5-pro:generateContent",
            GEMINI,
            GEMINI_ANSWER,
            "gcp.gemini",
            (100, 25),
            "0.000375",
        ),
    ] {
        let before = house.costs(0).await.len();
        house.provider.always(Reply::json(answer));
        assert_eq!(house.post(path, body).send().await.unwrap().text().await.unwrap(), answer);
        let cost_row = house.costs(before + 1).await.pop().unwrap();
        let usage = cost_row.usage.clone().unwrap();
        assert_eq!(cost_row.provider.as_deref(), Some(provider), "{path}");
        assert_eq!((usage.input, usage.output), (Some(tokens.0), Some(tokens.1)), "{path}");
        assert_eq!(cost_row.amount.map(|usd| usd.to_string()).as_deref(), Some(cost), "{path}");
        assert!(!usage.estimated);
    }
}

#[tokio::test]
async fn what_is_no_model_passes_unrecorded() {
    let house = House::open().await;
    house.provider.will(Reply::json("{}"));
    let models = house.client.get(format!("{}/openai/v1/models", house.url)).send().await.unwrap();
    assert_eq!((models.status().as_u16(), models.text().await.unwrap()), (200, "{}".to_owned()));
    assert_eq!(house.provider.last().uri, "/v1/models");
    let thread = r#"{"role":"user","content":"hi"}"#;
    house.post("/openai/v1/threads/t/messages", thread).send().await.unwrap();
    assert_eq!(house.provider.last().body, thread);
    house.post("/groq/v1/files", "file").send().await.unwrap();
    assert_eq!(house.provider.last().uri, "/openai/v1/files");
    let lost = house.post("/nowhere/v1/x", "{}").send().await.unwrap();
    assert_eq!(lost.status(), 404);
    assert!(lost.text().await.unwrap().contains("/anthropic"));
    house.close().await;
    assert!(house.costs(0).await.is_empty());
}

#[tokio::test]
async fn http_2_is_spoken_with_clients() {
    let house = House::open().await;
    house.provider.will(Reply::json(CHAT_ANSWER));
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let url = format!("{}/openai/v1/chat/completions", house.url);
    let response = client.post(url).body(CHAT).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert_eq!(response.text().await.unwrap(), CHAT_ANSWER);
    assert_eq!(house.costs(1).await.len(), 1);
}

#[tokio::test]
async fn no_record_holds_a_key_or_a_prompt() {
    let house = House::open().await;
    for reply in [
        Reply::json(CHAT_ANSWER),
        Reply::of(
            401,
            "application/json",
            vec![(
                0,
                format!("{{\"error\":{{\"message\":\"Incorrect API key: {KEY}\",\"type\":\"x\"}}}}").into(),
            )],
        ),
    ] {
        house.provider.will(reply);
    }
    for _ in 0..2 {
        let request = house.post("/openai/v1/chat/completions", CHAT);
        request.header("api-key", KEY).header("x-api-key", KEY).send().await.unwrap().bytes().await.unwrap();
    }
    house
        .post(&format!("/gemini/v1beta/models/gemini-2.5-pro:generateContent?key={KEY}"), GEMINI)
        .header("x-goog-api-key", KEY)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    house.spans(3).await;
    house.close().await;
    let all = house.all();
    assert!(all.contains("gpt-4o"), "something was kept");
    assert!(!all.contains(KEY));
    assert!(!all.contains("weather") && !all.contains("18 degrees"));
}

#[tokio::test]
async fn prompts_are_recorded_where_that_is_asked_for() {
    let house = House::with(|config| config.prompts = true, Default::default()).await;
    house.provider.will(Reply::json(CHAT_ANSWER));
    house.post("/openai/v1/chat/completions", CHAT).send().await.unwrap().bytes().await.unwrap();
    house.spans(1).await;
    let all = house.all();
    assert!(all.contains("weather in Paris") && all.contains("18 degrees"));
    assert!(!all.contains(KEY));
}
