//! Tests of `/api/v1/scores`, `/api/v1/calls`, `/api/v1/exchanges` and `/api/v1/excerpts`.

use std::sync::Arc;

use axum::http::Method;
use quipu_core::{Batch, Event, Level, Resource, Scope, Value as Attribute};
use quipu_pipeline::{Pipeline, PipelineParts};
use serde_json::{Value, json};

use crate::fixture::{Fixture, NOW, RAG, WEATHER, trace_id};

const JSON: (&str, &str) = ("content-type", "application/json");

/// The fixture with a pipeline that writes into its store.
async fn fixture() -> Fixture {
    let mut fixture = Fixture::new().await;
    let parts = PipelineParts::new(Arc::clone(&fixture.state.store));
    fixture.state.pipeline = Some(Arc::new(Pipeline::start(parts)));
    fixture
}

async fn send(fixture: &Fixture, scores: Value) -> (u16, Value) {
    let body = json!({ "scores": scores }).to_string();
    let answer = fixture.ask(Method::POST, "/api/v1/scores", &[JSON], &body).await;
    (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
}

async fn of_weather(fixture: &Fixture) -> Vec<Value> {
    let answer = fixture.get(&format!("/api/v1/scores?trace_id={}", trace_id(WEATHER))).await;
    answer["scores"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_score_replaces_the_one_with_its_id_and_an_empty_one_withdraws_it() {
    let fixture = fixture().await;
    let weather = trace_id(WEATHER).to_string();
    let thumb = |value: f64| json!([{"id": "a", "name": "thumb", "value": value, "trace_id": weather}]);
    assert_eq!(send(&fixture, thumb(1.0)).await.0, 200);
    let note = json!([{"id": "b", "name": "note", "comment": "wrong city", "trace_id": weather}]);
    let (status, stored) = send(&fixture, note).await;
    assert_eq!((status, &stored["scores"][0]["comment"]), (200, &json!("wrong city")));
    assert_eq!(of_weather(&fixture).await.len(), 2);
    assert_eq!(send(&fixture, json!([{"id": "a", "name": "thumb", "trace_id": weather}])).await.0, 200);
    let left = of_weather(&fixture).await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["source"], "human");
    let other = fixture.get(&format!("/api/v1/scores?trace_id={}", trace_id(RAG))).await;
    assert_eq!(other["scores"], json!([]));
}

#[tokio::test]
async fn a_wrong_score_is_refused_by_its_field() {
    let fixture = fixture().await;
    let weather = trace_id(WEATHER).to_string();
    for (score, field) in [
        (json!({"id": "", "name": "n", "trace_id": weather}), "scores[0].id"),
        (json!({"id": "a", "name": "", "trace_id": weather}), "scores[0].name"),
        (json!({"id": "a", "name": "n", "trace_id": "zz"}), "scores[0].trace_id"),
        (json!({"id": "a", "name": "n", "span_id": "0101010101010101"}), "scores[0].trace_id"),
        (json!({"id": "a", "name": "n", "trace_id": weather, "value": "x".repeat(201)}), "scores[0].value"),
    ] {
        let (status, problem) = send(&fixture, json!([score])).await;
        assert_eq!(status, 400, "{problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with(field), "{problem}");
    }
    assert_eq!(send(&fixture, json!([])).await.0, 400);
    assert_eq!(
        send(&Fixture::new().await, json!([{"id": "a", "name": "n", "trace_id": weather}])).await.0,
        503
    );
}

#[tokio::test]
async fn an_evaluation_of_telemetry_is_a_score() {
    let fixture = fixture().await;
    let attributes = [
        ("gen_ai.evaluation.name", Attribute::from("relevance")),
        ("gen_ai.evaluation.score.value", Attribute::from(0.25)),
    ];
    let event = Event {
        time: NOW,
        level: Level::Info,
        name: "gen_ai.evaluation.result".into(),
        trace_id: Some(trace_id(WEATHER)),
        span_id: None,
        session: None,
        agent: None,
        framework: None,
        body: Attribute::Null,
        attributes: attributes.into_iter().collect(),
        wire: None,
        resource: Arc::new(Resource::default()),
        scope: Arc::new(Scope::default()),
    };
    fixture.write(Batch { events: vec![event], ..Batch::default() }).await;
    let scores = of_weather(&fixture).await;
    assert_eq!((&scores[0]["name"], &scores[0]["value"]), (&json!("relevance"), &json!(0.25)));
}

#[tokio::test]
async fn calls_come_in_the_order_that_was_asked_for() {
    let fixture = Fixture::new().await;
    let all = fixture.get("/api/v1/calls").await;
    let usage = fixture.get("/api/v1/usage").await;
    assert_eq!((&all["total"], &all["complete"]), (&usage["total"]["llm_calls"], &json!(true)));
    let times: Vec<&str> =
        all["calls"].as_array().unwrap().iter().map(|call| call["started_at"].as_str().unwrap()).collect();
    assert!(times.len() > 1 && times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let dear = fixture.get("/api/v1/calls?sort=-cost&limit=1").await;
    assert_eq!((&dear["calls"].as_array().unwrap().len(), &dear["total"]), (&1, &all["total"]));
    let cost = |call: &Value| call["cost_usd"].as_str().map_or(-1.0, |text| text.parse::<f64>().unwrap());
    let most = all["calls"].as_array().unwrap().iter().map(cost).fold(-1.0, f64::max);
    assert!((cost(&dear["calls"][0]) - most).abs() < 1e-12, "{dear}");
    let failed = fixture.get("/api/v1/calls?failed=true").await;
    assert_eq!(failed["total"], usage["total"]["errors"]);
    let none = fixture.get("/api/v1/calls?model=nobody").await;
    assert_eq!((&none["total"], &none["calls"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn an_exchange_has_the_question_and_the_answer() {
    let fixture = Fixture::new().await;
    let path = format!("/api/v1/exchanges?trace={}&trace={}", trace_id(WEATHER), trace_id(RAG));
    let answer = fixture.get(&path).await;
    let found = answer["exchanges"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["trace_id"], trace_id(WEATHER).to_string());
    assert!(found.iter().any(|one| one["asked"].is_string()), "{answer}");
    let session = fixture.get("/api/v1/sessions").await["sessions"][0]["session_id"].clone();
    let path = format!("/api/v1/exchanges?session={}", session.as_str().unwrap().replace('/', "%2F"));
    assert_eq!(fixture.get(&path).await["exchanges"][0]["session_id"], session);
    let refused = fixture.ask(Method::GET, "/api/v1/exchanges", &[], "").await;
    assert_eq!(refused.status.as_u16(), 400);
}

#[tokio::test]
async fn an_excerpt_has_the_text_around_the_searched_words() {
    let fixture = Fixture::new().await;
    let weather = trace_id(WEATHER);
    let exchange = fixture.get(&format!("/api/v1/exchanges?trace={weather}")).await;
    let asked = exchange["exchanges"][0]["asked"].as_str().unwrap().to_owned();
    let word = asked.split_whitespace().max_by_key(|word| word.len()).unwrap().to_uppercase();
    let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    let answer = fixture.get(&format!("/api/v1/excerpts?find={word}&trace={weather}")).await;
    let found = &answer["excerpts"][0];
    assert_eq!(found["trace_id"], weather.to_string());
    assert!(found["text"].as_str().unwrap().to_uppercase().contains(word), "{answer}");
    let span = format!("{weather}:{}", found["span_id"].as_str().unwrap());
    let of_span = fixture.get(&format!("/api/v1/excerpts?find={word}&span={span}")).await;
    assert_eq!(of_span["excerpts"][0]["span_id"], found["span_id"]);
    let other = fixture.get(&format!("/api/v1/excerpts?find=nowhere-said&trace={weather}")).await;
    assert_eq!(other["excerpts"], json!([]));
    for refused in ["find=a", &format!("trace={weather}"), &format!("find=&trace={weather}")] {
        let refused = fixture.ask(Method::GET, &format!("/api/v1/excerpts?{refused}"), &[], "").await;
        assert_eq!(refused.status.as_u16(), 400);
    }
}
