//! Tests of `/api/v1/agents`, `/api/v1/tools/insights`, `/api/v1/guardrails`, `/api/metrics`.

use quipu_core::{Batch, Rule};
use serde_json::{Value, json};

use crate::fixture::{Fixture, MINUTE, Make, NOW, WEATHER, cost, trace_id};

#[tokio::test]
async fn agents_of_all_traces() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/agents").await;
    let agents = answer["agents"].as_array().unwrap();
    assert_eq!(agents.len(), 1, "{answer}");
    let planner = &agents[0];
    assert_eq!(
        (&planner["name"], &planner["runs"], &planner["errors"]),
        (&json!("planner"), &json!(1), &json!(0))
    );
    assert_eq!((&planner["llm_calls"], &planner["llm_calls_per_run"]), (&json!(3), &json!(3.0)));
    assert_eq!(
        (&planner["cost_usd"], &planner["unpriced_calls"], &planner["tokens"]["total"]),
        (&json!("0.5041"), &json!(1), &json!(1121))
    );
    assert_eq!(planner["duration_ms"]["avg"], 4000.0);
    assert!(planner["decision_ms"]["p95"].is_f64());
    assert_eq!(planner["tool_calls"], 2);
    let tool = json!({"name": "book_table", "calls": 1, "errors": 1});
    assert!(planner["tools"].as_array().unwrap().contains(&tool), "{planner}");
    assert_eq!(planner["models"][0], json!({"name": "gpt-4o", "calls": 2}));
    let failed = json!({"error": "no table left", "count": 1, "trace_id": trace_id(WEATHER).to_string()});
    assert!(planner["error_kinds"].as_array().unwrap().contains(&failed), "{planner}");
    assert_eq!(fixture.get("/api/v1/agents?filter=agent:nobody").await, json!({"agents": []}));
    assert!(fixture.fails("/api/v1/agents?limit=3", 400).await.contains("unknown parameter"));
}

#[tokio::test]
async fn tools_with_hours_errors_and_a_baseline() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/tools/insights?since=-24h").await;
    let tools = answer["tools"].as_array().unwrap();
    let failed = tools.iter().find(|tool| tool["name"] == "book_table").unwrap();
    assert_eq!(
        (&failed["calls"], &failed["success_rate"], &failed["last_error"]),
        (&json!(1), &json!(0.0), &json!("no table left"))
    );
    let hours = failed["hours"].as_array().unwrap();
    assert_eq!((hours.len(), &hours[23]["start"]), (24, &json!("2026-11-21T11:00:00.000000000Z")));
    assert_eq!(
        (&hours[23]["calls"], &hours[23]["errors"], &hours[0]["p95_ms"]),
        (&json!(1), &json!(1), &Value::Null)
    );
    assert_eq!(failed["error_kinds"][0]["error"], "no table left");
    assert_eq!(
        (&failed["baseline"], &failed["change"], &failed["recommendations"]),
        (&Value::Null, &Value::Null, &json!([]))
    );
    let later = fixture.get("/api/v1/tools/insights?since=-30m").await;
    assert_eq!(later, json!({"tools": []}));
    assert_eq!(Fixture::empty().get("/api/v1/tools/insights").await, json!({"tools": []}));
}

#[tokio::test]
async fn guardrails_of_a_store_without_any() {
    let answer = Fixture::new().await.get("/api/v1/guardrails?since=-1d").await;
    assert_eq!((&answer["checks"], &answer["rows"], &answer["series"]), (&json!(0), &json!([]), &json!([])));
    assert_eq!(answer["detections"], json!([]));
}

#[tokio::test]
async fn the_summary_of_a_range_by_framework() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/metrics?time_range=24h").await;
    assert_eq!(
        (&answer["requests"], &answer["errors"], &answer["traces"]),
        (&json!(3), &json!(0), &json!(3))
    );
    assert_eq!(
        (&answer["cost_usd"], &answer["active_sessions"], &answer["success_rate"]),
        (&json!("0.5041"), &json!(2), &json!(1.0))
    );
    assert!((answer["requests_per_minute"].as_f64().unwrap() - 3.0 / 1440.0).abs() < 1e-9);
    assert_eq!(answer["since"], "2026-11-20T12:00:00.000000000Z");
    assert_eq!(answer["frameworks"].as_array().map(Vec::len), Some(3));
    let some = fixture.get("/api/metrics?frameworks=langgraph,llamaindex").await;
    assert_eq!(
        (&some["requests"], &some["requests_per_minute"], &some["since"]),
        (&json!(2), &Value::Null, &Value::Null)
    );
    assert!(fixture.fails("/api/metrics?time_range=2h", 400).await.contains("one of 1h, 24h, 7d, 30d"));
}

