//! Tests of `/api/v1/views` and `/api/v1/dashboards`.

use axum::http::Method;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::http::Answer;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn put(fixture: &Fixture, path: &str, body: &Value) -> Answer {
    fixture.ask(Method::PUT, &format!("/api/v1/{path}"), &[JSON], &body.to_string()).await
}

async fn delete(fixture: &Fixture, path: &str) -> Answer {
    fixture.ask(Method::DELETE, &format!("/api/v1/{path}"), &[], "").await
}

fn panel(id: &str, more: Value) -> Value {
    let mut panel = json!({"id": id, "title": "Cost", "type": "bar", "x": 0, "y": 0, "w": 6, "h": 4, "from": "calls",
        "filter": "service:$service cost>0.01", "group_by": ["model"], "step": "auto", "measure": "cost"});
    panel.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    panel
}

fn dashboard(panels: Vec<Value>) -> Value {
    json!({"title": "Mine", "description": "", "range": "24h", "panels": panels,
        "variables": [{"name": "service", "label": "Service", "field": "service", "default": null}]})
}

#[tokio::test]
async fn a_view_is_stored_listed_replaced_and_removed() {
    let fixture = Fixture::empty();
    assert_eq!(fixture.get("/api/v1/views").await, json!({"views": []}));
    let view = json!({"title": "Slow", "page": "/traces", "query": "filter=duration%3E2s&range=24h", "columns": ["name", "cost"]});
    let stored = put(&fixture, "views/slow-ones", &view).await;
    assert_eq!(stored.status, 200, "{:?}", stored.body);
    let mut want = view.clone();
    want["id"] = json!("slow-ones");
    assert_eq!(stored.json(), want);
    assert_eq!(fixture.get("/api/v1/views").await, json!({"views": [want]}));
    assert_eq!(fixture.get("/api/v1/views/slow-ones").await, want);
    let short = json!({"title": "Slow", "page": "/traces"});
    assert_eq!(put(&fixture, "views/slow-ones", &short).await.status, 200);
    let again = fixture.get("/api/v1/views/slow-ones").await;
    assert_eq!((again.get("columns"), &again["query"]), (None, &json!("")));
    assert_eq!(delete(&fixture, "views/slow-ones").await.status, 204);
    assert!(delete(&fixture, "views/slow-ones").await.problem(404).contains("slow-ones"));
    fixture.fails("/api/v1/views/slow-ones", 404).await;
}

#[tokio::test]
async fn a_statement_is_saved_as_a_view_of_the_page_of_sql() {
    let fixture = Fixture::empty();
    let statement = "SELECT model,\n\tcount(*) FROM calls -- unfinished";
    let view = json!({"title": "Calls", "page": "/sql", "query": "chart=bar", "statement": statement});
    assert_eq!(put(&fixture, "views/calls", &view).await.status, 200);
    assert_eq!(fixture.get("/api/v1/views/calls").await["statement"], statement);
}

#[tokio::test]
async fn wrong_views_are_refused_by_field() {
    let fixture = Fixture::empty();
    for (body, word) in [
        (json!({"page": "/traces"}), "title"),
        (json!({"title": " ", "page": "/traces"}), "title"),
        (json!({"title": "a", "page": "https://evil.test"}), "page"),
        (json!({"title": "a", "page": "//evil.test"}), "page"),
        (json!({"title": "a", "page": "/a", "columns": [1]}), "columns[0]"),
        (json!({"title": "a", "page": "/a", "columns": [""]}), "columns[0]"),
        (json!({"title": "a", "page": "/a", "colour": 1}), "colour"),
        (json!({"title": "a", "page": "/traces", "statement": "SELECT 1"}), "statement"),
        (json!({"title": "a", "page": "/sql", "statement": " "}), "statement"),
        (json!({"title": "a", "page": "/sql", "statement": "x".repeat(50_001)}), "statement"),
        (json!({"title": "a", "page": "/a", "query": "x".repeat(9_000)}), "query"),
        (json!([]), "the document"),
    ] {
        let detail = put(&fixture, "views/v", &body).await.problem(400);
        assert!(detail.contains(word), "{body}: {detail}");
    }
    for id in ["A", "a.b", &"x".repeat(65), "%2e%2e", "a%2fb"] {
        put(&fixture, &format!("views/{id}"), &json!({"title": "a", "page": "/a"})).await.problem(400);
    }
}

#[tokio::test]
async fn built_in_dashboards_are_there_and_stay() {
    let fixture = Fixture::empty();
    let list = fixture.get("/api/v1/dashboards").await;
    let first = &list["dashboards"][0];
    assert_eq!((&first["built_in"], &first["updated_at"]), (&json!(true), &Value::Null));
    let id = first["id"].as_str().unwrap();
    let whole = fixture.get(&format!("/api/v1/dashboards/{id}")).await;
    assert_eq!(whole["panels"].as_array().unwrap().len() as u64, first["panels"].as_u64().unwrap());
    let path = format!("dashboards/{id}");
    assert!(put(&fixture, &path, &dashboard(vec![])).await.problem(409).contains("another id"));
    delete(&fixture, &path).await.problem(409);
}

