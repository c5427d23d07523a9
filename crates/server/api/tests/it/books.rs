//! Tests of `/api/v1/prices` and below, and `/api/v1/estimate`.

use std::sync::Arc;

use axum::http::Method;
use quipu_api::Money;
use quipu_core::{Batch, Rule};
use quipu_prices::{Books, UserBook};
use serde_json::{Value, json};

use crate::fixture::{Fixture, MINUTE, Make, NOW, cost, span_id, trace_id};
use crate::http::Answer;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn post(fixture: &Fixture, path: &str, body: &Value) -> Answer {
    fixture.ask(Method::POST, path, &[JSON], &body.to_string()).await
}

async fn posted(fixture: &Fixture, path: &str, body: &Value) -> Value {
    let answer = post(fixture, path, body).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.json()
}

#[tokio::test]
async fn the_books_in_use_are_named() {
    let mut fixture = Fixture::empty();
    let answer = fixture.get("/api/v1/prices").await;
    let sources = answer["sources"].as_array().unwrap();
    let in_use: Vec<_> = sources
        .iter()
        .filter(|one| one["in_use"] == true)
        .map(|one| one["source"].as_str().unwrap())
        .collect();
    assert_eq!(in_use, ["genai-prices", "litellm"]);
    assert!(sources.iter().all(|one| one["rules"].as_u64().unwrap() > 100), "{answer}");
    assert_eq!((&answer["user"], &answer["display"]), (&Value::Null, &Value::Null));

    let user = "[currency]\ncode = \"EUR\"\nrate = \"0.92\"\nstated = 2026-11-20\n";
    if let Ok(user) = UserBook::parse(user) {
        let books = Books::vendored().with_user(user);
        fixture.state.money =
            Money { books, user_file: Some("/data/prices.toml".into()), ..Money::vendored() };
        let answer = fixture.get("/api/v1/prices").await;
        assert_eq!(answer["user"]["path"], "/data/prices.toml");
        assert_eq!(answer["display"], json!({"currency": "EUR", "rate": "0.92", "stated": "2026-11-20"}));
    }
}

#[tokio::test]
async fn models_are_found_by_provider_and_name() {
    let fixture = Fixture::empty();
    let answer = fixture.get("/api/v1/prices/models?provider=openai&q=GPT-4o").await;
    let models = answer["models"].as_array().unwrap();
    let found =
        models.iter().find(|model| model["model"] == "gpt-4o" && model["source"] == "genai-prices").unwrap();
    assert_eq!(
        (&found["provider"], &found["input_usd"], &found["output_usd"]),
        (&json!("openai"), &json!("2.5"), &json!("10"))
    );
    assert!(models.iter().all(|model| model["id"].as_str().unwrap().to_lowercase().contains("gpt-4o")));
    let one = fixture.get("/api/v1/prices/models?limit=1").await;
    assert_eq!((one["models"].as_array().unwrap().len(), &one["more"]), (1, &json!(true)));
    assert_eq!(fixture.get("/api/v1/prices/models?provider=nobody").await["models"], json!([]));
    assert!(fixture.fails("/api/v1/prices/models?model=x", 400).await.contains("model"));
    assert!(fixture.fails("/api/v1/prices/models?limit=0", 400).await.contains("limit"));
}

#[tokio::test]
async fn disagreements_are_listed_furthest_apart_first() {
    let fixture = Fixture::empty();
    let found = fixture.get("/api/v1/prices/check?percent=10").await;
    let found = found["disagreements"].as_array().unwrap();
    let apart: Vec<f64> = found.iter().map(|one| one["percent"].as_f64().unwrap()).collect();
    assert!(
        !apart.is_empty()
            && apart.is_sorted_by(|one, next| one >= next)
            && apart.iter().all(|one| *one > 10.0)
    );
    let all = fixture.get("/api/v1/prices/check").await;
    assert!(all["disagreements"].as_array().unwrap().len() >= found.len());
    assert!(fixture.fails("/api/v1/prices/check?percent=-1", 400).await.contains("percent"));
}

#[tokio::test]
async fn books_are_read_again() {
    let mut fixture = Fixture::empty();
    post(&fixture, "/api/v1/prices/reload", &json!({})).await.problem(403);
    fixture.state.money.reload = Some(Arc::new(|| Ok(vec!["one list is older".to_owned()])));
    let answer = posted(&fixture, "/api/v1/prices/reload", &json!({})).await;
    assert_eq!(answer["notes"], json!(["one list is older"]));
    assert!(answer["prices"]["sources"].is_array());
    fixture.state.money.reload = Some(Arc::new(|| Err("prices.toml:3: below zero".to_owned())));
    assert!(post(&fixture, "/api/v1/prices/reload", &json!({})).await.problem(422).contains("prices.toml:3"));
    fixture.ask(Method::POST, "/api/v1/prices/reload", &[], "").await.problem(415);
}

/// Two calls: one without a price that the test's book has, one that it prices as stored.
async fn to_reprice(folder: &std::path::Path) -> Fixture {
    let mut fixture = Fixture::empty();
    let make = Make { trace: 1, start: NOW.plus(-MINUTE), service: "s" };
    let call = [
        ("test.kind", "llm".into()),
        ("gen_ai.provider.name", "openai".into()),
        ("gen_ai.request.model", "gpt-4o".into()),
        ("gen_ai.usage.input_tokens", 1000.into()),
    ];
    let spans = [make.span(1, 0, "a", (0, 10), &call), make.span(2, 0, "b", (20, 10), &call)];
    let costs = vec![cost(&spans[0], Rule::Leaf, None), cost(&spans[1], Rule::Leaf, Some("1"))];
    fixture.write(Batch { spans: spans.into(), costs, ..Batch::default() }).await;
    fixture.state.money = Money { reprices: Some(folder.to_owned()), writable: true, ..Money::vendored() };
    fixture
}

