//! Tests of the routes of incidents, objectives and service level reports.

use axum::http::Method;
use serde_json::{Value, json};

use crate::fixture::{Fixture, NOW};
use crate::http::Answer;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn post(fixture: &Fixture, path: &str, body: &Value) -> Answer {
    fixture.ask(Method::POST, path, &[JSON], &body.to_string()).await
}

#[tokio::test]
async fn a_critical_rule_opens_an_incident_that_a_user_changes() {
    let fixture = Fixture::new().await;
    let rule = json!({"kind": "latency", "quantile": "avg", "group_by": ["model"], "window": "1d", "above": 1000.0, "severity": "critical"});
    fixture.ask(Method::PUT, "/api/v1/alerts/rules/slow", &[JSON], &rule.to_string()).await;
    fixture.state.alerts.clone().unwrap().evaluate(NOW).await.unwrap();
    let listed = fixture.get("/api/v1/incidents?state=open").await;
    let row = &listed["incidents"][0];
    assert_eq!(
        (&row["id"], &row["state"], &row["opened_by"]),
        (&json!(1), &json!("open"), &json!("rule slow"))
    );
    let change = json!({"owner": "grace", "note": "looking", "state": "closed"});
    let changed = post(&fixture, "/api/v1/incidents/1", &change).await.json();
    assert_eq!((&changed["owner"], &changed["closed_by"]), (&json!("grace"), &json!("local")));
    let whole = fixture.get("/api/v1/incidents/1").await;
    assert!(
        !whole["episodes"].as_array().unwrap().is_empty() && !whole["traces"].as_array().unwrap().is_empty()
    );
    assert!(whole["timeline"].as_array().unwrap().iter().any(|moment| moment["text"] == "looking"));
    assert!(whole["figures"]["calls"].is_u64(), "{whole}");
    let history = fixture.get("/api/v1/alerts/history?incident=1").await;
    assert_eq!(history["episodes"].as_array().unwrap().len(), whole["episodes"].as_array().unwrap().len());
    assert_eq!(history["figures"]["episodes"], json!(history["episodes"].as_array().unwrap().len()));
    let report = fixture.ask(Method::GET, "/api/v1/incidents/1/report", &[], "").await;
    assert!(report.status == 200 && String::from_utf8_lossy(&report.body).starts_with("# Incident 1: slow"));
    assert_eq!(fixture.get("/api/v1/incidents?state=open").await["incidents"], json!([]));
}

#[tokio::test]
async fn wrong_incidents_name_their_field() {
    let fixture = Fixture::empty();
    for (body, part) in [
        (json!({}), "title"),
        (
            json!({"title": "a", "severity": "high"}),
            "severity: expected info, warning or critical, got \"high\"",
        ),
        (json!({"title": "a", "state": "done"}), "state"),
        (json!({"title": "a", "traces": ["x"]}), "32 hexadecimal"),
        (json!({"name": "a"}), "name"),
    ] {
        let detail = post(&fixture, "/api/v1/incidents", &body).await.problem(400);
        assert!(detail.contains(part), "{part}: {detail}");
    }
    post(&fixture, "/api/v1/incidents/7", &json!({"note": "a"})).await.problem(404);
    post(&fixture, "/api/v1/incidents/x", &json!({"note": "a"})).await.problem(404);
    fixture.fails("/api/v1/incidents/7/report", 404).await;
    fixture.fails("/api/v1/incidents?state=done", 400).await;
    let opened =
        post(&fixture, "/api/v1/incidents", &json!({"title": "By hand", "severity": "info"})).await.json();
    assert_eq!(
        (&opened["opened_by"], &opened["severity"], &opened["episodes"]),
        (&json!("local"), &json!("info"), &json!(0))
    );
}

#[tokio::test]
async fn objectives_have_days_and_reports_have_three_forms() {
    let fixture = Fixture::new().await;
    let slo = fixture.get("/api/v1/slos/answers").await;
    let listed = fixture.get("/api/v1/slos").await;
    assert_eq!(slo["slo"], listed["slos"][0]);
    let days: f64 = slo["days"].as_array().unwrap().iter().map(|day| day["records"].as_f64().unwrap()).sum();
    assert_eq!(Some(days), slo["records"].as_f64());
    // A total failure burns ten budgets, so the pair with the line 14.4 cannot fire.
    assert_eq!(slo["windows"].as_array().unwrap().len(), 3);
    fixture.fails("/api/v1/slos/nothing", 404).await;

    let report = fixture.get("/api/v1/slos/report").await;
    assert_eq!((&report["objectives"][0]["name"], &report["partial"]), (&json!("answers"), &json!(true)));
    for (format, kind, begin) in
        [("html", "text/html", "<!doctype html>"), ("markdown", "text/markdown", "# Service level")]
    {
        let path = format!("/api/v1/slos/report?period=quarter&format={format}");
        let answer = fixture.ask(Method::GET, &path, &[], "").await;
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert!(String::from_utf8_lossy(&answer.body).starts_with(begin));
        assert!(
            header("content-type").starts_with(kind)
                && header("content-disposition").contains("service-levels-")
        );
    }
    fixture.fails("/api/v1/slos/report?period=soon", 400).await;
    fixture.fails("/api/v1/slos/report?format=pdf", 400).await;
}

#[tokio::test]
async fn health_has_a_trend_if_asked_and_a_back_test_has_a_curve() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.get("/api/v1/health").await["trend"], json!([]));
    assert_eq!(fixture.get("/api/v1/health?days=7").await["trend"].as_array().unwrap().len(), 8);
    fixture.fails("/api/v1/health?days=31", 400).await;
    let rule = json!({"rule": {"kind": "latency", "quantile": "avg", "above": 1000.0}, "since": "-1d"});
    let test = post(&fixture, "/api/v1/alerts/backtest", &rule).await.json();
    assert_eq!((&test["threshold"], &test["side"]), (&json!(1000.0), &json!("above")));
    assert!(!test["curve"].as_array().unwrap().is_empty(), "{test}");
}
