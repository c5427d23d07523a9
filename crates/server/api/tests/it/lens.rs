//! Tests of `/api/v1/traces/{id}/spans/{id}/lens`.

use quipu_core::{Batch, Rule};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Make, NOW, WEATHER, cost, span_id, trace_id};

fn path(trace: u8, span: u8, query: &str) -> String {
    format!("/api/v1/traces/{}/spans/{}/lens{query}", trace_id(trace), span_id(span))
}

#[tokio::test]
async fn a_call_tells_how_it_was_read() {
    let have = Fixture::new().await.get(&path(WEATHER, 3, "")).await;
    let want = json!({
        "trace_id": trace_id(WEATHER).to_string(), "span_id": "0303030303030303", "name": "chat gpt-4o",
        "adapter": "plain", "enriched_by": [], "convention": "genai", "signal": "span", "counted": true, "rule": "leaf",
        "rule_text": "a call without a call below it (R1)", "reading": "inclusive",
        "reading_text": "this source sends input with cached tokens included",
        "lines": [{"field": "request_model", "value": "gpt-4o", "key": "gen_ai.request.model",
            "passed_over": ["llm.request.model"], "rule": "a rule"}],
        "unread": ["gen_ai.new"], "notes": ["mended"],
        "priced_by": {"source": "test", "version": "1", "id": "openai/gpt-4o"}, "cost_reason": null,
        "joined": []
    });
    assert_eq!(have, want);
}

#[tokio::test]
async fn what_does_not_count_and_what_nobody_reads_say_so() {
    let fixture = Fixture::new().await;
    let agent = fixture.get(&path(WEATHER, 2, "")).await;
    assert_eq!((&agent["counted"], &agent["rule"]), (&json!(false), &json!("repeats")));
    assert_eq!((&agent["priced_by"], &agent["cost_reason"]), (&Value::Null, &json!("not counted")));
    let root = fixture.get(&path(WEATHER, 1, "")).await;
    assert_eq!(
        (&root["rule"], &root["rule_text"], &root["reading"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );

    let make = Make { trace: 8, start: NOW, service: "s" };
    let bare = make.span(1, 0, "GET /", (0, 1), &[("http.request.method", "GET".into())]);
    fixture.write(Batch { spans: vec![bare], ..Batch::default() }).await;
    let unread = fixture.get(&path(8, 1, "")).await;
    assert_eq!((&unread["adapter"], &unread["convention"]), (&Value::Null, &Value::Null));
    assert_eq!((&unread["signal"], &unread["lines"]), (&json!("span"), &json!([])));
}

#[tokio::test]
async fn unknown_spans_and_parameters_are_refused() {
    let fixture = Fixture::new().await;
    assert!(fixture.fails(&path(WEATHER, 9, ""), 404).await.contains("0909090909090909"));
    assert!(fixture.fails(&path(WEATHER, 3, "?detail=full"), 400).await.contains("takes no parameters"));
    let bad = format!("/api/v1/traces/{}/spans/xyz/lens", trace_id(WEATHER));
    assert!(fixture.fails(&bad, 400).await.contains("span id"));
}

#[tokio::test]
async fn spans_tell_steps_hand_offs_and_guardrails() {
    let fixture = Fixture::empty();
    let make = Make { trace: 7, start: NOW, service: "s" };
    let attributes = [
        ("test.kind", "guardrail".into()),
        ("test.step", "review".into()),
        ("test.from", "Triage".into()),
        ("test.to", "Expert".into()),
        ("test.triggered", true.into()),
        ("gen_ai.usage.input_tokens", 7.into()),
    ];
    let span = make.span(1, 0, "guard", (0, 1), &attributes);
    let costs = vec![cost(&span, Rule::Echo, None)];
    fixture.write(Batch { spans: vec![span], costs, ..Batch::default() }).await;
    let have = fixture.get(&format!("/api/v1/traces/{}/spans/{}", trace_id(7), span_id(1))).await;
    let span = &have["span"];
    assert_eq!((&span["step"], &span["guardrail_triggered"]), (&json!("review"), &json!(true)));
    assert_eq!((&span["handoff_from"], &span["handoff_to"]), (&json!("Triage"), &json!("Expert")));
    assert_eq!((&span["counted_rule"], &span["counted_why"]), (&json!("echo"), &span["counted_reason"]));
    assert!(span["counted_why"].as_str().unwrap().contains("(R7)"));
}
