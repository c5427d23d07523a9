//! Tests of `/api/v1/export/traces` and `/api/v1/traces/delete`.

use axum::http::Method;
use quipu_api::dto::TraceSummary;
use quipu_core::Batch;
use serde_json::{Value, json};

use crate::fixture::{Fixture, MINUTE, Make, NOW, RAG, WEATHER, trace_id};
use crate::http::Answer;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn file(fixture: &Fixture, more: &str) -> (Answer, String) {
    file_of(fixture, "traces", more).await
}

async fn file_of(fixture: &Fixture, records: &str, more: &str) -> (Answer, String) {
    let answer = fixture.ask(Method::GET, &format!("/api/v1/export/{records}{more}"), &[], "").await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    (answer, text)
}

#[tokio::test]
async fn a_table_has_a_row_for_every_trace() {
    let fixture = Fixture::new().await;
    let (answer, text) = file(&fixture, "").await;
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"traces.csv\"");
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 4);
    let columns = lines[0].split(',').count();
    assert!(lines.iter().all(|line| line.split(',').count() == columns), "{text}");
    assert_eq!(
        lines[3],
        "01010101010101010101010101010101,weather_graph,weather-bot,langgraph,genai,2026-11-21T11:00:00.000000000Z,4210,ok,\
         5,1,2,1,100,20,60,0,0,0.0041,,,0,,sess/7,user-42,,,,,planner,gpt-4o"
    );
    let (_, some) = file(&fixture, "?format=csv&status=error").await;
    assert_eq!(some.lines().count(), 2);
}

#[tokio::test]
async fn lines_are_trace_summaries() {
    let fixture = Fixture::new().await;
    let (answer, text) = file(&fixture, "?format=jsonl").await;
    assert!(answer.header("content-type").starts_with("application/jsonl"));
    let lines: Vec<TraceSummary> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let page = fixture.get("/api/v1/traces").await;
    assert_eq!(serde_json::to_value(lines).unwrap(), page["traces"]);
    let (_, none) = file(&Fixture::empty(), "?format=jsonl").await;
    assert_eq!(none, "");
    assert_eq!(file(&Fixture::empty(), "").await.1.lines().count(), 1);
}

#[tokio::test]
async fn many_pages_become_one_file_and_formulas_are_harmless() {
    let fixture = Fixture::empty();
    let span = |number: u16| {
        let make =
            Make { trace: 1, start: NOW.plus(-MINUTE + i64::from(number)), service: "=cmd|' /C calc'!A1" };
        let mut span = make.span(1, 0, "@name, \"quoted\"", (0, 1), &[]);
        span.trace_id = quipu_core::TraceId::from_bytes((u128::from(number) + 1).to_be_bytes()).unwrap();
        span
    };
    fixture.write(Batch { spans: (0..1_234).map(span).collect(), ..Batch::default() }).await;
    let (_, text) = file(&fixture, "").await;
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1_235);
    assert!(lines[1].contains(",\"'@name, \"\"quoted\"\"\",'=cmd|' /C calc'!A1,"), "{}", lines[1]);
    let ids: std::collections::HashSet<&str> = lines[1..].iter().map(|line| &line[..32]).collect();
    assert_eq!(ids.len(), 1_234);
}

#[tokio::test]
async fn wrong_questions_are_problems() {
    let fixture = Fixture::new().await;
    for more in ["?format=xls", "?limit=1", "?status=meh", "?filter=colour:red"] {
        fixture.fails(&format!("/api/v1/export/traces{more}"), 400).await;
    }
}

#[tokio::test]
async fn spans_calls_and_events_are_those_of_their_routes() {
    let fixture = crate::events::fixture().await;
    let lines = |text: String| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let spans = lines(file_of(&fixture, "spans", "?format=ndjson").await.1);
    let weather = trace_id(WEATHER).to_string();
    let of_weather: Vec<&Value> = spans.iter().filter(|span| span["trace_id"] == weather.as_str()).collect();
    let answer = fixture.get(&format!("/api/v1/traces/{weather}")).await;
    assert_eq!(of_weather.len(), answer["spans"].as_array().unwrap().len());
    assert_eq!(of_weather[0]["attributes"], answer["spans"][0]["attributes"]);
    let calls = lines(file_of(&fixture, "calls", "?format=jsonl").await.1);
    let mut listed = fixture.get("/api/v1/calls?limit=1000").await["calls"].as_array().unwrap().clone();
    assert_eq!(calls.len(), listed.len());
    listed.retain(|call| !calls.contains(call));
    assert!(listed.is_empty(), "{listed:?}");
    let events = lines(file_of(&fixture, "events", "?format=jsonl").await.1);
    assert_eq!(json!(events), fixture.get("/api/v1/events?limit=500").await["events"]);
    for records in ["spans", "calls", "events", "metrics"] {
        let text = file_of(&fixture, records, "?format=csv").await.1;
        let (head, more) = text.split_once("\r\n").unwrap();
        assert!(head.contains(','), "{records}: {head}");
        assert!(records == "metrics" || !more.is_empty(), "{records}");
    }
}

