//! Tests of the routes of alerts.

use axum::http::Method;
use quipu_api::{Money, StoreMeasure};
use serde_json::{Value, json};

use crate::fixture::{Fixture, NOW};
use crate::http::Answer;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn send(fixture: &Fixture, method: Method, path: &str, body: &Value) -> Answer {
    fixture.ask(method, &format!("/api/v1/alerts{path}"), &[JSON], &body.to_string()).await
}

/// A rule that fires for two of the three calls.
fn slow() -> Value {
    json!({"kind": "latency", "quantile": "avg", "group_by": ["model"], "window": "1d", "above": 1000.0, "channels": ["log"]})
}

#[tokio::test]
async fn a_rule_is_set_read_and_removed_and_file_rules_stay() {
    let fixture = Fixture::new().await;
    let set = send(&fixture, Method::PUT, "/rules/slow", &slow()).await;
    assert_eq!(set.status, 200, "{:?}", set.body);
    let rule = set.json();
    assert_eq!(
        (&rule["name"], &rule["source"], &rule["config"]),
        (&json!("slow"), &json!("stored"), &slow())
    );
    let listed = fixture.get("/api/v1/alerts/rules").await;
    assert_eq!(listed["rules"].as_array().unwrap().len(), 2);
    assert_eq!(listed["rules"][0]["effective"]["above"], 0.05, "a preset shows its keys");
    assert_eq!(
        listed["channels"],
        json!([{"name": "console", "kind": "console"}, {"name": "log", "kind": "log"}])
    );
    send(&fixture, Method::PUT, "/rules/of_file", &slow()).await.problem(409);
    send(&fixture, Method::DELETE, "/rules/of_file", &json!({})).await.problem(409);
    let wrong =
        send(&fixture, Method::PUT, "/rules/slow", &json!({"kind": "latency", "above": 1.0, "window": "5s"}))
            .await;
    let detail = wrong.problem(400);
    assert!(detail.contains("[alert.slow] window") && detail.contains("5s"), "{detail}");
    assert!(
        send(&fixture, Method::PUT, "/rules/slow", &json!({"kinds": 1})).await.problem(400).contains("kinds")
    );
    assert_eq!(send(&fixture, Method::DELETE, "/rules/slow", &json!({})).await.status, 204);
    send(&fixture, Method::DELETE, "/rules/slow", &json!({})).await.problem(404);
    fixture.fails("/api/v1/alerts/rules/slow", 404).await;
}

#[tokio::test]
async fn a_rule_that_runs_a_program_needs_an_admin_of_every_project() {
    let fixture = Fixture::new().await;
    let mut rule = slow();
    rule["actions"] = json!([{"command": ["/usr/local/bin/page-me", "--as", "root"]}]);
    let detail = send(&fixture, Method::PUT, "/rules/slow", &rule).await.problem(403);
    assert!(detail.contains("every project"), "{detail}");
    fixture.fails("/api/v1/alerts/rules/slow", 404).await;
}

