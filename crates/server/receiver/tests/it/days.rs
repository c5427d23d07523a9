//! Tests of the limit of days, on every wire and for every signal.

use axum::http::StatusCode;
use quipu_core::Limits;
use serde_json::{Value, json};

use super::World;
use super::bodies::now;

const DAY: u64 = 86_400_000_000_000;
const IS_JSON: (&str, &str) = ("content-type", "application/json");

/// The times of one record a day, beginning `from` days ago.
fn starts(from: u64, days: u64) -> impl Iterator<Item = u64> {
    let now = now();
    (from..from + days).map(move |day| now - day * DAY)
}

fn wide() -> World {
    World::new(Limits { days_per_request: 5, days_per_hour: 8, ..Limits::of_any_age() })
}

fn records(world: &World) -> usize {
    let batches = world.intake.batches.lock().unwrap();
    let points =
        |batch: &quipu_core::Batch| batch.metrics.iter().map(|metric| metric.points.len()).sum::<usize>();
    batches.iter().map(|batch| batch.spans.len() + batch.events.len() + points(batch)).sum()
}

fn refused(answer: &Value) -> u64 {
    let partial = answer["partialSuccess"].as_object().unwrap();
    let count = |(key, count): (&String, &Value)| {
        key.starts_with("rejected").then(|| count.as_str().unwrap().parse())
    };
    partial.iter().find_map(count).unwrap().unwrap()
}

fn logs(times: impl Iterator<Item = u64>) -> Value {
    let records: Vec<Value> = times.map(|time| json!({"timeUnixNano": time.to_string()})).collect();
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})
}

fn points(times: impl Iterator<Item = u64>) -> Value {
    let points: Vec<Value> =
        times.map(|time| json!({"timeUnixNano": time.to_string(), "asInt": "1"})).collect();
    let metric = json!({"name": "m", "gauge": {"dataPoints": points}});
    json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})
}

fn zipkin(times: impl Iterator<Item = u64>) -> Value {
    let span = |time: u64| json!({"traceId": format!("{time:032x}"), "id": "2", "timestamp": time / 1_000});
    times.map(span).collect()
}

#[tokio::test]
async fn records_of_all_signals_count_against_one_window() {
    let world = wide();
    let answer = world.post("/v1/logs", &[IS_JSON], logs(starts(50, 10)).to_string()).await;
    assert_eq!((answer.status, refused(&answer.json())), (StatusCode::OK, 5));
    let answer = world.post("/v1/metrics", &[IS_JSON], points(starts(100, 10)).to_string()).await;
    assert_eq!(refused(&answer.json()), 7, "eight days within an hour");
    let answer = world.post("/api/v2/spans", &[IS_JSON], zipkin(starts(200, 10)).to_string()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(records(&world), 8);
    for (signal, count) in [("logs", 5), ("metrics", 7), ("traces", 10)] {
        let series = format!("quipu_rejected_items_total{{signal={signal},reason=days}}");
        assert_eq!(world.count(&series), count, "{signal}");
    }
    let near = world.post("/api/v2/spans", &[IS_JSON], zipkin(starts(0, 2)).to_string()).await;
    assert_eq!((near.status, records(&world)), (StatusCode::ACCEPTED, 10), "near days are free");
}

#[tokio::test]
async fn each_day_that_is_not_near_is_a_batch_of_its_own() {
    let world = wide();
    let times = starts(0, 2).chain(starts(50, 3)).chain(starts(50, 3));
    assert_eq!(world.post("/v1/logs", &[IS_JSON], logs(times).to_string()).await.status, StatusCode::OK);
    let sizes = |world: &World| -> Vec<usize> {
        world.intake.batches.lock().unwrap().drain(..).map(|batch| batch.events.len()).collect()
    };
    assert_eq!(sizes(&world), [2, 2, 2, 2]);
    // The two days written last are open.
    assert_eq!(
        world.post("/v1/logs", &[IS_JSON], logs(starts(50, 3)).to_string()).await.status,
        StatusCode::OK
    );
    assert_eq!(sizes(&world), [2, 1]);
}

#[tokio::test]
async fn by_default_a_month_is_the_oldest() {
    let world = World::new(Limits::default());
    let (now, bad) = (now(), now() - 40 * DAY);
    let body = json!([
        {"traceId": "1", "id": "2", "timestamp": now / 1_000},
        {"traceId": "3", "id": "4", "timestamp": bad / 1_000},
    ]);
    let answer = world.post("/api/v2/spans", &[IS_JSON], body.to_string()).await;
    assert_eq!((answer.status, records(&world)), (StatusCode::ACCEPTED, 1));
    assert_eq!(world.count("quipu_rejected_items_total{signal=traces,reason=time_past}"), 1);
}
