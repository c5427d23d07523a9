//! Tests of `/api/v1/events`.

use std::sync::Arc;

use quipu_core::{Batch, Event, Level, Resource, Scope, Value as Attribute};
use serde_json::{Value, json};

use crate::fixture::{Fixture, MINUTE, NOW, WEATHER, span_id, trace_id};

/// Traces, and three events.
pub async fn fixture() -> Fixture {
    let fixture = Fixture::new().await;
    let resource = Resource {
        attributes: [("service.name", "weather-bot")].into_iter().collect(),
        ..Resource::default()
    };
    let event = |minutes: i64, level, name: &str, session: Option<&str>| Event {
        time: NOW.plus(-minutes * MINUTE),
        level,
        name: name.into(),
        trace_id: (name == "budget.exceeded").then(|| trace_id(WEATHER)),
        span_id: (name == "budget.exceeded").then(|| span_id(3)),
        session: session.map(Into::into),
        agent: session.map(|_| "planner".into()),
        framework: session.map(|_| "langgraph".into()),
        body: Attribute::Map(vec![("spent".into(), 3.into())]),
        attributes: [("note", "Rain ahead")].into_iter().collect(),
        resource: Arc::new(resource.clone()),
        scope: Arc::new(Scope { name: "test.scope".into(), ..Scope::default() }),
        wire: None,
    };
    let events = vec![
        event(50, Level::Debug, "", None),
        event(40, Level::Info, "agent.started", Some("sess/7")),
        event(30, Level::Error, "budget.exceeded", Some("sess/7")),
    ];
    fixture.write(Batch { events, ..Batch::default() }).await;
    fixture
}

fn types(answer: &Value) -> Vec<Value> {
    answer["events"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect()
}

#[tokio::test]
async fn an_event_has_every_field() {
    let answer = fixture().await.get("/api/v1/events?level=error").await;
    let want = json!({
        "time": "2026-11-21T11:30:00.000000000Z", "level": "error", "type": "budget.exceeded", "body": {"spent": 3},
        "attributes": {"note": "Rain ahead"}, "trace_id": trace_id(WEATHER).to_string(), "span_id": span_id(3).to_string(),
        "session_id": "sess/7", "agent": "planner", "framework": "langgraph", "service": "weather-bot", "scope": "test.scope"
    });
    assert_eq!(answer, json!({"events": [want], "next_cursor": null}));
}

#[tokio::test]
async fn every_filter_chooses() {
    let fixture = fixture().await;
    let (budget, started, plain) = (json!("budget.exceeded"), json!("agent.started"), Value::Null);
    let trace = format!("trace_id={}", trace_id(WEATHER));
    for (query, want) in [
        ("", vec![&budget, &started, &plain]),
        ("level=info", vec![&budget, &started]),
        ("type=agent.started", vec![&started]),
        ("session=sess%2F7", vec![&budget, &started]),
        ("agent=planner", vec![&budget, &started]),
        ("framework=langgraph", vec![&budget, &started]),
        (&trace, vec![&budget]),
        ("q=rAIN", vec![&budget, &started, &plain]),
        ("q=exceeded", vec![&budget]),
        ("since=-45m&until=-30m", vec![&started]),
    ] {
        let have = fixture.get(&format!("/api/v1/events?{query}")).await;
        assert_eq!(types(&have).iter().collect::<Vec<_>>(), want, "{query}");
    }
}

#[tokio::test]
async fn events_page_without_gaps() {
    let fixture = fixture().await;
    let first = fixture.get("/api/v1/events?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = fixture.get(&format!("/api/v1/events?limit=2&cursor={cursor}")).await;
    assert_eq!(
        (types(&first).len(), types(&last), &last["next_cursor"]),
        (2, vec![Value::Null], &Value::Null)
    );
}

#[tokio::test]
async fn bad_parameters_are_refused() {
    let fixture = fixture().await;
    assert!(fixture.fails("/api/v1/events?level=loud", 400).await.contains("one of trace, debug"));
    assert!(fixture.fails("/api/v1/events?trace_id=1", 400).await.contains("trace_id"));
    assert!(
        fixture.fails("/api/v1/events?name=x", 400).await.contains("known here: since, until, level, type")
    );
}