#[tokio::test]
async fn a_firing_rule_is_listed_acknowledged_and_in_the_history() {
    let fixture = Fixture::new().await;
    send(&fixture, Method::PUT, "/rules/slow", &slow()).await;
    let alerts = fixture.state.alerts.clone().unwrap();
    alerts.evaluate(NOW).await.unwrap();
    let listed = fixture.get("/api/v1/alerts").await;
    let firing: Vec<&Value> =
        listed["alerts"].as_array().unwrap().iter().filter(|row| row["state"] == "firing").collect();
    assert!(!firing.is_empty(), "{listed}");
    let counted = firing.len();
    let cut = fixture.get("/api/v1/alerts?rule=slow&state=firing&limit=1").await;
    assert_eq!(cut["alerts"], json!([firing[0]]));
    assert_eq!((&cut["counts"]["firing"], &cut["left_out"]), (&json!(counted), &json!(counted - 1)));
    fixture.fails("/api/v1/alerts?limit=10001", 400).await;
    fixture.fails("/api/v1/alerts?state=loud", 400).await;
    let episode = firing[0]["episode"].as_str().unwrap();
    let model = firing[0]["group"]["model"].as_str().unwrap();
    let figures = fixture.get(&format!("/api/v1/query?from=calls&model={model}&since=-1d")).await;
    assert_eq!(firing[0]["value"], figures["total"]["latency_ms"]["avg"], "the figure of the query route");
    assert_eq!(send(&fixture, Method::POST, "/ack", &json!({"episode": episode})).await.status, 204);
    send(&fixture, Method::POST, "/ack", &json!({"episode": "none"})).await.problem(404);
    let history = fixture.get("/api/v1/alerts/history?rule=slow&state=firing").await;
    let row = history["episodes"].as_array().unwrap().iter().find(|row| row["id"] == episode).unwrap();
    assert_eq!((&row["acknowledged_by"], &row["notices"][0]["channel"]), (&json!("local"), &json!("log")));
    assert!(!row["traces"].as_array().unwrap().is_empty());
    assert_eq!(fixture.get("/api/v1/alerts/history?state=resolved").await["episodes"], json!([]));
    fixture.fails("/api/v1/alerts/history?state=open", 400).await;
}

#[tokio::test]
async fn a_back_test_tells_the_episodes_of_the_past() {
    let fixture = Fixture::new().await;
    let rule =
        json!({"kind": "latency", "quantile": "avg", "window": "5m", "above": 1000.0, "no_data": "ok"});
    let answer = send(&fixture, Method::POST, "/backtest", &json!({"rule": rule, "since": "-1d"})).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let test = answer.json();
    assert!(
        !test["episodes"].as_array().unwrap().is_empty() && test["firing_s"].as_f64().unwrap() > 0.0,
        "{test}"
    );
    let budget = json!({"rule": {"preset": "llm_quota_exceeded"}});
    assert!(send(&fixture, Method::POST, "/backtest", &budget).await.problem(400).contains("budget"));
    let backwards = json!({"rule": rule, "since": "-1h", "until": "-2h"});
    send(&fixture, Method::POST, "/backtest", &backwards).await.problem(400);
}

#[tokio::test]
async fn silences_are_added_listed_and_ended() {
    let fixture = Fixture::new().await;
    let new = json!({"matchers": {"rule": "slow"}, "reason": "deploy", "duration": "2h"});
    let silence = send(&fixture, Method::POST, "/silences", &new).await.json();
    assert_eq!((&silence["active"], &silence["author"]), (&json!(true), &json!("local")));
    assert_eq!(fixture.get("/api/v1/alerts/silences").await["silences"][0], silence);
    let path = format!("/silences/{}", silence["id"].as_str().unwrap());
    assert_eq!(send(&fixture, Method::DELETE, &path, &json!({})).await.status, 204);
    send(&fixture, Method::DELETE, &path, &json!({})).await.problem(404);
    let long = json!({"matchers": {"rule": "slow"}, "reason": "deploy", "duration": "2w"});
    assert!(send(&fixture, Method::POST, "/silences", &long).await.problem(400).contains("2w"));
}

#[tokio::test]
async fn a_test_notice_has_a_result() {
    let fixture = Fixture::empty();
    let answer = send(&fixture, Method::POST, "/fire", &json!({"channel": "log"})).await;
    assert_eq!(answer.json(), json!({"channel": "log", "delivered": true, "error": null}));
    send(&fixture, Method::POST, "/fire", &json!({"channel": "nowhere"})).await.problem(404);
}

