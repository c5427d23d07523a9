//! Tests of `/api/v1/metrics` and `/api/v1/metrics/query`.

use std::sync::Arc;

use quipu_core::{Batch, Instrument, Metric, Point, PointValue, Resource, Scope, Temporality};
use serde_json::{Value, json};

use crate::fixture::{Fixture, MINUTE, NOW};

async fn fixture() -> Fixture {
    let fixture = Fixture::empty();
    let point = |minutes: i64, model: &str, value: f64| Point {
        time: NOW.plus(-minutes * MINUTE),
        start: None,
        attributes: [("model", model)].into_iter().collect(),
        value: PointValue::Number(value),
        exemplars: Vec::new(),
        wire: None,
    };
    let points = vec![point(3, "a", 1.0), point(2, "a", 3.0), point(2, "b", 7.0)];
    let metric = Metric {
        name: "queue.depth".into(),
        unit: "{request}".into(),
        description: "Requests waiting.".into(),
        instrument: Instrument::Gauge,
        temporality: Temporality::Unspecified,
        points,
        resource: Arc::new(Resource::default()),
        scope: Arc::new(Scope::default()),
    };
    fixture.write(Batch { metrics: vec![metric], ..Batch::default() }).await;
    fixture
}

#[tokio::test]
async fn metrics_are_listed() {
    let want = json!({
        "name": "queue.depth", "unit": "{request}", "description": "Requests waiting.", "instrument": "gauge", "series": 2,
        "last_at": "2026-11-21T11:58:00.000000000Z"
    });
    assert_eq!(fixture().await.get("/api/v1/metrics").await, json!({"metrics": [want]}));
}

#[tokio::test]
async fn series_are_gathered_into_steps() {
    let fixture = fixture().await;
    let one = fixture.get("/api/v1/metrics/query?name=queue.depth&label=model=a&step=1m&agg=last").await;
    let points = json!([["2026-11-21T11:57:00.000000000Z", 1.0], ["2026-11-21T11:58:00.000000000Z", 3.0]]);
    assert_eq!(one, json!({"series": [{"labels": {"model": "a"}, "points": points}]}));
    let wide = fixture
        .get("/api/v1/metrics/query?name=queue.depth&labels=%7B%22model%22%3A%22a%22%7D&step=1h&agg=max")
        .await;
    assert_eq!(wide["series"][0]["points"], json!([["2026-11-21T11:00:00.000000000Z", 3.0]]));
    let both = fixture.get("/api/v1/metrics/query?name=queue.depth&since=-150s").await;
    assert_eq!(both["series"].as_array().map(Vec::len), Some(2));
    let none = fixture.get("/api/v1/metrics/query?name=none").await;
    assert_eq!(none["series"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn bad_parameters_are_refused() {
    let fixture = fixture().await;
    for (query, word) in [
        ("", "\"name\" is missing"),
        ("?name=n&step=10", "at least 1000"),
        ("?name=n&agg=mode", "one of avg"),
        ("?name=n&label=x", "key=value"),
        ("?name=n&since=-30d&step=1s", "11000"),
    ] {
        let detail = fixture.fails(&format!("/api/v1/metrics/query{query}"), 400).await;
        assert!(detail.contains(word), "{detail}");
    }
    assert!(fixture.fails("/api/v1/metrics?name=n", 400).await.contains("takes no parameters"));
}