#[tokio::test]
async fn a_dashboard_is_stored_listed_and_removed() {
    let fixture = Fixture::empty();
    let built_in = fixture.get("/api/v1/dashboards").await["dashboards"].as_array().unwrap().len();
    let body =
        dashboard(vec![panel("a", json!({})), panel("b", json!({"x": 6, "type": "pie", "stacked": true}))]);
    let stored = put(&fixture, "dashboards/mine", &body).await;
    assert_eq!(stored.status, 200, "{:?}", stored.body);
    let answer = stored.json();
    assert_eq!((&answer["id"], &answer["built_in"]), (&json!("mine"), &json!(false)));
    assert_eq!(answer["updated_at"], "2026-11-21T12:00:00.000000000Z");
    assert_eq!((&answer["panels"], &answer["variables"]), (&body["panels"], &body["variables"]));
    assert_eq!(fixture.get("/api/v1/dashboards/mine").await, answer);
    let list = fixture.get("/api/v1/dashboards").await;
    let entry = list["dashboards"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&entry["id"], &entry["panels"], &entry["title"]),
        (&json!("mine"), &json!(2), &json!("Mine"))
    );
    assert_eq!(list["dashboards"].as_array().unwrap().len(), built_in + 1);
    assert_eq!(delete(&fixture, "dashboards/mine").await.status, 204);
    fixture.fails("/api/v1/dashboards/mine", 404).await;
}

#[tokio::test]
async fn wrong_dashboards_are_refused_by_their_place() {
    let fixture = Fixture::empty();
    for (more, word) in [
        (json!({"x": 7}), "panels[1].x"),
        (json!({"w": 13, "x": 0}), "panels[1].w"),
        (json!({"w": 0}), "panels[1].w"),
        (json!({"h": 0}), "panels[1].h"),
        (json!({"y": -1}), "panels[1].y"),
        (json!({"type": "pyramid"}), "panels[1].type"),
        (json!({"from": "dreams"}), "panels[1].from"),
        (json!({"group_by": ["colour"]}), "panels[1].group_by"),
        (json!({"step": "often"}), "panels[1].step"),
        (json!({"measure": "joy"}), "panels[1].measure"),
        (json!({"filter": "service:$nobody"}), "panels[1].filter"),
        (json!({"filter": "colour:red"}), "panels[1].filter"),
        (json!({"top": 0}), "panels[1].top"),
        (json!({"from": "metric", "filter": "", "group_by": []}), "panels[1].name"),
        (json!({"name": "m"}), "panels[1].name"),
        (json!({"id": "a"}), "panels[1].id"),
        (json!({"id": "A b"}), "panels[1].id"),
        (json!({"colour": "red"}), "colour"),
        (json!({"title": "x".repeat(201)}), "panels[1].title"),
        (json!({"sql": "SELECT 1"}), "panels[1].sql"),
        (json!({"from": "sql"}), "panels[1].sql"),
        (json!({"from": "sql", "sql": "SELECT 1", "type": "box"}), "panels[1].type"),
        (json!({"from": "sql", "sql": "SELECT 1"}), "panels[1].measure"),
        (json!({"from": "sql", "sql": "SELECT 1", "measure": "value"}), "panels[1].filter"),
        (json!({"from": "sql", "sql": "SELECT 1", "measure": "value", "filter": ""}), "panels[1].group_by"),
        (
            json!({"from": "sql", "sql": "SELECT 1", "measure": "value", "filter": "", "group_by": []}),
            "panels[1].sql: This store cannot be read by SQL",
        ),
    ] {
        let mut more = more;
        if more.get("x").is_none() {
            more["x"] = json!(6);
        }
        if more.get("id").is_none() {
            more["id"] = json!("b");
        }
        let body = dashboard(vec![panel("a", json!({})), panel("b", more.clone())]);
        let detail = put(&fixture, "dashboards/mine", &body).await.problem(400);
        assert!(detail.contains(word), "{more}: {detail}");
    }
    let many = (0..61).map(|at| panel(&format!("p{at}"), json!({}))).collect();
    assert!(put(&fixture, "dashboards/mine", &dashboard(many)).await.problem(400).contains("at most 60"));
    let mut twice = dashboard(vec![]);
    twice["variables"] = json!([twice["variables"][0], twice["variables"][0]]);
    assert!(put(&fixture, "dashboards/mine", &twice).await.problem(400).contains("variables[1].name"));
    let mut field = dashboard(vec![]);
    field["variables"][0]["field"] = json!("colour");
    assert!(put(&fixture, "dashboards/mine", &field).await.problem(400).contains("variables[0].field"));
    assert!(put(&fixture, "dashboards/mine", &json!({"title": "x"})).await.problem(400).contains("panels"));
    let long: Vec<Value> =
        (0..60).map(|at| panel(&format!("p{at}"), json!({"filter": "x ".repeat(2_000)}))).collect();
    let answer = put(&fixture, "dashboards/mine", &dashboard(long)).await;
    assert!([400, 413].contains(&answer.status.as_u16()), "{:?}", answer.status);
}

#[tokio::test]
async fn writes_say_that_they_are_json() {
    let fixture = Fixture::empty();
    let view = r#"{"title": "a", "page": "/traces"}"#;
    let send = async |method: Method, headers: &[(&str, &str)]| {
        fixture.ask(method, "/api/v1/views/v", headers, view).await
    };
    send(Method::PUT, &[]).await.problem(415);
    send(Method::PUT, &[("content-type", "text/plain")]).await.problem(415);
    assert_eq!(send(Method::PUT, &[JSON]).await.status, 200);
}
