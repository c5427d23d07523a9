//! Tests of `/api/v1/budgets`.

use axum::http::Method;
use quipu_api::Money;
use quipu_budget::{Budget, Budgets};
use quipu_core::Usd;
use serde_json::{Value, json};

use crate::fixture::{Fixed, Fixture};
use crate::http::Answer;

const JSON: (&str, &str) = ("content-type", "application/json");

/// One budget of the configuration, and a store whose calls cost 0.5041.
async fn fixture() -> Fixture {
    let mut fixture = Fixture::new().await;
    let budgets =
        Budgets::builder().clock(std::sync::Arc::new(Fixed)).budget("house", Budget::usd(Usd::cents(5_000)));
    fixture.state.money = Money { budgets: budgets.build().unwrap(), writable: true, ..Money::vendored() };
    fixture
}

async fn put(fixture: &Fixture, name: &str, body: &Value) -> Answer {
    fixture.ask(Method::PUT, &format!("/api/v1/budgets/{name}"), &[JSON], &body.to_string()).await
}

async fn check(fixture: &Fixture, name: &str, body: &Value) -> Value {
    let path = format!("/api/v1/budgets/{name}/check");
    let answer = fixture.ask(Method::POST, &path, &[JSON], &body.to_string()).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_budget_is_set_with_what_was_spent_and_removed() {
    let fixture = fixture().await;
    let listed = fixture.get("/api/v1/budgets").await;
    assert_eq!(
        (&listed["budgets"][0]["name"], &listed["budgets"][0]["source"]),
        (&json!("house"), &json!("file"))
    );

    let config =
        json!({"limit_usd": "1", "limit_calls": 10, "scope": {"model": "gpt-4o"}, "action": "notify"});
    let answer = put(&fixture, "daily", &config).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let set = answer.json();
    assert_eq!((&set["name"], &set["source"]), (&json!("daily"), &json!("stored")));
    assert_eq!((&set["config"]["action"], &set["config"]["limit_usd"]), (&json!("notify"), &json!("1")));
    let accounts = set["accounts"].as_array().unwrap();
    let of = |unit: &str| accounts.iter().find(|account| account["unit"] == unit).unwrap();
    assert_eq!((&of("usd")["limit"], &of("usd")["spent"]), (&json!("1"), &json!("0.5041")));
    assert_eq!((&of("calls")["spent"], &of("calls")["reserved"]), (&json!("2"), &json!("0")));
    assert_eq!(of("usd")["resets_at"], "2026-11-22T00:00:00.000000000Z");
    assert!((of("usd")["share"].as_f64().unwrap() - 0.5041).abs() < 1e-9);

    let gone = fixture.ask(Method::DELETE, "/api/v1/budgets/daily", &[], "").await;
    assert_eq!((gone.status.as_u16(), gone.body.len()), (204, 0));
    assert_eq!(fixture.get("/api/v1/budgets").await["budgets"].as_array().unwrap().len(), 1);
    let again = fixture.ask(Method::DELETE, "/api/v1/budgets/daily", &[], "").await;
    assert!(again.problem(404).contains("daily"));
}

#[tokio::test]
async fn the_configuration_s_budgets_are_changed_in_the_configuration() {
    let fixture = fixture().await;
    assert!(put(&fixture, "house", &json!({"limit_usd": "1"})).await.problem(409).contains("house"));
    fixture.ask(Method::DELETE, "/api/v1/budgets/house", &[], "").await.problem(409);
}

#[tokio::test]
async fn a_budget_says_whether_a_call_would_be_let_through() {
    let fixture = fixture().await;
    assert_eq!(put(&fixture, "daily", &json!({"limit_usd": "1"})).await.status, 200);
    let yes = check(&fixture, "daily", &json!({"usd": "0.4"})).await;
    assert_eq!((&yes["allowed"], &yes["refusal"]), (&json!(true), &Value::Null));
    // Nothing stays reserved: the same check gives the same answer.
    assert_eq!(check(&fixture, "daily", &json!({"usd": "0.4"})).await["allowed"], true);
    let no = check(&fixture, "daily", &json!({"usd": "0.6", "subject": {"user": "ada"}})).await;
    assert_eq!(no["allowed"], false);
    let refusal = &no["refusal"];
    assert_eq!(
        (&refusal["kind"], &refusal["limit"], &refusal["spent"]),
        (&json!("exceeded"), &json!("1"), &json!("0.5041"))
    );
    assert_eq!((&refusal["estimate"], &refusal["unit"]), (&json!("0.6"), &json!("usd")));
    assert!(refusal["message"].as_str().unwrap().contains("daily"), "{refusal}");
    let unknown = fixture.ask(Method::POST, "/api/v1/budgets/none/check", &[JSON], "{}").await;
    assert!(unknown.problem(404).contains("daily"), "the known ones are told");
}

#[tokio::test]
async fn wrong_budgets_are_refused_by_field() {
    let fixture = fixture().await;
    for (body, word) in [
        (json!({}), "limit_usd"),
        (json!({"limit_usd": "-1"}), "limit_usd"),
        (json!({"limit_usd": "ten"}), "limit_usd"),
        (json!({"limit_tokens": 1.5}), "limit_tokens"),
        (json!({"limit_usd": "1", "period": "year"}), "period"),
        (json!({"limit_usd": "1", "time_zone": "Mars/Olympus"}), "Mars/Olympus"),
        (json!({"limit_usd": "1", "scope": {"team": "a"}}), "team"),
        (json!({"limit_usd": "1", "action": "shout"}), "shout"),
        (json!({"limit_usd": "1", "thresholds": [-1.0]}), "thresholds"),
        (json!({"limit_usd": "1", "colour": 1}), "colour"),
        (json!([1]), "object"),
    ] {
        let detail = put(&fixture, "daily", &body).await.problem(400);
        assert!(detail.contains(word), "{body}: {detail}");
    }
}

#[tokio::test]
async fn writes_say_that_they_are_json_and_are_small() {
    let fixture = fixture().await;
    let body = r#"{"limit_usd": "1"}"#;
    let put = async |headers: &[(&str, &str)]| {
        fixture.ask(Method::PUT, "/api/v1/budgets/daily", headers, body).await
    };
    put(&[]).await.problem(415);
    put(&[("content-type", "text/plain")]).await.problem(415);
    let own = put(&[("content-type", "application/json; charset=utf-8")]).await;
    assert_eq!(own.status, 200, "{:?}", own.body);
    let long = format!("{{\"limit_usd\":\"1\",\"degrade_to\":\"{}\"}}", "x".repeat(70_000));
    fixture.ask(Method::PUT, "/api/v1/budgets/daily", &[JSON], &long).await.problem(413);
    fixture.ask(Method::PUT, "/api/v1/budgets/daily?x=1", &[JSON], body).await.problem(400);
}

#[tokio::test]
async fn a_store_that_is_read_only_keeps_its_budgets() {
    let fixture = Fixture::empty();
    assert_eq!(fixture.get("/api/v1/budgets").await, json!({"budgets": []}));
    put(&fixture, "daily", &json!({"limit_usd": "1"})).await.problem(403);
}
