//! Tests of `filter=` and `/api/v1/query`.

use serde_json::{Value, json};

use crate::fixture::{Fixture, RAG, RUNNING, WEATHER, trace_id};

fn key<'a>(answer: &'a Value, key: &Value) -> &'a Value {
    let groups = answer["groups"].as_array().unwrap();
    groups.iter().find(|group| &group["key"] == key).unwrap_or_else(|| panic!("no {key} in {answer}"))
}

async fn traces(fixture: &Fixture, filter: &str) -> Vec<String> {
    let filter: String = filter.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let answer = fixture.get(&format!("/api/v1/traces?filter={filter}")).await;
    let rows = answer["traces"].as_array().unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_list_of_traces_takes_the_language() {
    let fixture = Fixture::new().await;
    for (filter, names) in [
        ("model:gpt-*", &["support", "weather_graph"][..]),
        ("-model:gpt-*", &["rag_query"]),
        ("status:error,running", &["support", "rag_query"]),
        ("cost>0.004 -cost>=0.5", &["weather_graph"]),
        ("duration>5s", &["rag_query"]),
        ("-has:user", &["support", "rag_query"]),
        ("tool:book_table name:weather*", &["weather_graph"]),
        ("umbrella rain", &["weather_graph"]),
        ("tokens:1..1", &["support"]),
        ("errors>0", &["weather_graph", "rag_query"]),
    ] {
        let mut have = traces(&fixture, filter).await;
        have.sort_unstable();
        let mut want = names.to_vec();
        want.sort_unstable();
        assert_eq!(have, want, "{filter}");
    }
    let usage = fixture.get("/api/v1/usage?filter=framework:langgraph,llamaindex").await;
    assert_eq!(usage["total"]["llm_calls"], 2);
    let facets = fixture.get("/api/v1/facets?field=service&filter=has:user").await;
    assert_eq!(facets, json!({"values": [{"value": "weather-bot", "traces": 1}]}));
}

#[tokio::test]
async fn a_wrong_filter_tells_its_position() {
    let fixture = Fixture::new().await;
    for path in ["traces", "sessions", "usage", "tools", "costs/unpriced", "costs/analysis", "plans"] {
        let answer = fixture
            .ask(axum::http::Method::GET, &format!("/api/v1/{path}?filter=cost%3E1%20colour:red"), &[], "")
            .await;
        assert_eq!(answer.status.as_u16(), 400, "{path}");
        let problem = answer.json();
        assert_eq!((&problem["position"], &problem["title"]), (&json!(7), &json!("Bad filter")), "{path}");
        assert!(problem["type"].as_str().unwrap().ends_with("#bad-filter"));
        assert!(problem["detail"].as_str().unwrap().contains("found \"colour:red\", expected a field"));
    }
    let other = fixture.ask(axum::http::Method::GET, "/api/v1/traces?limit=0", &[], "").await;
    assert_eq!(other.json().get("position"), None);
}

#[tokio::test]
async fn calls_by_model_with_cost_latency_and_first_token() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/query?from=calls&group_by=model&histogram=true").await;
    assert_eq!(
        (&answer["from"], &answer["group_by"], &answer["left_out"]),
        (&json!("calls"), &json!(["model"]), &json!(0))
    );
    assert_eq!((&answer["since"], &answer["step_ms"]), (&Value::Null, &Value::Null));
    let known = key(&answer, &json!({"model": "gpt-4o"}));
    assert_eq!(
        (&known["count"], &known["cost_usd"], &known["tokens"]["total"]),
        (&json!(2), &json!("0.5041"), &json!(121))
    );
    assert_eq!((&known["points"], &known["value"]), (&json!([]), &Value::Null));
    let first = known["ttft_ms"]["p50"].as_f64().unwrap();
    assert!((first - 210.0).abs() < 3.0, "{first}");
    assert_eq!(known["trace_id"], trace_id(RUNNING).to_string());
    let unknown = key(&answer, &json!({"model": "mistral-nightly"}));
    assert_eq!(
        (&unknown["cost_usd"], &unknown["unpriced_calls"], &unknown["ttft_ms"]),
        (&Value::Null, &json!(1), &Value::Null)
    );
    let total = &answer["total"];
    assert_eq!((&total["count"], &total["tokens"]["total"]), (&json!(3), &json!(1121)));
    let histogram = total["latency_ms"]["histogram"].as_array().unwrap();
    assert_eq!(histogram.iter().map(|bin| bin[1].as_u64().unwrap()).sum::<u64>(), 3);
    assert!(histogram.len() <= 64);
    let plain = fixture.get("/api/v1/query?from=calls").await;
    assert_eq!(plain["total"]["latency_ms"].get("histogram"), None);
    assert_eq!((plain["groups"].as_array().map(Vec::len), &plain["groups"][0]["key"]), (Some(1), &json!({})));
}