#[tokio::test]
async fn objectives_and_health_have_figures_or_a_reason() {
    let fixture = Fixture::new().await;
    let slos = fixture.get("/api/v1/slos").await;
    let slo = &slos["slos"][0];
    assert_eq!((&slo["name"], &slo["objective"]), (&json!("answers"), &json!(0.9)));
    let calls = fixture.get("/api/v1/query?from=calls&since=-30d").await;
    let (count, errors) =
        (calls["total"]["count"].as_f64().unwrap(), calls["total"]["errors"].as_f64().unwrap());
    assert!((slo["measured"].as_f64().unwrap() - (count - errors) / count).abs() < 1e-12);
    let health = fixture.get("/api/v1/health").await;
    assert!(health["score"].is_null() && health["reason"].as_str().unwrap().contains("3 calls"), "{health}");
    assert!(
        fixture.get("/api/v1/health?tool=book_table").await["reason"].as_str().unwrap().contains("tool runs")
    );
    fixture.fails("/api/v1/health?model=x", 400).await;
}

#[tokio::test]
async fn a_link_shows_its_page_and_acknowledges_only_by_the_button() {
    use quipu_alert::{Alerts, AlertsConfig, AlertsParts, Callback, Extras};
    use std::sync::{Arc, Mutex};

    let fixture = Fixture::new().await;
    let heard = Arc::<Mutex<Vec<String>>>::default();
    // The hook's own body has the link; the address takes any request.
    let app = axum::Router::new().fallback({
        let heard = Arc::clone(&heard);
        async move |body: String| heard.lock().unwrap().push(body)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let channel = serde_json::from_value(json!({"kind": "webhook", "url": hook})).unwrap();
    let mut rule = slow();
    rule["channels"] = json!(["hook"]);
    rule["group_by"] = json!([]);
    let parts = AlertsParts {
        folder: None,
        config: AlertsConfig { url: "https://alerts.example".into(), ..AlertsConfig::default() },
        rules: [("slow".to_owned(), serde_json::from_value(rule).unwrap())].into(),
        channels: [("hook".to_owned(), channel)].into(),
        slos: Default::default(),
        measure: Arc::new(StoreMeasure::new(fixture.state.store.clone(), Money::vendored().budgets)),
        clock: fixture.state.clock.clone(),
        url: String::new(),
    };
    let callbacks = [("seen".to_owned(), Callback::new(|notice| assert!(notice.ack_url.is_empty())))].into();
    let alerts = Alerts::open_with(parts, Extras { callbacks, ..Extras::default() }).unwrap();
    alerts.evaluate(NOW).await.unwrap();
    alerts.deliver(NOW).await.unwrap();
    let body: Value = serde_json::from_str(&heard.lock().unwrap()[0]).unwrap();
    let link = body["ack_url"].as_str().unwrap().strip_prefix("https://alerts.example").unwrap().to_owned();
    let routes: axum::Router =
        quipu_api::alert_link_routes(vec![fixture.state.alerts.clone().unwrap(), alerts.clone()]);
    let ask = async |method: &str, path: &str| {
        use tower::ServiceExt as _;
        let request = axum::http::Request::builder().method(method).uri(path);
        let answer = routes.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, headers, String::from_utf8(body.to_vec()).unwrap())
    };
    for _ in 0..2 {
        let (status, headers, page) = ask("GET", &link).await;
        assert_eq!((status, page.contains("slow"), page.contains("<form")), (200, true, true), "{page}");
        assert!(headers["cache-control"] == "no-store" && headers["referrer-policy"] == "no-referrer");
    }
    let open = |alerts: &Alerts| {
        let alerts = alerts.clone();
        async move { alerts.history(quipu_alert::HistoryAsk { limit: 9, ..Default::default() }).await.unwrap() }
    };
    assert_eq!(open(&alerts).await[0].acknowledged_by, None, "a look changes nothing");
    assert_eq!(ask("POST", &link).await.0, 200);
    assert_eq!(open(&alerts).await[0].acknowledged_by.as_deref(), Some("link to hook"));
    for method in ["GET", "POST"] {
        let (status, _, page) = ask(method, &link).await;
        assert!(status == 410 && page.contains("was used"), "{status} {page}");
        let (status, _, page) = ask(method, "/api/v1/alerts/ack-link?token=%3Cscript%3E").await;
        assert!(status == 410 && page.contains("not a link") && !page.contains("script"), "{status} {page}");
    }
}
