//! Tests of `POST /api/v1/price`.

use axum::http::Method;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::http::Answer;

async fn post(body: &str) -> Answer {
    Fixture::empty().ask(Method::POST, "/api/v1/price", &[("content-type", "application/json")], body).await
}

async fn priced(body: Value) -> Value {
    let answer = post(&body.to_string()).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_price_has_its_reasons() {
    let ask = json!({
        "provider": "openai", "model": "gpt-4o", "at": "2026-11-20T07:30:00Z", "context": {"processing": "batch"},
        "usage": {"input_tokens": 1000, "output_tokens": 200, "cache_read_tokens": 400, "web_searches": 2}
    });
    let line = |unit: &str, count: u64, amount: &str| json!({"unit": unit, "count": count, "unit_price_usd": "1", "per": 1000, "amount_usd": amount});
    let want = json!({
        "total_usd": "1.202", "input_usd": "1", "output_usd": "0.2",
        "lines": [line("input_tokens", 1000, "1"), line("output_tokens", 200, "0.2"), line("web_searches", 2, "0.002")],
        "rule": {"source": "test", "version": "1", "id": "openai/gpt-4o"}, "fallbacks": ["processing"]
    });
    assert_eq!(priced(ask).await, want);
}

#[tokio::test]
async fn provider_time_and_context_may_be_left_out() {
    let answer = priced(json!({"model": "gpt-4o", "usage": {"input_tokens": 1}})).await;
    assert_eq!(answer["total_usd"], "0.001");
    let later = priced(json!({"model": "gpt-4o", "at": 1_900_000_000, "usage": {"input_tokens": 1}})).await;
    assert_eq!(later, json!({"total_usd": null, "reason": "not_valid_then"}));
}

#[tokio::test]
async fn an_unknown_price_is_null_with_a_reason() {
    let answer = priced(json!({"model": "mistral-nightly", "usage": {"input_tokens": 1}})).await;
    assert_eq!(answer, json!({"total_usd": null, "reason": "unknown_model"}));
}

#[tokio::test]
async fn cache_writes_by_lifetime_are_all_cache_writes() {
    let usage = json!({"input_tokens": 100, "cache_write_5m_tokens": 10, "cache_write_1h_tokens": 20});
    let answer = priced(json!({"model": "gpt-4o", "usage": usage})).await;
    let line =
        answer["lines"].as_array().unwrap().iter().find(|line| line["unit"] == "cache_write_tokens").unwrap();
    assert_eq!(line["count"], 30);
}

#[tokio::test]
async fn wrong_bodies_are_refused_with_what_and_where() {
    let model = "\"model\":\"gpt-4o\"";
    for (body, word) in [
        ("".to_owned(), "not the JSON"),
        ("[]".to_owned(), "not the JSON"),
        ("{\"model\":".to_owned(), "line 1 column"),
        ("{\"usage\":{}}".to_owned(), "missing field `model`"),
        (format!("{{{model}}}"), "missing field `usage`"),
        (format!("{{{model},\"usage\":{{}},\"colour\":1}}"), "unknown field `colour`"),
        ("{\"model\":\"\",\"usage\":{}}".to_owned(), "the model's name"),
        (format!("{{{model},\"usage\":{{\"input_tokens\":-1}}}}"), "usage.input_tokens: found -1"),
        (format!("{{{model},\"usage\":{{\"input_tokens\":1.5}}}}"), "usage.input_tokens: found 1.5"),
        (format!("{{{model},\"usage\":{{\"input_tokens\":\"7\"}}}}"), "usage.input_tokens: found \"7\""),
        (format!("{{{model},\"usage\":{{\"searches\":true}}}}"), "usage.searches: found true"),
        (format!("{{{model},\"usage\":{{\"input_tokens\":1e40}}}}"), "usage.input_tokens"),
        (format!("{{{model},\"usage\":{{}},\"at\":\"soon\"}}"), "at: found \"soon\""),
        (format!("{{{model},\"usage\":{{}},\"at\":[]}}"), "at: found []"),
        (
            format!("{{{model},\"usage\":{{\"cache_read_tokens\":5}}}}"),
            "usage.input_tokens: found 0, expected at least 5",
        ),
        (
            format!(
                "{{{model},\"usage\":{{\"input_tokens\":5,\"cache_read_tokens\":3,\"cache_write_tokens\":3}}}}"
            ),
            "cache_read_tokens and cache_write_tokens are parts",
        ),
        (format!("{{{model},\"usage\":{{\"output_tokens\":5,\"reasoning_tokens\":6}}}}"), "reasoning_tokens"),
    ] {
        let detail = post(&body).await.problem(400);
        assert!(detail.contains(word), "{body}: {detail}");
    }
}

#[tokio::test]
async fn a_huge_body_is_refused() {
    let body = format!("{{\"model\":\"{}\"}}", "x".repeat(70_000));
    assert!(post(&body).await.problem(413).contains("openapi.json"));
}
