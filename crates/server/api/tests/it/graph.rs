//! Tests of `/api/v1/traces/{id}/graph`, `/api/v1/traces/{id}/search` and `/api/v1/map`.

use quipu_core::{Batch, Value as Attribute};
use serde_json::{Value, json};

use crate::fixture::{Fixture, MINUTE, Make, NOW, WEATHER, trace_id};

fn path(more: &str) -> String {
    format!("/api/v1/traces/{}/{more}", trace_id(WEATHER))
}

fn node<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["nodes"].as_array().unwrap().iter().find(|node| node["id"] == id).unwrap_or(&Value::Null)
}

fn edges(answer: &Value) -> Vec<(&str, &str)> {
    let edges = answer["edges"].as_array().unwrap().iter();
    edges.map(|edge| (edge["from"].as_str().unwrap(), edge["to"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_trace_tells_who_used_whom() {
    let fixture = Fixture::new().await;
    let answer = fixture.get(&path("graph")).await;
    assert_eq!(
        edges(&answer),
        [
            ("service:weather-bot", "workflow:weather_graph"),
            ("workflow:weather_graph", "agent:planner"),
            ("agent:planner", "model:gpt-4o"),
            ("agent:planner", "tool:book_table"),
            ("agent:planner", "tool:get_weather"),
        ]
    );
    let want = json!({"id": "agent:planner", "kind": "agent", "name": "planner", "calls": 1, "errors": 0, "tokens": 120,
        "cost_usd": "0.0041", "duration_ms": 4000.0, "inferred": 0});
    assert_eq!(*node(&answer, "agent:planner"), want);
    assert_eq!(node(&answer, "tool:book_table")["errors"], 1);
    assert_eq!((&answer["edges"][1]["tokens"], &answer["complete"]), (&json!(120), &json!(true)));
    fixture.fails(&path("graph?x=1"), 400).await;
    fixture.fails("/api/v1/traces/63636363636363636363636363636363/graph", 404).await;
}

#[tokio::test]
async fn handing_over_is_told_on_edges() {
    let fixture = Fixture::empty();
    let make = Make { trace: 5, start: NOW.plus(-MINUTE), service: "desk" };
    let handoff: [(&str, Attribute); 3] =
        [("test.kind", "task".into()), ("test.from", "triage".into()), ("test.to", "billing".into())];
    let spans = vec![make.span(1, 0, "handoff to billing", (0, 5), &handoff)];
    fixture.write(Batch { spans, ..Batch::default() }).await;
    let answer = fixture.get(&format!("/api/v1/traces/{}/graph", trace_id(5))).await;
    assert_eq!(edges(&answer), [("agent:triage", "agent:billing")]);
    assert_eq!(answer["edges"][0]["handoffs"], 1);
}

#[tokio::test]
async fn the_map_is_over_all_that_match() {
    let fixture = Fixture::new().await;
    let map = fixture.get("/api/v1/map").await;
    assert_eq!((&map["complete"], &map["traces_read"]), (&json!(true), &json!(3)));
    assert_eq!(
        (&node(&map, "model:gpt-4o")["calls"], &node(&map, "model:gpt-4o")["cost_usd"]),
        (&json!(2), &json!("0.5041"))
    );
    assert!(edges(&map).contains(&("service:docs-search", "workflow:rag_query")), "{map}");
    let some = fixture.get("/api/v1/map?service=docs-search").await;
    assert_eq!((&some["traces_read"], node(&some, "model:gpt-4o")), (&json!(1), &Value::Null));
    assert_eq!(Fixture::empty().get("/api/v1/map").await["nodes"], json!([]));
    fixture.fails("/api/v1/map?limit=1", 400).await;
}

#[tokio::test]
async fn words_are_found_in_names_messages_arguments_and_errors() {
    let fixture = Fixture::new().await;
    for (q, rows) in [
        ("chat", json!([2])),
        ("PLANNER", json!([1, 2, 3, 4])),
        ("umbrella", json!([2])),
        ("rain+UMBRELLA", json!([2])),
        ("z%C3%BCrich", json!([3])),
        ("no+table+left", json!([4])),
        ("timeouterror", json!([4])),
        ("nowhere", json!([])),
        ("umbrella+nowhere", json!([])),
    ] {
        let answer = fixture.get(&path(&format!("search?q={q}"))).await;
        assert_eq!((&answer["rows"], &answer["complete"]), (&rows, &json!(true)), "{q}");
        let outline = fixture.get(&path("outline")).await;
        assert_eq!(answer["version"], outline["version"]);
    }
    for q in ["search", "search?q=", "search?q=%20", "search?q=a&limit=1"] {
        fixture.fails(&path(q), 400).await;
    }
}