#[tokio::test]
async fn an_otlp_file_has_the_spans_as_they_were_sent() {
    let fixture = Fixture::new().await;
    for records in ["traces", "spans"] {
        let text = file_of(&fixture, records, "?format=otlp-json").await.1;
        let spans: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .flat_map(|request| request["resourceSpans"].as_array().unwrap().clone())
            .flat_map(|resource| resource["scopeSpans"].as_array().unwrap().clone())
            .flat_map(|scope| scope["spans"].as_array().unwrap().clone())
            .collect();
        let traces = fixture.get("/api/v1/traces").await;
        let stored =
            traces["traces"].as_array().unwrap().iter().map(|trace| trace["spans"].as_u64().unwrap());
        assert_eq!(spans.len() as u64, stored.sum::<u64>(), "{records}");
        assert!(spans.iter().any(|span| span["traceId"] == trace_id(WEATHER).to_string().as_str()));
    }
}

#[tokio::test]
async fn wrong_exports_are_problems() {
    let fixture = Fixture::new().await;
    for wrong in [
        "calls?format=otlp-json",
        "metrics?format=otlp-json",
        "events?status=ok",
        "spans?format=csv&format=csv",
    ] {
        fixture.fails(&format!("/api/v1/export/{wrong}"), 400).await;
    }
    fixture.fails("/api/v1/export/sessions", 404).await;
}

async fn delete(fixture: &Fixture, body: &Value) -> Answer {
    fixture.ask(Method::POST, "/api/v1/traces/delete", &[JSON], &body.to_string()).await
}

#[tokio::test]
async fn traces_that_are_named_are_removed() {
    let fixture = Fixture::new().await;
    let ids = json!([trace_id(WEATHER).to_string(), trace_id(99).to_string(), trace_id(WEATHER).to_string()]);
    let dry = delete(&fixture, &json!({"trace_ids": ids, "dry_run": true})).await;
    assert_eq!(dry.json(), json!({"matched": 1, "deleted": 0, "dry_run": true}));
    let done = delete(&fixture, &json!({"trace_ids": ids})).await;
    assert_eq!(done.json(), json!({"matched": 1, "deleted": 1, "dry_run": false}), "{:?}", done.body);
    assert_eq!([dry, done].map(|answer| answer.deed.unwrap().preview), [true, false]);
    fixture.fails(&format!("/api/v1/traces/{}", trace_id(WEATHER)), 404).await;
    fixture.fails(&format!("/api/v1/traces/{}/outline", trace_id(WEATHER)), 404).await;
    assert_eq!(fixture.get("/api/v1/traces").await["traces"].as_array().unwrap().len(), 2);
    assert_eq!(delete(&fixture, &json!({"trace_ids": ids})).await.json()["deleted"], 0);
}

#[tokio::test]
async fn traces_that_match_are_removed() {
    let fixture = Fixture::new().await;
    let body = json!({"filter": "status:error", "since": "-1d", "until": "now", "dry_run": true});
    assert_eq!(delete(&fixture, &body).await.json(), json!({"matched": 1, "deleted": 0, "dry_run": true}));
    assert_eq!(delete(&fixture, &json!({"filter": "status:error"})).await.json()["deleted"], 1);
    fixture.fails(&format!("/api/v1/traces/{}", trace_id(RAG)), 404).await;
    assert_eq!(delete(&fixture, &json!({"until": "now"})).await.json()["deleted"], 2);
    assert_eq!(fixture.get("/api/v1/traces").await["traces"], json!([]));
}

#[tokio::test]
async fn wrong_deletions_are_refused() {
    let fixture = Fixture::new().await;
    for (body, word) in [
        (json!({}), "trace_ids"),
        (json!({"dry_run": true}), "trace_ids"),
        (json!({"trace_ids": []}), "trace_ids"),
        (json!({"trace_ids": ["xyz"]}), "trace_ids[0]"),
        (json!({"trace_ids": [trace_id(1).to_string()], "filter": "a"}), "combined"),
        (json!({"filter": "colour:red"}), "filter"),
        (json!({"filter": ""}), "filter"),
        (json!({"filter": "  \t\n"}), "trace_ids"),
        (json!({"filter": " ", "dry_run": true}), "trace_ids"),
        (json!({"trace_ids": null, "filter": null}), "trace_ids"),
        (json!({"since": "once"}), "since"),
        (json!({"since": "now", "until": "-1h"}), "until"),
        (json!({"all": true}), "all"),
        (json!({"trace_ids": vec![trace_id(1).to_string(); 1_001]}), "1000"),
    ] {
        let detail = delete(&fixture, &body).await.problem(400);
        assert!(detail.contains(word), "{body}: {detail}");
    }
    let path = "/api/v1/traces/delete";
    fixture.ask(Method::POST, path, &[], r#"{"until": "now"}"#).await.problem(415);
    assert_eq!(fixture.get("/api/v1/traces").await["traces"].as_array().unwrap().len(), 3);
}