#[tokio::test]
async fn points_are_steps_of_a_round_width() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/query?from=calls&step=auto&since=-2h&group_by=provider").await;
    assert_eq!(answer["step_ms"], 60_000.0);
    let total = answer["total"]["points"].as_array().unwrap();
    assert_eq!(total.len(), 3, "{answer}");
    assert_eq!(total[0]["start"], "2026-11-21T11:00:00.000000000Z");
    let sum: u64 = total.iter().map(|point| point["count"].as_u64().unwrap()).sum();
    assert_eq!((sum, &answer["total"]["count"]), (3, &json!(3)));
    assert!(total[0]["ttft_ms"]["p50"].is_f64(), "the total has what no group by provider can have");
    assert_eq!(key(&answer, &json!({"provider": "openai"}))["points"].as_array().map(Vec::len), Some(1));
    let open = fixture.get("/api/v1/query?from=traces&step=auto").await;
    assert_eq!(
        (&open["since"], &open["step_ms"]),
        (&json!("2026-11-21T11:00:00.000000000Z"), &json!(30_000.0))
    );
    let hours = fixture.get("/api/v1/query?from=calls&step=1h&since=-2h").await;
    assert_eq!(hours["total"]["points"].as_array().map(Vec::len), Some(1));
    let empty = Fixture::empty().get("/api/v1/query?from=calls&step=auto").await;
    assert_eq!((&empty["total"]["points"], &empty["total"]["count"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn work_of_every_kind() {
    let fixture = Fixture::new().await;
    for (from, count, errors) in [
        ("tools", 2, 1),
        ("agents", 1, 0),
        ("workflows", 3, 1),
        ("guardrails", 0, 0),
        ("retrievals", 0, 0),
        ("spans", 9, 2),
        ("failures", 2, 2),
        ("traces", 3, 1),
        ("events", 0, 0),
    ] {
        let answer = fixture.get(&format!("/api/v1/query?from={from}")).await;
        assert_eq!(
            (&answer["total"]["count"], &answer["total"]["errors"]),
            (&json!(count), &json!(errors)),
            "{from}"
        );
        assert_eq!(answer["total"]["tokens"], Value::Null, "{from}");
    }
    let failures = fixture.get("/api/v1/query?from=failures&group_by=error,tool").await;
    let failed = key(&failures, &json!({"error": "no table left", "tool": "book_table"}));
    assert_eq!((&failed["count"], &failed["trace_id"]), (&json!(1), &json!(trace_id(WEATHER).to_string())));
    let traces = fixture.get("/api/v1/query?from=traces&group_by=status").await;
    assert_eq!(key(&traces, &json!({"status": "running"}))["running"], 1);
    assert_eq!(key(&traces, &json!({"status": "error"}))["trace_id"], trace_id(RAG).to_string());
}

#[tokio::test]
async fn groups_come_in_the_order_asked_for_and_the_rest_is_counted() {
    let fixture = Fixture::new().await;
    let names = |answer: &Value| -> Vec<Value> {
        answer["groups"].as_array().unwrap().iter().map(|group| group["key"]["model"].clone()).collect()
    };
    let by = |sort: &str| format!("/api/v1/query?from=calls&group_by=model&sort={sort}");
    assert_eq!(names(&fixture.get(&by("count")).await), ["gpt-4o", "mistral-nightly"]);
    assert_eq!(names(&fixture.get(&by("tokens")).await), ["mistral-nightly", "gpt-4o"]);
    assert_eq!(names(&fixture.get(&by("latency")).await), ["mistral-nightly", "gpt-4o"]);
    assert_eq!(names(&fixture.get(&by("cost")).await), ["gpt-4o", "mistral-nightly"]);
    let one = fixture.get("/api/v1/query?from=calls&group_by=model&top=1").await;
    assert_eq!((names(&one), &one["left_out"]), (vec![json!("gpt-4o")], &json!(1)));
    assert_eq!(one["total"]["count"], 3, "the total is over all");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let fixture = Fixture::new().await;
    for (query, word) in [
        ("", "\"from\" is missing; expected one of calls, tools"),
        ("?from=thoughts", "one of calls, tools"),
        ("?from=calls&group_by=name", "for from=calls a comma list of model, provider"),
        ("?from=tools&group_by=tool,tool", "each at most once"),
        ("?from=calls&step=10", "auto, none"),
        ("?from=calls&top=0", "from 1 to 1000"),
        ("?from=tools&sort=cost", "one of count, errors, latency"),
        ("?from=calls&name=x", "unknown parameter \"name\""),
        ("?from=metric", "\"name\" is missing"),
        ("?from=metric&name=x&model=m", "unknown parameter \"model\""),
        ("?from=events&model=m", "unknown parameter \"model\""),
        ("?from=events&filter=cost%3E1", "only session, agent, framework and words"),
        ("?from=calls&step=1s&since=-1d", "more than 20000"),
        ("?from=calls&step=1m&since=-2d&group_by=model", "smaller top"),
    ] {
        let detail = fixture.fails(&format!("/api/v1/query{query}"), 400).await;
        assert!(detail.contains(word), "{query}: {detail}");
    }
}
