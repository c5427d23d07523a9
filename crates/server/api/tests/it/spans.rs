//! Tests of `/api/v1/traces/{id}` and its spans.

use quipu_core::{Attributes, Batch, Event, Level, Resource, Rule, Scope, Value as Attribute};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::fixture::{Fixture, Make, NOW, RUNNING, WEATHER, cost, span_id, trace_id};

fn path(trace: u8, query: &str) -> String {
    format!("/api/v1/traces/{}{query}", trace_id(trace))
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["spans"].as_array().unwrap().iter().map(|span| &span["span_id"].as_str().unwrap()[..2]).collect()
}

async fn span(fixture: &Fixture, trace: u8, span: u8) -> Value {
    let answer = fixture.get(&path(trace, &format!("/spans/{}", span_id(span)))).await;
    answer["span"].clone()
}

#[tokio::test]
async fn a_trace_comes_whole_and_in_order() {
    let answer = Fixture::new().await.get(&path(WEATHER, "")).await;
    assert_eq!(ids(&answer), ["01", "02", "03", "04", "05"]);
    assert_eq!((&answer["trace"]["name"], &answer["next_after"]), (&json!("weather_graph"), &Value::Null));
    assert_eq!(answer["spans"][2]["input_messages"][0]["parts"][0]["content"], "Will it rain?");
}

#[tokio::test]
async fn a_call_in_full() {
    let have = span(&Fixture::new().await, WEATHER, 3).await;
    let want = json!({
        "span_id": "0303030303030303", "parent_span_id": "0202020202020202", "name": "chat gpt-4o", "kind": "llm",
        "span_kind": null, "started_at": "2026-11-21T11:00:00.002000000Z", "duration_ms": 820.0, "status": "ok",
        "status_message": null, "error_type": null, "error_class": null, "service": "weather-bot", "agent": "planner", "provider": "openai",
        "model": "gpt-4o", "request_model": "gpt-4o", "response_model": null, "response_id": "resp-1", "operation": "chat",
        "tool": null, "session_id": "sess/7", "user_id": "user-42",
        "tokens": {"input": 100, "output": 20, "cache_read": 60, "cache_write": 0, "reasoning": 0, "total": 120},
        "counted": true, "counted_reason": "a call without a call below it (R1)", "counted_rule": "leaf",
        "counted_why": "a call without a call below it (R1)", "signal": "span", "step": null, "handoff_from": null, "handoff_to": null,
        "guardrail_triggered": null, "cost_usd": "0.0041", "cost_reason": null,
        "reported_cost_usd": null, "reported_deviates": false, "billing": "metered", "units": {}, "price": {"source": "test", "version": "1", "id": "openai/gpt-4o"}, "ttft_ms": 210.0,
        "tool_arguments": null, "tool_result": null, "finish_reasons": ["stop"],
        "input_messages": [{"role": "user", "parts": [{"type": "text", "content": "Will it rain?"}]}],
        "output_messages": [{"role": "assistant", "parts": [{"type": "text", "content": "Take an umbrella."}]}],
        "tool_definitions": [], "params": {"temperature": 0.5, "max_tokens": 64}, "resource": {"service.name": "weather-bot"},
        "events": [], "links": [], "notes": ["mended"],
        "source": {"convention": "genai", "instrumentation": "test.scope", "version": "1.2"}
    });
    let mut have = have.as_object().unwrap().clone();
    let attributes = have.remove("attributes").unwrap();
    assert_eq!(attributes["odd"], "NaN");
    assert_eq!(attributes["gen_ai.usage.input_tokens"], 100);
    assert_eq!(Value::from(have), want);
}

