//! Tests of `/api/v1/sessions`.

use serde_json::{Value, json};

use crate::fixture::Fixture;

#[tokio::test]
async fn sessions_have_every_field_and_page() {
    let fixture = Fixture::new().await;
    let first = fixture.get("/api/v1/sessions?limit=1").await;
    assert_eq!(first["sessions"][0]["session_id"], "sess-8");
    assert_eq!(first["sessions"][0]["cost_reason"], "unpriced");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = fixture.get(&format!("/api/v1/sessions?limit=1&cursor={cursor}")).await;
    let want = json!({
        "session_id": "sess/7", "user_id": "user-42", "started_at": "2026-11-21T11:00:00.000000000Z",
        "last_at": "2026-11-21T11:00:00.000000000Z", "traces": 1, "llm_calls": 1, "tool_calls": 2, "errors": 1,
        "tokens": {"input": 100, "output": 20, "cache_read": 60, "cache_write": 0, "reasoning": 0, "total": 120},
        "cost_usd": "0.0041", "cost_reason": null, "subscription_usd": null, "agents": ["planner"], "models": ["gpt-4o"]
    });
    assert_eq!(second, json!({"sessions": [want], "next_cursor": null}));
}

#[tokio::test]
async fn sessions_take_the_trace_filters() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/sessions?user=user-42&since=-2h").await;
    assert_eq!(answer["sessions"].as_array().unwrap().len(), 1);
    assert!(fixture.fails("/api/v1/sessions?sort=cost", 400).await.contains("unknown parameter \"sort\""));
    assert!(fixture.fails("/api/v1/sessions?cursor=0173", 400).await.contains("next_cursor"));
}

#[tokio::test]
async fn a_session_comes_with_its_traces() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/sessions/sess%2F7").await;
    assert_eq!(answer["session"]["session_id"], "sess/7");
    assert_eq!(answer["traces"][0]["name"], "weather_graph");
    assert_eq!(answer["next_cursor"], Value::Null);
    assert!(fixture.fails("/api/v1/sessions/none", 404).await.contains("\"none\""));
    assert!(fixture.fails("/api/v1/sessions/sess-8?agent=a", 400).await.contains("limit, cursor"));
}
