//! Tests of the audit entries that requests leave.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use axum::{Extension, Router};
use quipu_access::{About, Gate, guard};
use quipu_audit::Outcome;
use serde_json::json;
use tokio::sync::Notify;
use tower::ServiceExt as _;

use crate::house::{House, PASSWORD};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test]
async fn it_says_who_logged_in_read_changed_and_was_denied() {
    let house = House::new();
    house.user("ada", &["editor"]);
    house.ask("POST", "/api/v1/login").json(json!({"name": "ada", "password": "wrong"})).await;
    house
        .ask("POST", "/api/v1/login")
        .json(json!({"name": "my secret, typed in the wrong field", "password": "x"}))
        .await;
    let ada = house.session("ada").await;
    house.ask("GET", "/api/v1/traces").page(&ada).await;
    house.ask("GET", &format!("/api/v1/traces/{TRACE}/outline")).page(&ada).await;
    house.ask("GET", "/api/v1/sessions/s%201").page(&ada).header("quipu-project", "shop").await;
    house.ask("GET", "/api/v1/export/traces").page(&ada).await;
    house.ask("PUT", "/api/v1/views/mine").page(&ada).await;
    house.ask("PUT", "/api/v1/budgets/month").page(&ada).await;
    house.ask("POST", "/api/v1/logout").page(&ada).await;
    house.ask("GET", "/api/v1/traces").await;
    let entries = house.entries().await;
    let said: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.actor.to_string(),
                entry.action.as_str(),
                entry.object.as_deref().unwrap_or("-"),
                entry.outcome,
            )
        })
        .collect();
    let ada = || "user:ada".to_owned();
    let nobody = || "unknown:".to_owned();
    assert_eq!(
        said,
        [
            (nobody(), "login", "ada", Outcome::Failed),
            (nobody(), "login", "-", Outcome::Failed),
            (ada(), "login", "-", Outcome::Done),
            (ada(), "trace.read", TRACE, Outcome::Done),
            (ada(), "session.read", "sha256:0001540519732321", Outcome::Done),
            (ada(), "trace.export", "traces", Outcome::Done),
            (ada(), "view.set", "mine", Outcome::Done),
            (ada(), "denied", "month", Outcome::Denied),
            (ada(), "logout", "-", Outcome::Done),
            (nobody(), "denied", "-", Outcome::Denied),
        ]
    );
    assert_eq!(entries[4].project.as_deref(), Some("shop"));
    assert_eq!(entries[7].detail["request"], "PUT /api/v1/budgets/month");
    assert!(entries.iter().all(|entry| entry.from.unwrap().to_string() == "192.0.2.7"));
    let all = format!("{entries:?}");
    assert!(!all.contains(PASSWORD) && !all.contains("typed in the wrong field"));
}

#[tokio::test]
async fn keys_and_users_are_noted_with_what_they_may_do() {
    let house = House::new();
    let admin = house.key("admin", None);
    let made = house
        .ask("POST", "/api/v1/keys")
        .key(&admin)
        .json(json!({"name": "ci", "scopes": ["read", "ingest"]}))
        .await;
    let id = made.json["key"]["id"].as_str().unwrap();
    house.ask("DELETE", &format!("/api/v1/keys/{id}")).key(&admin).await;
    house.ask("DELETE", "/api/v1/keys/nothing1").key(&admin).await;
    let body = json!({"name": "Ada", "password": PASSWORD, "roles": {"*": "viewer"}});
    house.ask("POST", "/api/v1/users").key(&admin).json(body).await;
    house.ask("PATCH", "/api/v1/users/ada").key(&admin).json(json!({"password": "another passphrase"})).await;
    let entries = house.entries().await;
    let said: Vec<_> = entries
        .iter()
        .map(|entry| {
            (entry.action.as_str(), entry.object.as_deref().unwrap(), entry.outcome, json!(entry.detail))
        })
        .collect();
    assert_eq!(
        said,
        [
            ("key.add", id, Outcome::Done, json!({"scopes": "ingest,read", "for": "default"})),
            ("key.revoke", id, Outcome::Done, json!({})),
            ("key.revoke", "nothing1", Outcome::Failed, json!({"status": "404"})),
            ("user.add", "ada", Outcome::Done, json!({"roles": "viewer", "password": "initial"})),
            ("user.change", "ada", Outcome::Done, json!({"password": "initial"})),
        ]
    );
    assert!(entries.iter().all(|entry| entry.actor.to_string() == format!("key:{}", &admin[3..11])));
}

