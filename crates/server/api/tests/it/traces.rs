//! Tests of `/api/v1/traces`: shape, filters, orders, paging.

use serde_json::{Value, json};

use crate::fixture::{Fixture, trace_id};

fn names(answer: &Value) -> Vec<&str> {
    answer["traces"].as_array().unwrap().iter().map(|trace| trace["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_summary_has_every_field() {
    let answer = Fixture::new().await.get("/api/v1/traces?q=umbrella").await;
    let want = json!({
        "trace_id": "01010101010101010101010101010101", "name": "weather_graph", "service": "weather-bot",
        "framework": "langgraph", "convention": "genai", "started_at": "2026-11-21T11:00:00.000000000Z",
        "duration_ms": 4210.0, "status": "ok", "spans": 5, "llm_calls": 1, "tool_calls": 2, "errors": 1,
        "tokens": {"input": 100, "output": 20, "cache_read": 60, "cache_write": 0, "reasoning": 0, "total": 120},
        "cost_usd": "0.0041", "cost_reason": null, "subscription_usd": null, "unpriced_calls": 0, "reported_cost_usd": null,
        "session_id": "sess/7", "user_id": "user-42", "project": null, "commit": null, "branch": null, "tags": [], "agents": ["planner"], "models": ["gpt-4o"]
    });
    assert_eq!(answer, json!({"traces": [want], "next_cursor": null}));
}

#[tokio::test]
async fn a_cost_that_is_unknown_is_null_with_a_reason() {
    let answer = Fixture::new().await.get("/api/v1/traces?framework=llamaindex").await;
    let trace = &answer["traces"][0];
    assert_eq!((&trace["cost_usd"], &trace["cost_reason"]), (&Value::Null, &json!("unpriced")));
    assert_eq!(trace["unpriced_calls"], 1);
}

#[tokio::test]
async fn every_filter_chooses() {
    let fixture = Fixture::new().await;
    for (query, want) in [
        ("", vec!["support", "rag_query", "weather_graph"]),
        ("since=2026-11-21T11:30:00Z", vec!["support", "rag_query"]),
        ("since=-31m&until=-10m", vec!["rag_query"]),
        ("since=1795260600", vec!["support", "rag_query"]),
        ("until=1795260600000", vec!["weather_graph"]),
        ("q=umbrella", vec!["weather_graph"]),
        ("service=docs-search", vec!["rag_query"]),
        ("framework=langgraph", vec!["weather_graph"]),
        ("agent=nobody", vec![]),
        ("model=gpt-4o", vec!["support", "weather_graph"]),
        ("tool=book_table", vec!["weather_graph"]),
        ("status=error", vec!["rag_query"]),
        ("status=running", vec!["support"]),
        ("session=sess%2F7", vec!["weather_graph"]),
        ("user=user-42", vec!["weather_graph"]),
        ("min_duration_ms=4210.000001", vec!["rag_query"]),
        ("min_duration_ms=4210", vec!["rag_query", "weather_graph"]),
        ("min_cost_usd=0.0041", vec!["support", "weather_graph"]),
        ("min_cost_usd=0.0041000001", vec!["support"]),
        ("model=gpt-4o&user=user-42", vec!["weather_graph"]),
    ] {
        assert_eq!(names(&fixture.get(&format!("/api/v1/traces?{query}")).await), want, "{query}");
    }
}

#[tokio::test]
async fn every_order_pages_without_gaps() {
    let fixture = Fixture::new().await;
    for (sort, first) in [
        ("-started_at", "support"),
        ("started_at", "weather_graph"),
        ("-duration", "rag_query"),
        ("duration", "support"),
        ("-cost", "support"),
        ("-tokens", "rag_query"),
        ("tokens", "support"),
        ("cost", ""),
    ] {
        let whole = fixture.get(&format!("/api/v1/traces?sort={sort}")).await;
        let mut paged = Vec::new();
        let mut path = format!("/api/v1/traces?sort={sort}&limit=1");
        loop {
            let page = fixture.get(&path).await;
            assert_eq!(page["traces"].as_array().unwrap().len(), 1, "{path}");
            paged.push(page["traces"][0].clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/traces?sort={sort}&limit=1&cursor={cursor}");
        }
        assert_eq!(Value::from(paged), whole["traces"], "{sort}");
        assert!(first.is_empty() || names(&whole)[0] == first, "{sort}");
    }
}

#[tokio::test]
async fn bad_parameters_are_refused_by_name() {
    let fixture = Fixture::new().await;
    let detail = fixture.fails("/api/v1/traces?agnet=x", 400).await;
    assert!(detail.contains("unknown parameter \"agnet\"") && detail.contains("agent"), "{detail}");
    for (query, word) in [
        ("limit=0", "limit"),
        ("limit=ten", "limit"),
        ("sort=best", "sort"),
        ("status=meh", "status"),
        ("since=once", "since"),
        ("min_cost_usd=cheap", "min_cost_usd"),
        ("cursor=00", "cursor"),
        ("q=a&q=b", "given twice"),
        ("agent=", "agent"),
    ] {
        let detail = fixture.fails(&format!("/api/v1/traces?{query}"), 400).await;
        assert!(detail.contains(word), "{detail}");
    }
    let page = fixture.get("/api/v1/traces?limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    assert!(
        fixture.fails(&format!("/api/v1/traces?sort=-cost&cursor={cursor}"), 400).await.contains("cursor")
    );
}

#[tokio::test]
async fn an_empty_store_has_an_empty_page() {
    assert_eq!(Fixture::empty().get("/api/v1/traces").await, json!({"traces": [], "next_cursor": null}));
}

#[tokio::test]
async fn answers_decode_into_the_shapes() {
    let fixture = Fixture::new().await;
    let page: quipu_api::dto::TracesAnswer =
        serde_json::from_value(fixture.get("/api/v1/traces").await).unwrap();
    assert_eq!(page.traces[2].cost_usd, "0.0041".parse().ok());
    let path = format!("/api/v1/traces/{}", trace_id(1));
    let text = fixture.get(&path).await;
    let trace: quipu_api::dto::TraceAnswer = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(trace).unwrap(), text);
}