#[tokio::test]
async fn what_does_not_count_says_why() {
    let fixture = Fixture::new().await;
    let agent = span(&fixture, WEATHER, 2).await;
    assert_eq!((&agent["counted"], &agent["cost_usd"]), (&json!(false), &Value::Null));
    assert_eq!((&agent["cost_reason"], &agent["tokens"]["input"]), (&json!("not counted"), &json!(100)));
    assert_eq!(agent["counted_reason"], "repeats the usage of spans below it (R1)");
    let root = span(&fixture, WEATHER, 1).await;
    assert_eq!(
        (&root["counted"], &root["counted_reason"], &root["tokens"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let unpriced = span(&fixture, 2, 2).await;
    assert_eq!((&unpriced["counted"], &unpriced["cost_reason"]), (&json!(true), &json!("unknown_model")));
}

#[tokio::test]
async fn a_failed_tool_in_full() {
    let have = span(&Fixture::new().await, WEATHER, 5).await;
    assert_eq!((&have["status"], &have["status_message"]), (&json!("error"), &json!("no table left")));
    assert_eq!((&have["tool"], &have["error_type"]), (&json!("book_table"), &json!("TimeoutError")));
    assert_eq!(have["events"][0]["name"], "exception");
    assert_eq!(have["events"][0]["attributes"], json!({"exception.type": "TimeoutError"}));
    assert_eq!(have["links"][0]["span_id"], "0909090909090909");
    assert_eq!(span(&Fixture::new().await, WEATHER, 4).await["tool_arguments"], "Zürich");
}

#[tokio::test]
async fn a_running_span_has_no_duration() {
    let have = span(&Fixture::new().await, RUNNING, 1).await;
    assert_eq!((&have["status"], &have["duration_ms"]), (&json!("running"), &Value::Null));
}

#[tokio::test]
async fn a_summary_leaves_the_payload_out() {
    let answer = Fixture::new().await.get(&path(WEATHER, "?detail=summary")).await;
    let call = answer["spans"][2].as_object().unwrap();
    for gone in ["attributes", "input_messages", "output_messages", "events", "links", "resource", "params"] {
        assert!(!call.contains_key(gone), "{gone}");
    }
    assert_eq!(
        (&call["cost_usd"], &call["model"], &call["agent"]),
        (&json!("0.0041"), &json!("gpt-4o"), &json!("planner"))
    );
}

#[tokio::test]
async fn spans_page_without_gaps() {
    let fixture = Fixture::new().await;
    let first = fixture.get(&path(WEATHER, "?limit=2")).await;
    assert_eq!(ids(&first), ["01", "02"]);
    let after = first["next_after"].as_str().unwrap();
    let second = fixture.get(&path(WEATHER, &format!("?limit=2&detail=summary&after={after}"))).await;
    assert_eq!(ids(&second), ["03", "04"]);
    let after = second["next_after"].as_str().unwrap();
    let last = fixture.get(&path(WEATHER, &format!("?limit=2&after={after}"))).await;
    assert_eq!((ids(&last), &last["next_after"]), (vec!["05"], &Value::Null));
}

#[tokio::test]
async fn only_a_huge_trace_is_cut_without_being_asked() {
    let fixture = Fixture::empty();
    let make = Make { trace: 4, start: NOW, service: "s" };
    let many = |from: u64, to: u64| Batch {
        spans: (from..to)
            .map(|number| {
                let mut span = make.span(1, 0, "step", (0, 1), &[]);
                span.span_id = quipu_core::SpanId::from_bytes(number.to_be_bytes()).unwrap();
                span
            })
            .collect(),
        ..Batch::default()
    };
    fixture.write(many(1, 10_001)).await;
    let whole = fixture.get(&path(4, "")).await;
    assert_eq!((whole["spans"].as_array().unwrap().len(), &whole["next_after"]), (10_000, &Value::Null));
    fixture.write(many(10_001, 10_002)).await;
    let page = fixture.get(&path(4, "")).await;
    assert_eq!(page["spans"].as_array().unwrap().len(), 1_000);
    assert!(page["next_after"].is_string());
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let fixture = Fixture::new().await;
    assert!(fixture.fails(&path(9, ""), 404).await.contains("0909"));
    assert!(fixture.fails(&path(WEATHER, "/spans/0909090909090909"), 404).await.contains("No span"));
    assert!(fixture.fails("/api/v1/traces/xyz", 400).await.contains("trace id"));
    assert!(fixture.fails(&path(WEATHER, "/spans/00"), 400).await.contains("span id"));
    assert!(fixture.fails(&path(WEATHER, "?sort=cost"), 400).await.contains("after, limit, detail"));
    assert!(fixture.fails(&path(WEATHER, "?after=zz"), 400).await.contains("next_after"));
    let with = fixture.fails(&path(WEATHER, &format!("/spans/{}?detail=full", span_id(3))), 400).await;
    assert!(with.contains("takes no parameters"), "{with}");
}

fn event(name: &str, body: Attribute, attributes: Attributes, at: i64) -> Event {
    Event {
        time: NOW.plus(at),
        level: Level::Info,
        name: name.into(),
        trace_id: Some(trace_id(RUNNING)),
        span_id: Some(span_id(2)),
        session: None,
        agent: None,
        framework: None,
        body,
        attributes,
        resource: Arc::new(Resource::default()),
        scope: Arc::new(Scope::default()),
        wire: None,
    }
}

fn map(pairs: &[(&str, Attribute)]) -> Attribute {
    Attribute::Map(pairs.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
}

#[tokio::test]
async fn messages_come_from_one_details_event() {
    let fixture = Fixture::new().await;
    let attributes =
        [("gen_ai.input.messages", "user: Hello?"), ("gen_ai.output.messages", "assistant: Hi!")];
    let details = event(
        "gen_ai.client.inference.operation.details",
        Attribute::Null,
        attributes.into_iter().collect(),
        0,
    );
    fixture.write(Batch { events: vec![details], ..Batch::default() }).await;
    let have = span(&fixture, RUNNING, 2).await;
    assert_eq!(
        have["input_messages"],
        json!([{"role": "user", "parts": [{"type": "text", "content": "Hello?"}]}])
    );
    assert_eq!(have["output_messages"][0]["parts"][0]["content"], "Hi!");
}

#[tokio::test]
async fn messages_come_from_an_event_each() {
    let fixture = Fixture::new().await;
    let function = map(&[("name", "get_weather".into()), ("arguments", "{\"city\":\"Zürich\"}".into())]);
    let call = map(&[("id", "c1".into()), ("type", "function".into()), ("function", function)]);
    let answer = map(&[("content", "It rains.".into()), ("role", "assistant".into())]);
    let image = map(&[("type", "image_url".into()), ("image_url", "https://example.test/a.png".into())]);
    let events = vec![
        event("gen_ai.system.message", map(&[("content", "Be brief.".into())]), Attributes::new(), 0),
        event(
            "gen_ai.user.message",
            map(&[("content", Attribute::Array(vec!["Rain?".into(), image]))]),
            Attributes::new(),
            1,
        ),
        event(
            "gen_ai.assistant.message",
            map(&[("tool_calls", Attribute::Array(vec![call]))]),
            Attributes::new(),
            2,
        ),
        event(
            "gen_ai.tool.message",
            map(&[("id", "c1".into()), ("content", "7 °C".into())]),
            Attributes::new(),
            3,
        ),
        event(
            "gen_ai.choice",
            map(&[("message", answer), ("finish_reason", "stop".into())]),
            Attributes::new(),
            4,
        ),
        event("unrelated", "noise".into(), Attributes::new(), 5),
    ];
    fixture.write(Batch { events, ..Batch::default() }).await;
    let have = span(&fixture, RUNNING, 2).await;
    let want = json!([
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Rain?"},
            {"type": "image_url", "image_url": "https://example.test/a.png"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Zürich"}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "7 °C"}]}
    ]);
    assert_eq!(have["input_messages"], want);
    let choice = json!([{"role": "assistant", "parts": [{"type": "text", "content": "It rains."}], "finish_reason": "stop"}]);
    assert_eq!(have["output_messages"], choice);
}

#[tokio::test]
async fn an_orphan_rollup_counts() {
    let fixture = Fixture::empty();
    let make = Make { trace: 5, start: NOW, service: "s" };
    let agent = make.span(
        1,
        0,
        "agent",
        (0, 1),
        &[("test.kind", "agent".into()), ("gen_ai.usage.input_tokens", 7.into())],
    );
    let costs = vec![cost(&agent, Rule::OrphanRollup, Some("0.1"))];
    fixture.write(Batch { spans: vec![agent], costs, ..Batch::default() }).await;
    let have = span(&fixture, 5, 1).await;
    assert_eq!(
        (&have["counted"], &have["counted_reason"]),
        (&json!(true), &json!("the only holder of this usage (R3)"))
    );
}
