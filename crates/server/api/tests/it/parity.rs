//! Tests of `/api/parity-matrix`.

use quipu_core::{Batch, Rule};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Make, NOW, cost};

fn row<'a>(answer: &'a Value, framework: &Value) -> &'a Value {
    let rows = answer["frameworks"].as_array().unwrap();
    rows.iter()
        .find(|row| &row["framework"] == framework)
        .unwrap_or_else(|| panic!("{framework} in {answer}"))
}

fn share(row: &Value, signal: &str) -> Option<f64> {
    let lacks = row["lacks"].as_array().unwrap().iter().any(|lack| lack == signal);
    let sends = row["sends"].as_array().unwrap().iter().find(|sends| sends["signal"] == signal);
    assert!(!(lacks && sends.is_some()), "{signal}");
    if lacks { Some(0.0) } else { sends.map(|sends| sends["share"].as_f64().unwrap()) }
}

#[tokio::test]
async fn each_framework_tells_its_sums_and_what_it_sends() {
    let answer = Fixture::new().await.get("/api/parity-matrix").await;
    assert_eq!((&answer["since"], &answer["until"]), (&Value::Null, &json!(NOW.to_string())));
    assert_eq!((&answer["complete"], &answer["traces_read"]), (&json!(true), &json!(3)));
    let names: Vec<_> =
        answer["frameworks"].as_array().unwrap().iter().map(|row| &row["framework"]).collect();
    assert_eq!(names, [&Value::Null, &json!("langgraph"), &json!("llamaindex")]);

    let graph = row(&answer, &json!("langgraph"));
    assert_eq!(graph["convention"], "genai");
    for (figure, want) in [
        ("traces", 1),
        ("sessions", 1),
        ("users", 1),
        ("agents", 1),
        ("tool_calls", 2),
        ("sampled_calls", 1),
        ("unpriced_calls", 0),
    ] {
        assert_eq!(graph[figure], want, "{figure}: {graph}");
    }
    assert_eq!(graph["in_traces"]["llm_calls"], 1);
    assert_eq!(graph["in_traces"]["cost_usd"], "0.0041");
    assert_eq!(
        (&graph["first_seen"], &graph["last_seen"]),
        (&json!("2026-11-21T11:00:00.000000000Z"), &graph["first_seen"])
    );
    for sent in [
        "messages",
        "cache_read",
        "response_id",
        "finish_reasons",
        "ttft",
        "params",
        "session",
        "user",
        "agent",
        "tool_calls",
    ] {
        assert_eq!(share(graph, sent), Some(1.0), "{sent}");
    }
    for lacking in ["reasoning", "response_model", "reported_cost", "tool_definitions"] {
        assert_eq!(share(graph, lacking), Some(0.0), "{lacking}");
    }
    assert_eq!(share(graph, "errors"), None, "no call failed");

    let index = row(&answer, &json!("llamaindex"));
    assert_eq!((&index["llm_calls"], &index["unpriced_calls"]), (&json!(1), &json!(1)));
    assert_eq!((&index["cost_usd"], &index["tokens"]["input"]), (&Value::Null, &json!(1000)));
}

#[tokio::test]
async fn time_and_frameworks_choose() {
    let fixture = Fixture::new().await;
    let hour = fixture.get("/api/parity-matrix?time_range=1h").await;
    assert_eq!(hour["since"], json!(NOW.plus(-3_600_000_000_000).to_string()));
    let one = fixture.get("/api/parity-matrix?frameworks=llamaindex").await;
    assert_eq!(one["frameworks"].as_array().unwrap().len(), 1);
    let two = fixture.get("/api/parity-matrix?frameworks=llamaindex,langgraph").await;
    assert_eq!(two["frameworks"].as_array().unwrap().len(), 2);
    assert_eq!(row(&two, &json!("llamaindex")), row(&one, &json!("llamaindex")));
    let none = fixture.get("/api/parity-matrix?frameworks=nobody").await;
    assert_eq!(none["frameworks"], json!([]));
    assert_eq!(Fixture::empty().get("/api/parity-matrix").await["frameworks"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let fixture = Fixture::empty();
    for (query, says) in [
        ("time_range=2h", "1h, 24h, 7d, 30d"),
        ("frameworks=", "comma list"),
        ("frameworks=a,,b", "comma list"),
        ("since=-1h", "time_range, frameworks"),
        ("time_range=1h&time_range=7d", "twice"),
    ] {
        let detail = fixture.fails(&format!("/api/parity-matrix?{query}"), 400).await;
        assert!(detail.contains(says), "{query}: {detail}");
    }
}

/// A graph whose call is recorded by the provider's library: the call is the library's, and in the graph's
/// trace.
#[tokio::test]
async fn calls_of_a_library_are_in_the_traces_of_the_framework() {
    let fixture = Fixture::empty();
    let make = Make { trace: 6, start: NOW, service: "s" };
    let graph = make.span(
        1,
        0,
        "graph",
        (0, 9),
        &[("test.kind", "agent".into()), ("test.framework", "langgraph".into())],
    );
    let attributes = [
        ("test.kind", "llm".into()),
        ("test.framework", "openai".into()),
        ("gen_ai.usage.input_tokens", 5.into()),
    ];
    let mut failed = make.span(2, 1, "chat", (1, 2), &attributes);
    failed.status = quipu_core::Status::Error;
    let costs = vec![cost(&failed, Rule::Leaf, Some("0.5"))];
    fixture.write(Batch { spans: vec![graph, failed], costs, ..Batch::default() }).await;
    let answer = fixture.get("/api/parity-matrix").await;
    let total: u64 =
        answer["frameworks"].as_array().unwrap().iter().map(|row| row["llm_calls"].as_u64().unwrap()).sum();
    assert_eq!(total, 1);
    let library = row(&answer, &json!("openai"));
    assert_eq!(
        (&library["llm_calls"], &library["errors"], &library["cost_usd"]),
        (&json!(1), &json!(1), &json!("0.5"))
    );
    assert_eq!(share(library, "errors"), Some(0.0), "it failed and did not say why");
    let all: u64 = answer["frameworks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["in_traces"]["llm_calls"].as_u64().unwrap())
        .sum();
    assert_eq!(all, 1, "{answer}");
}