#[tokio::test]
async fn history_is_priced_again_shown_first_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = to_reprice(folder.path()).await;
    let cost_of = async |span: u8| {
        let path = format!("/api/v1/traces/{}/spans/{}/cost", trace_id(1), span_id(span));
        fixture.get(&path).await["cost_usd"].clone()
    };
    let dry = posted(&fixture, "/api/v1/prices/reprice", &json!({"dry_run": true})).await;
    assert_eq!((&dry["id"], &dry["dry_run"], &dry["written"]), (&Value::Null, &json!(true), &json!(0)));
    let want = json!({"calls": 2, "changed": 1, "old_usd": "1", "new_usd": "2", "difference_usd": "1", "newly_priced": 1, "kept": 0});
    assert_eq!(dry["total"], want);
    assert_eq!((&dry["models"][0]["model"], &dry["models"][0]["changed"]), (&json!("gpt-4o"), &json!(1)));
    assert_eq!(cost_of(1).await, Value::Null, "nothing was written");

    let done = posted(&fixture, "/api/v1/prices/reprice", &json!({"since": "-1h", "model": "gpt-4o"})).await;
    let id = done["id"].as_str().unwrap();
    assert_eq!((&done["dry_run"], &done["written"], &done["total"]), (&json!(false), &json!(1), &want));
    assert_eq!(cost_of(1).await, "1");
    assert_eq!(fixture.get("/api/v1/usage").await["total"]["cost_usd"], "2");
    let again = posted(&fixture, "/api/v1/prices/reprice", &json!({})).await;
    assert_eq!((&again["id"], &again["total"]["changed"]), (&Value::Null, &json!(0)));

    let past = fixture.get("/api/v1/prices/reprices").await;
    assert_eq!((&past["reprices"][0]["id"], &past["reprices"][0]["state"]), (&json!(id), &json!("applied")));
    assert_eq!(past["reprices"][0]["asked"]["model"], "gpt-4o");
    let undone = posted(&fixture, &format!("/api/v1/prices/reprices/{id}/undo"), &json!({})).await;
    assert_eq!(
        (&undone["restored"], &undone["changed_since"], &undone["gone"]),
        (&json!(1), &json!(0), &json!(0))
    );
    assert_eq!(cost_of(1).await, Value::Null);
    assert_eq!(fixture.get("/api/v1/prices/reprices").await["reprices"][0]["state"], "undone");
    post(&fixture, "/api/v1/prices/reprices/none/undo", &json!({})).await.problem(404);
}

#[tokio::test]
async fn wrong_repricings_name_the_field() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = to_reprice(folder.path()).await;
    for (body, word) in [
        (json!({"since": "yesterday"}), "since"),
        (json!({"since": "-1h", "until": "-2h"}), "until"),
        (json!({"model": ""}), "model"),
        (json!({"dry_run": "yes"}), "dry_run"),
        (json!({"models": []}), "models"),
    ] {
        let detail = post(&fixture, "/api/v1/prices/reprice", &body).await.problem(400);
        assert!(detail.contains(word), "{body}: {detail}");
    }
    let closed = Fixture::empty();
    post(&closed, "/api/v1/prices/reprice", &json!({})).await.problem(403);
    assert_eq!(
        posted(&closed, "/api/v1/prices/reprice", &json!({"dry_run": true})).await["total"]["calls"],
        0
    );
}

#[tokio::test]
async fn a_call_is_estimated_from_text_messages_or_a_body() {
    let fixture = Fixture::empty();
    let text = "Knots of llama wool kept the accounts. ".repeat(20);
    for body in [
        json!({"model": "gpt-4o", "text": text}),
        json!({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}),
        json!({"body": {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}}),
        json!({"provider": "anthropic", "model": "claude-sonnet-4-5", "text": text, "expected_output": 100}),
    ] {
        let answer = posted(&fixture, "/api/v1/estimate", &body).await;
        let input = &answer["input"];
        let [low, expected, high] = ["low", "expected", "high"].map(|field| input[field].as_u64().unwrap());
        assert!(0 < low && low <= expected && expected <= high, "{answer}");
        assert!(
            input["exact"].is_boolean()
                && input["method"].is_string()
                && answer["output"]["expected"].is_u64()
        );
        assert!(answer["cost"]["expected_usd"].is_string(), "{answer}");
    }
    let unknown = posted(&fixture, "/api/v1/estimate", &json!({"model": "no-such-model", "text": "x"})).await;
    assert_eq!((&unknown["cost"], &unknown["reason"]), (&Value::Null, &json!("unknown_model")));
}

#[tokio::test]
async fn wrong_estimates_are_refused_without_their_text() {
    let fixture = Fixture::empty();
    for (body, word) in [
        (json!({"text": "secret"}), "model"),
        (json!({"model": "gpt-4o"}), "exactly one"),
        (json!({"model": "gpt-4o", "text": "secret", "messages": []}), "exactly one"),
        (json!({"model": "gpt-4o", "messages": "secret"}), "messages"),
        (json!({"model": "gpt-4o", "body": ["secret"]}), "body"),
        (json!({"model": "gpt-4o", "text": "secret", "expected_output": -1}), "expected_output"),
        (json!({"model": "gpt-4o", "text": "secret", "temperature": 1}), "temperature"),
    ] {
        let detail = post(&fixture, "/api/v1/estimate", &body).await.problem(400);
        assert!(detail.contains(word) && !detail.contains("secret"), "{body}: {detail}");
    }
    let huge = json!({"model": "gpt-4o", "text": "x".repeat(5 << 20)});
    post(&fixture, "/api/v1/estimate", &huge).await.problem(413);
}