/// A crew whose one call an SDK reported, a call of the SDK without a crew, and a crew with a graph inside.
async fn crew(fixture: &Fixture) {
    let chat = [
        ("test.kind", quipu_core::Value::from("llm")),
        ("gen_ai.provider.name", "openai".into()),
        ("gen_ai.request.model", "gpt-4o".into()),
        ("gen_ai.usage.input_tokens", 100.into()),
        ("gen_ai.usage.output_tokens", 20.into()),
    ];
    let mut batch = Batch::default();
    for (trace, framework, amount) in
        [(41, "openai", "0.25"), (42, "openai", "0.5"), (43, "langgraph", "0.125")]
    {
        let make = Make { trace, start: NOW.plus(-MINUTE), service: "crew" };
        let mut call = make.span(2, 1, "chat gpt-4o", (10, 500), &chat);
        call.canonical.framework = Some(framework.into());
        batch.costs.push(cost(&call, Rule::Leaf, Some(amount)));
        let mut root = make.span(1, 0, "run", (0, 1_000), &[]);
        root.canonical.framework = (trace != 42).then(|| "crewai".into());
        batch.spans.extend([root, call]);
    }
    fixture.write(batch).await;
}

#[tokio::test]
async fn calls_within_a_framework_are_its_own_whatever_reported_them() {
    let fixture = Fixture::empty();
    crew(&fixture).await;
    for (question, calls, cost) in [
        ("framework=crewai", 2, json!("0.375")),
        ("filter=framework:crewai", 2, json!("0.375")),
        ("framework=openai", 2, json!("0.75")),
        ("filter=framework:crewai,openai", 3, json!("0.875")),
        ("framework=langgraph", 1, json!("0.125")),
        ("filter=framework:crewai,langgraph", 2, json!("0.375")),
        ("framework=haystack", 0, Value::Null),
    ] {
        let usage = fixture.get(&format!("/api/v1/usage?group_by=model&{question}")).await;
        assert_eq!(
            (&usage["total"]["llm_calls"], &usage["total"]["cost_usd"]),
            (&json!(calls), &cost),
            "{question}"
        );
        let groups = usage["groups"].as_array().map(Vec::len);
        assert_eq!(groups, Some(usize::from(calls > 0)), "{question}");
    }
    let answer = fixture.get("/api/metrics?time_range=24h&frameworks=crewai").await;
    assert_eq!((&answer["total_requests"], &answer["total_cost_usd"]), (&json!(2), &json!("0.375")));
    assert_eq!((&answer["total_tokens"], &answer["avg_response_time_ms"]), (&json!(240), &json!(500.0)));
    assert_eq!(answer["cost_by_model"], json!({"gpt-4o": "0.375"}));
    let point =
        json!({"at": "2026-11-21T11:00:00.000000000Z", "requests": 2, "tokens": 240, "cost_usd": "0.375"});
    assert_eq!(answer["usage_over_time"], json!([point]));
    let crewai = &answer["frameworks"][0];
    assert_eq!(
        (&crewai["framework"], &crewai["requests"], &crewai["traces"]),
        (&json!("crewai"), &json!(2), &json!(2))
    );
}

#[tokio::test]
async fn spans_of_all_traces_are_as_many_as_figures_say() {
    let fixture = Fixture::new().await;
    for (from, by) in [
        ("calls", "kind=call"),
        ("tools", "kind=tool"),
        ("agents", "kind=agent"),
        ("spans", ""),
        ("failures", "state=failed"),
    ] {
        let figures = fixture.get(&format!("/api/v1/query?from={from}")).await;
        let list = fixture.get(&format!("/api/v1/spans?limit=1000&{by}")).await;
        assert_eq!(list["total"], figures["total"]["count"], "{from}: {list}");
        assert_eq!(list["spans"].as_array().unwrap().len() as u64, list["total"].as_u64().unwrap(), "{from}");
    }
}

#[tokio::test]
async fn spans_come_in_pages_of_any_order() {
    let fixture = Fixture::new().await;
    for sort in ["-started_at", "started_at", "-duration", "-cost", "tokens", "-status", "status"] {
        let whole = fixture.get(&format!("/api/v1/spans?sort={sort}&limit=1000")).await;
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = fixture.get(&format!("/api/v1/spans?sort={sort}&limit=2{cursor}")).await;
            assert_eq!(page["total"], whole["total"]);
            paged.extend(page["spans"].as_array().unwrap().clone());
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(&paged, whole["spans"].as_array().unwrap(), "{sort}");
    }
    let first = fixture.get("/api/v1/spans?sort=-cost&limit=1").await;
    let next = first["next_cursor"].as_str().unwrap();
    let wrong = fixture.fails(&format!("/api/v1/spans?sort=cost&cursor={next}"), 400).await;
    assert!(wrong.contains("next_cursor"), "{wrong}");
}

#[tokio::test]
async fn failures_are_found_by_their_error() {
    let fixture = Fixture::new().await;
    let tools = fixture.get("/api/v1/spans?kind=tool&state=failed").await;
    let failed = &tools["spans"][0];
    assert_eq!(
        (&tools["total"], &failed["tool"], &failed["error"], &failed["status"]),
        (&json!(1), &json!("book_table"), &json!("no table left"), &json!("error"))
    );
    let found = fixture.get("/api/v1/spans?state=failed&message=no+table+left&message=other").await;
    assert_eq!((&found["total"], &found["spans"][0]["span_id"]), (&json!(1), &failed["span_id"]));
    assert_eq!(fixture.get("/api/v1/spans?state=failed&message=no+table").await["total"], 0);
    assert!(fixture.fails("/api/v1/spans?kind=thing", 400).await.contains("a comma list of call"));
    assert!(fixture.fails("/api/v1/spans?state=open", 400).await.contains("one of failed"));
}