#[tokio::test]
async fn admins_read_it_page_by_page_and_verify_it() {
    let house = House::new();
    let admin = house.key("admin", None);
    for view in 0..5 {
        house.ask("PUT", &format!("/api/v1/views/v{view}")).key(&admin).await;
    }
    let ask = async |query: &str| house.ask("GET", &format!("/api/v1/audit?{query}")).key(&admin).await;
    let first = ask("action=view.set&limit=3").await.json;
    let objects = |answer: &serde_json::Value| -> Vec<String> {
        answer["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["object"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(objects(&first), ["v4", "v3", "v2"]);
    let next = ask(&format!("action=view.set&limit=3&before={}", first["next"])).await.json;
    assert_eq!(objects(&next), ["v1", "v0"]);
    assert_eq!(ask("outcome=odd").await.status, 400);
    assert_eq!(ask("sinc=1").await.status, 400);
    assert_eq!(ask("since=yesterday").await.status, 400);
    let lines = house.ask("GET", "/api/v1/audit/export").key(&admin).await.text;
    let numbers: Vec<u64> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(numbers.len() >= 5 && lines.contains("\"v4\""), "{lines}");
    assert_eq!(house.ask("GET", "/api/v1/audit/export?since=x").key(&admin).await.status, 400);
    assert_eq!(house.ask("GET", "/api/v1/audit/export").key(&house.key("read", None)).await.status, 403);
    let verdict = house.ask("GET", "/api/v1/audit/verify").key(&admin).await.json;
    assert_eq!((&verdict["holds"], &verdict["faults"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn what_a_handler_says_about_its_change_stands_in_the_entry() {
    let house = House::new();
    let admin = house.key("admin", None);
    let about = |preview, count: &str| About {
        object: Some("3 traces".into()),
        preview,
        detail: vec![("deleted", count.to_owned())],
    };
    let (done, tried) = (about(false, "3"), about(true, "0"));
    let app = Router::new()
        .route("/api/v1/traces/delete", post(async || Extension(done)))
        .route("/api/v1/forget", post(async || Extension(tried)));
    assert_eq!(house.ask_at(Gate::Api, app.clone(), "POST", "/api/v1/forget").key(&admin).await.status, 200);
    assert_eq!(house.ask_at(Gate::Api, app, "POST", "/api/v1/traces/delete").key(&admin).await.status, 200);
    let [tried, entry] = &house.entries().await[..] else { panic!("two entries") };
    assert_eq!((tried.action.as_str(), tried.detail["deleted"].as_str()), ("data.forget.preview", "0"));
    assert_eq!((entry.action.as_str(), entry.object.as_deref()), ("trace.delete", Some("3 traces")));
    assert_eq!(json!(entry.detail), json!({"deleted": "3"}));
}

#[tokio::test]
async fn a_change_is_noted_also_when_whoever_sent_it_hangs_up_before_it_ends() {
    let house = House::new();
    let admin = house.key("admin", None);
    let [begun, end] = [(); 2].map(|()| Arc::new(Notify::new()));
    let app = {
        let (begun, end) = (Arc::clone(&begun), Arc::clone(&end));
        let work = async move || {
            begun.notify_one();
            end.notified().await;
        };
        Router::new().route("/api/v1/traces/delete", post(work.clone())).route("/api/v1/traces/x", get(work))
    };
    let app = guard(&house.access, app, Gate::Api);
    for (method, path) in [("GET", "/api/v1/traces/x"), ("POST", "/api/v1/traces/delete")] {
        let request = Request::builder().method(method).uri(path).header("x-quipu-key", &admin);
        let asking = tokio::spawn(app.clone().oneshot(request.body(Body::empty()).unwrap()));
        begun.notified().await;
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
    }
    // No client waits any more; only the change itself does.
    end.notify_one();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let entries = loop {
        let entries = house.entries().await;
        if !entries.is_empty() {
            break entries;
        }
        assert!(std::time::Instant::now() < deadline, "it never came");
    };
    let said: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.outcome)).collect();
    assert_eq!(said, [("trace.delete", Outcome::Done)]);
}
