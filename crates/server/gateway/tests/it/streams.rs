//! Tests of streams: chunks pass at once, with reported or estimated usage.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Semaphore;

use crate::house::{CHAT, CHAT_STREAM, House, MESSAGES};
use crate::provider::Reply;

const CHUNKS: [&str; 4] = [
    r#"data: {"id":"c1","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"role":"assistant","content":"It is 18 degrees"}}]}"#,
    r#"data: {"id":"c1","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":" and sunny in Paris today."},"finish_reason":"stop"}]}"#,
    r#"data: {"id":"c1","model":"gpt-4o-2024-08-06","choices":[],"usage":{"prompt_tokens":40,"completion_tokens":12,"total_tokens":52}}"#,
    "data: [DONE]",
];

/// The provider's wait before its first chunk, and so the minimum time to the first token.
const FIRST: Duration = Duration::from_millis(50);

fn without_usage() -> Vec<&'static str> {
    CHUNKS.iter().copied().filter(|chunk| !chunk.contains("usage")).collect()
}

#[tokio::test]
async fn pieces_pass_as_they_come() {
    let (house, gate) = (House::open().await, Arc::new(Semaphore::new(0)));
    house.provider.will(Reply::events(&CHUNKS, 0).gated(&gate));
    // Without immediate forwarding of headers and chunks this would wait for ever.
    let response = house.post("/openai/v1/chat/completions", CHAT_STREAM).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    tokio::time::sleep(FIRST).await;
    let mut pieces = response.bytes_stream();
    for chunk in CHUNKS {
        gate.add_permits(1);
        let piece = tokio::time::timeout(Duration::from_secs(10), pieces.next()).await;
        assert_eq!(piece.expect("it is held back").unwrap().unwrap(), format!("{chunk}\n\n"));
    }
    assert!(pieces.next().await.is_none());
    let cost = house.costs(1).await.remove(0);
    let usage = cost.usage.unwrap();
    assert_eq!((usage.input, usage.output, usage.estimated), (Some(40), Some(12), false));
    let span = house.spans(1).await.remove(0);
    assert!(
        span.canonical
            .time_to_first_token
            .is_some_and(|time| time >= i64::try_from(FIRST.as_nanos()).unwrap()),
        "{:?}",
        span.canonical
    );
}

#[tokio::test]
async fn a_stream_without_usage_is_estimated_and_its_body_left_alone() {
    let house = House::open().await;
    house.provider.will(Reply::events(&without_usage(), 1));
    house.post("/openai/v1/chat/completions", CHAT_STREAM).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(house.provider.last().body, CHAT_STREAM);
    let cost = house.costs(1).await.remove(0);
    let usage = cost.usage.unwrap();
    assert!(usage.estimated, "{usage:?}");
    assert!(usage.input.is_some_and(|tokens| (5..60).contains(&tokens)), "{usage:?}");
    assert!(usage.output.is_some_and(|tokens| (5..30).contains(&tokens)), "{usage:?}");
    assert!(cost.amount.is_some());
    assert!(!house.all().contains("sunny"), "what was counted was not kept");
}

#[tokio::test]
async fn usage_is_asked_for_where_that_is_wanted() {
    let house = House::with(|config| config.ask_usage = true, Default::default()).await;
    house.provider.will(Reply::events(&CHUNKS, 1));
    house.post("/openai/v1/chat/completions", CHAT_STREAM).send().await.unwrap().bytes().await.unwrap();
    let expected = CHAT_STREAM.replace("true,", r#"true,"stream_options":{"include_usage":true},"#);
    assert_eq!(house.provider.last().body, expected);
    assert!(!house.costs(1).await.remove(0).usage.unwrap().estimated);
    house.provider.will(Reply::events(&CHUNKS, 1));
    house.post("/openai/v1/chat/completions", CHAT).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(house.provider.last().body, CHAT, "only streams are changed");
}

const MESSAGE_EVENTS: [&str; 3] = [
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5-20250929\",\"content\":[],\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"A long story begins with a king who had three daughters.\"}}",
];

#[tokio::test]
async fn whoever_goes_away_stops_the_provider_and_what_was_seen_is_recorded() {
    let house = House::open().await;
    let mut events = MESSAGE_EVENTS.to_vec();
    events.extend([MESSAGE_EVENTS[2]; 200]);
    house.provider.will(Reply::events(&events, 20));
    let response = house.post("/anthropic/v1/messages", MESSAGES).send().await.unwrap();
    let mut pieces = response.bytes_stream();
    for _ in 0..6 {
        pieces.next().await.unwrap().unwrap();
    }
    drop(pieces);
    let span = house.spans(1).await.remove(0);
    let usage = span.canonical.usage.clone().unwrap();
    assert_eq!((usage.input, usage.estimated), (Some(25), true));
    assert!(usage.output.is_some_and(|tokens| (20..400).contains(&tokens)), "{usage:?}");
    assert_eq!(span.canonical.response_id.as_deref(), Some("msg_1"));
    // Chunks in progress may still be sent. A provider that went on would send fifteen more.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let sent = house.provider.sent.load(std::sync::atomic::Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(house.provider.sent.load(std::sync::atomic::Ordering::SeqCst), sent, "the provider goes on");
    assert!(sent < 150, "{sent}");
    assert!(
        house.metrics.text().contains("quipu_gateway_client_disconnects_total{upstream=\"anthropic\"} 1")
    );
}

#[tokio::test]
async fn whoever_goes_away_before_the_answer_is_recorded_too() {
    let house = House::open().await;
    house.provider.will(Reply::json("{}").after(30_000));
    let asked = tokio::spawn(house.post("/anthropic/v1/messages", MESSAGES).send());
    house.wait(|| (!house.provider.came().is_empty()).then_some(())).await;
    asked.abort();
    let span = house.spans(1).await.remove(0);
    assert_eq!(span.canonical.request_model.as_deref(), Some("claude-sonnet-4-5"));
    // The provider had the request and may answer and charge it.
    let usage = span.canonical.usage.clone().unwrap();
    assert_eq!((usage.estimated, usage.output), (true, Some(200)), "{usage:?}");
    assert!(usage.input.is_some_and(|tokens| (1..50).contains(&tokens)), "{usage:?}");
}
