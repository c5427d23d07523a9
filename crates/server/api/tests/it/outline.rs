//! Tests of `/api/v1/traces/{id}/outline`.

use std::sync::Arc;

use quipu_api::dto::OutlineAnswer;
use quipu_core::{Batch, Committed};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::fixture::{Fixture, MINUTE, Make, NOW, RUNNING, WEATHER, trace_id};

fn path(trace: u8, more: &str) -> String {
    format!("/api/v1/traces/{}/outline{more}", trace_id(trace))
}

/// A column with its numbers replaced by what they count from.
fn words<'a>(answer: &'a Value, column: &str, words: &str) -> Vec<&'a str> {
    let word =
        |number: &Value| answer[words][number.as_u64().unwrap_or(u64::MAX) as usize].as_str().unwrap_or("");
    answer[column].as_array().unwrap().iter().map(word).collect()
}

#[tokio::test]
async fn a_trace_is_told_in_columns() {
    let answer = Fixture::new().await.get(&path(WEATHER, "")).await;
    assert_eq!(
        words(&answer, "name", "names"),
        [
            "weather_graph",
            "invoke_agent planner",
            "chat gpt-4o",
            "execute_tool get_weather",
            "execute_tool book_table"
        ]
    );
    assert_eq!(words(&answer, "kind", "kinds"), ["workflow", "agent", "llm", "tool", "tool"]);
    assert_eq!(words(&answer, "status", "statuses"), ["ok", "ok", "ok", "ok", "error"]);
    assert_eq!(words(&answer, "agent", "agents"), ["", "planner", "planner", "planner", "planner"]);
    assert_eq!(words(&answer, "tool", "tools"), ["", "", "", "get_weather", "book_table"]);
    assert_eq!(words(&answer, "model", "models"), ["", "", "gpt-4o", "", ""]);
    for (column, want) in [
        ("parent", json!([-1, 0, 1, 1, 1])),
        ("size", json!([5, 4, 1, 1, 1])),
        ("depth", json!([0, 1, 2, 2, 2])),
        ("start_us", json!([0, 1_000, 2_000, 900_000, 1_100_000])),
        ("duration_us", json!([4_210_000, 4_000_000, 820_000, 110_000, 20_000])),
        ("self_us", json!([210_000, 3_050_000, 820_000, 110_000, 20_000])),
        ("first_token_us", json!([-1, -1, 210_000, -1, -1])),
        ("counted", json!([-1, 0, 1, 1, 1])),
        ("input", json!([-1, 100, 100, -1, -1])),
        ("output", json!([-1, 0, 20, -1, -1])),
        ("cost_nusd", json!([null, null, 4_100_000, null, null])),
    ] {
        assert_eq!(answer[column], want, "{column}");
    }
    assert_eq!(
        (&answer["total"], &answer["next_at"], &answer["complete"]),
        (&json!(5), &Value::Null, &json!(true))
    );
    assert_eq!(answer["trace"]["name"], "weather_graph");
    let shape: OutlineAnswer = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(serde_json::to_value(shape).unwrap(), answer);
    let running = Fixture::new().await.get(&path(RUNNING, "")).await;
    assert_eq!((&running["duration_us"][0], &running["self_us"][0]), (&json!(-1), &json!(-1)));
    assert_eq!(words(&running, "status", "statuses"), ["running", "ok"]);
}

#[tokio::test]
async fn pages_are_the_whole() {
    let fixture = Fixture::new().await;
    let whole = fixture.get(&path(WEATHER, "")).await;
    let first = fixture.get(&path(WEATHER, "?limit=2")).await;
    assert_eq!((first["ids"].as_array().unwrap().len(), &first["next_at"]), (2, &json!(2)));
    let rest = fixture.get(&path(WEATHER, "?at=2&limit=10000")).await;
    assert_eq!((&rest["next_at"], &rest["version"]), (&Value::Null, &whole["version"]));
    assert_eq!(rest["parent"], json!([1, 1, 1]), "rows count from the beginning of the whole");
    assert_eq!(words(&rest, "name", "names"), words(&whole, "name", "names")[2..]);
    let behind = fixture.get(&path(WEATHER, "?at=99")).await;
    assert_eq!((&behind["ids"], &behind["next_at"], &behind["total"]), (&json!([]), &Value::Null, &json!(5)));
}

#[tokio::test]
async fn wrong_questions_are_refused() {
    let fixture = Fixture::new().await;
    for more in ["?at=-1", "?limit=0", "?limit=10001", "?page=1"] {
        fixture.fails(&path(WEATHER, more), 400).await;
    }
    fixture.fails("/api/v1/traces/xyz/outline", 400).await;
    fixture.fails(&path(99, ""), 404).await;
}

/// Two questions to one router, with something in between.
async fn versions(fixture: &Fixture, between: impl AsyncFnOnce()) -> (Value, Value) {
    let router = fixture.router();
    let ask = async || {
        let request =
            axum::http::Request::builder().uri(path(WEATHER, "")).body(axum::body::Body::empty()).unwrap();
        let body = router.clone().oneshot(request).await.unwrap().into_body();
        let bytes = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    let before = ask().await;
    between().await;
    // On this test's only thread, the listener of commits runs now.
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
    (before, ask().await)
}

#[tokio::test]
async fn a_version_lasts_until_the_trace_changes() {
    let fixture = Fixture::new().await;
    let (one, two) = versions(&fixture, async || {}).await;
    assert_eq!(one["version"], two["version"]);
    let tell = |traces| {
        let committed = Committed { at: NOW, traces, spans: 1, events: 0, points: 0 };
        fixture.state.live.send(Arc::new(committed)).unwrap();
    };
    let (one, two) = versions(&fixture, async || tell(vec![trace_id(RUNNING)])).await;
    assert_eq!(one["version"], two["version"], "another trace's commit");
    let (one, two) = versions(&fixture, async || tell(vec![trace_id(WEATHER)])).await;
    assert_ne!(one["version"], two["version"], "a commit of the trace");
    let more = async || {
        let make = Make { trace: WEATHER, start: NOW.plus(-60 * MINUTE), service: "weather-bot" };
        let late = make.span(9, 2, "late", (3000, 10), &[]);
        fixture.write(Batch { spans: vec![late], ..Batch::default() }).await;
    };
    let (one, two) = versions(&fixture, more).await;
    assert_ne!(one["version"], two["version"], "another row");
    assert_eq!((&one["total"], &two["total"]), (&json!(5), &json!(6)));
}

#[tokio::test]
async fn many_pages_of_a_long_trace_are_of_one_version() {
    let fixture = Fixture::empty();
    let make = Make { trace: 7, start: NOW.plus(-60 * MINUTE), service: "long" };
    let span = |number: u64| {
        let mut span = make.span(1, 0, "step", (i64::try_from(number).unwrap(), 5), &[]);
        span.span_id = quipu_core::SpanId::from_bytes((number + 1).to_be_bytes()).unwrap();
        span.parent_id =
            (number > 0).then(|| quipu_core::SpanId::from_bytes((number / 3 + 1).to_be_bytes()).unwrap());
        span
    };
    fixture.write(Batch { spans: (0..25_000).map(span).collect(), ..Batch::default() }).await;
    let (mut at, mut rows, mut versions) = (Some(0), 0, std::collections::HashSet::new());
    while let Some(from) = at {
        let page = fixture.get(&path(7, &format!("?at={from}"))).await;
        rows += page["ids"].as_array().unwrap().len();
        versions.insert(page["version"].as_str().unwrap().to_owned());
        at = page["next_at"].as_u64();
    }
    assert_eq!((rows, versions.len()), (25_000, 1));
}
