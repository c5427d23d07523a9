//! Tests of `/api/v1/retention`, removals and holds.

use std::sync::Arc;

use axum::http::Method;
use quipu_core::{Clock, Keep, Retention, RetentionPreset, Timestamp};
use serde_json::{Value, json};

use crate::fixture::{Fixture, NOW};

/// The trace about the weather.
const WEATHER: &str = "01010101010101010101010101010101";
const JSON: (&str, &str) = ("content-type", "application/json");
const PREVIEW: &str = "/api/v1/retention/preview";
const RUN: &str = "/api/v1/retention/run";

/// So many days after the traces of the fixture.
struct Later(i64);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        NOW.plus(self.0 * Timestamp::DAY)
    }
}

async fn after(days: i64) -> Fixture {
    let mut fixture = Fixture::new().await;
    fixture.state.clock = Arc::new(Later(days));
    fixture
}

async fn send(fixture: &Fixture, path: &str, body: Value) -> (u16, Value) {
    let answer = fixture.ask(Method::POST, path, &[JSON], &body.to_string()).await;
    (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
}

fn hold_of(trace: &str) -> String {
    format!("/api/v1/traces/{trace}/hold")
}

#[tokio::test]
async fn everything_is_kept_unless_rules_say_otherwise() {
    let mut fixture = after(400).await;
    assert_eq!(
        fixture.get("/api/v1/retention").await,
        json!({"rules": {"preset": "keep"}, "removes": false, "holds": 0})
    );
    assert_eq!(send(&fixture, RUN, json!({})).await.1["days"], json!([]));
    fixture.state.retention = Arc::new(Retention {
        preset: RetentionPreset::Short,
        traces: Some(Keep::days(2)),
        ..Retention::default()
    });
    let said = fixture.get("/api/v1/retention").await;
    assert_eq!((&said["rules"]["traces"], &said["removes"]), (&json!("2d"), &json!(true)));
    let (_, told) = send(&fixture, RUN, json!({})).await;
    assert_eq!((&told["dry_run"], &told["days"][0]["traces"]), (&json!(false), &json!(3)));
}

#[tokio::test]
async fn a_preview_removes_nothing_and_a_run_leaves_usage() {
    let fixture = after(4).await;
    let usage = fixture.get("/api/v1/usage?group_by=model,session").await;
    let rules = json!({"rules": {"traces": "1d"}});
    let (status, plan) = send(&fixture, PREVIEW, rules.clone()).await;
    assert_eq!((status, &plan["dry_run"], &plan["days"][0]["traces"]), (200, &json!(true), &json!(3)));
    assert_eq!(plan["days"][0]["day"], "2026-11-21");
    assert_eq!(fixture.get("/api/v1/traces").await["traces"].as_array().unwrap().len(), 3);
    let (_, told) = send(&fixture, RUN, rules).await;
    assert_eq!(told["days"][0]["spans"], plan["days"][0]["spans"]);
    assert_eq!(fixture.get("/api/v1/traces").await["traces"], json!([]));
    assert_eq!(fixture.get("/api/v1/usage?group_by=model,session").await, usage);
}

#[tokio::test]
async fn a_held_trace_stays_until_it_is_released() {
    let fixture = after(4).await;
    let (status, held) = send(&fixture, &hold_of(WEATHER), json!({"note": "for the audit"})).await;
    assert_eq!(
        (status, &held["trace_id"], &held["note"], &held["by"]),
        (200, &json!(WEATHER), &json!("for the audit"), &json!(""))
    );
    assert_eq!(fixture.get("/api/v1/holds").await["holds"], json!([held]));
    let rules = json!({"rules": {"traces": "1d", "costs": "1d"}});
    assert_eq!(send(&fixture, RUN, rules.clone()).await.1["days"][0]["held"], 1);
    let left = fixture.get("/api/v1/traces").await;
    assert_eq!(left["traces"].as_array().unwrap().len(), 1);
    let release = fixture.ask(Method::DELETE, &hold_of(WEATHER), &[], "").await;
    assert_eq!(release.body, r#"{"released":true}"#);
    let release = fixture.ask(Method::DELETE, &hold_of(WEATHER), &[], "").await;
    assert_eq!(release.body, r#"{"released":false}"#);
    send(&fixture, RUN, rules).await;
    assert_eq!(fixture.get("/api/v1/traces").await["traces"], json!([]));
}

#[tokio::test]
async fn bad_asks_are_refused_by_what_is_wrong() {
    let fixture = Fixture::new().await;
    let cases = [
        (RUN, json!({"rules": {"traces": "3"}}), "found \"3\""),
        (RUN, json!({"rules": {"trace": "3d"}}), "unknown field `trace`"),
        (RUN, json!({"rules": {"rule": [{"traces": "3d"}]}}), "expected a service"),
        (PREVIEW, json!({"rules": {"max_bytes": "1 kB"}}), "at least 1MiB"),
        (PREVIEW, json!({"rule": {}}), "unknown field `rule`"),
        (&hold_of(WEATHER), json!({"note": "x".repeat(501)}), "at most 500"),
        (&hold_of(WEATHER), json!({"note": "a\nb"}), "without line breaks"),
        (&hold_of("nothing"), json!({}), "In the path"),
    ];
    for (path, body, says) in cases {
        let (status, problem) = send(&fixture, path, body).await;
        assert!(status == 400 && problem["detail"].as_str().unwrap().contains(says), "{path}: {problem}");
    }
    let (status, problem) = send(&fixture, &hold_of(&"9".repeat(32)), json!({})).await;
    assert!(status == 404 && problem["detail"].as_str().unwrap().contains("no trace"), "{problem}");
}
