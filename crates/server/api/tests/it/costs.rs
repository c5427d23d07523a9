//! Tests of one explained call, unpriced calls, the analysis, and subscriptions.

use quipu_core::{Batch, Billing, Rule};
use serde_json::{Value, json};

use crate::fixture::{Fixture, MINUTE, Make, NOW, RAG, WEATHER, cost, span_id, trace_id, usd};

fn span_path(trace: u8, span: u8) -> String {
    format!("/api/v1/traces/{}/spans/{}/cost", trace_id(trace), span_id(span))
}

#[tokio::test]
async fn a_cost_is_explained_line_by_line() {
    let fixture = Fixture::new().await;
    let answer = fixture.get(&span_path(WEATHER, 3)).await;
    assert_eq!((&answer["counted"], &answer["counted_rule"]), (&json!(true), &json!("leaf")));
    assert_eq!((&answer["billing"], &answer["cost_usd"]), (&json!("metered"), &json!("0.0041")));
    assert_eq!((&answer["cost_reason"], &answer["reported_cost_usd"]), (&Value::Null, &Value::Null));
    assert_eq!(answer["at"], "2026-11-21T11:00:00.002000000Z");
    let units: Vec<_> =
        answer["price"]["lines"].as_array().unwrap().iter().map(|line| &line["unit"]).collect();
    assert_eq!(units, ["input_tokens", "output_tokens"]);
    assert_eq!(answer["price"]["rule"]["id"], "openai/gpt-4o");
    // The book of the test makes another sum of it than the row has: that is said.
    assert_eq!(answer["as_recorded"], false);
    assert!(answer["note"].is_string(), "{answer}");
}

#[tokio::test]
async fn what_has_no_cost_says_why() {
    let fixture = Fixture::new().await;
    let unknown = fixture.get(&span_path(RAG, 2)).await;
    assert_eq!((&unknown["cost_usd"], &unknown["cost_reason"]), (&Value::Null, &json!("unknown_model")));
    assert_eq!(unknown["price"], json!({"total_usd": null, "reason": "unknown_model"}));
    let repeats = fixture.get(&span_path(WEATHER, 2)).await;
    assert_eq!((&repeats["counted"], &repeats["price"]), (&json!(false), &Value::Null));
    assert!(fixture.fails(&span_path(WEATHER, 1), 404).await.contains("has no price"));
    assert!(fixture.fails(&span_path(WEATHER, 99), 404).await.contains("6363636363636363"));
    fixture.fails("/api/v1/traces/zz/spans/zz/cost", 400).await;
}

#[tokio::test]
async fn unpriced_models_are_listed_largest_first() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/costs/unpriced").await;
    let models = answer["models"].as_array().unwrap();
    assert_eq!(models.len(), 1, "{answer}");
    assert_eq!(
        (&models[0]["model"], &models[0]["reason"]),
        (&json!("mistral-nightly"), &json!("unknown_model"))
    );
    assert_eq!((&models[0]["calls"], &models[0]["tokens"]), (&json!(1), &json!(1000)));
    assert_eq!(models[0]["first_seen"], models[0]["last_seen"]);
    assert_eq!(fixture.get("/api/v1/costs/unpriced?until=-7d").await["models"], json!([]));
    assert!(fixture.fails("/api/v1/costs/unpriced?limit=3", 400).await.contains("limit"));
}

/// Calls on three days: metered ones by the hour, and one under a subscription that reports its cost.
async fn history() -> Fixture {
    let fixture = Fixture::empty();
    let mut batch = Batch::default();
    for hour in 0..72_u8 {
        let start = NOW.plus(-i64::from(hour + 1) * 60 * MINUTE);
        let make = Make { trace: hour + 1, start, service: "s" };
        let attributes = [
            ("test.kind", "llm".into()),
            ("gen_ai.provider.name", "openai".into()),
            ("gen_ai.request.model", "gpt-4o".into()),
            ("test.framework", if hour % 2 == 0 { "even" } else { "odd" }.into()),
            ("gen_ai.conversation.id", format!("s{}", hour % 3).into()),
            ("gen_ai.usage.input_tokens", 1000.into()),
        ];
        let span = make.span(1, 0, "chat gpt-4o", (0, 100), &attributes);
        let mut row = cost(&span, Rule::Leaf, Some("0.5"));
        if hour == 5 {
            (row.billing, row.reported) = (Billing::Subscription, Some(usd("0.9")));
        }
        batch.costs.push(row);
        batch.spans.push(span);
    }
    fixture.write(batch).await;
    fixture
}

#[tokio::test]
async fn the_analysis_keeps_subscriptions_apart_and_adds_up() {
    let fixture = history().await;
    let answer = fixture.get("/api/v1/costs/analysis?since=-3d&bucket=hour").await;
    assert_eq!(
        (&answer["bucket"], &answer["since"]),
        (&json!("hour"), &json!("2026-11-18T12:00:00.000000000Z"))
    );
    let total = &answer["total"];
    assert_eq!((&total["llm_calls"], &total["cost_usd"]), (&json!(72), &json!("35.5")));
    assert_eq!((&total["subscription_usd"], &total["deviating_calls"]), (&json!("0.5"), &json!(1)));
    let series = answer["series"].as_array().unwrap();
    assert_eq!(series.len(), 72);
    assert_eq!(series.iter().map(|point| point["llm_calls"].as_u64().unwrap()).sum::<u64>(), 72);
    let sessions = answer["sessions"].as_array().unwrap();
    assert_eq!((sessions.len(), &sessions[0]["cost_usd"]), (3, &json!("12")));
    let deviations = json!({"calls": 1, "computed_usd": "0.5", "reported_usd": "0.9"});
    assert_eq!((&answer["deviations"], &answer["unpriced_calls"]), (&deviations, &json!(0)));
    for field in [
        "read_tokens",
        "saved_usd",
        "write_extra_usd",
        "net_usd",
        "missed_tokens",
        "missed_usd",
        "assumption",
    ] {
        assert!(!answer["cache"][field].is_null(), "{field}");
    }
    assert!(answer["forecast"].is_object() || answer["forecast_reason"].is_string(), "{answer}");
    assert_eq!(
        fixture.get("/api/v1/costs/analysis?since=-3d&framework=even").await["total"]["llm_calls"],
        36
    );
    assert_eq!(fixture.get("/api/v1/costs/analysis").await["bucket"], "day");
}

#[tokio::test]
async fn the_original_route_answers_the_same_shape() {
    let fixture = history().await;
    let whole = fixture.get("/api/cost-analysis?time_range=24h").await;
    assert_eq!((&whole["bucket"], &whole["total"]["llm_calls"]), (&json!("hour"), &json!(24)));
    let both = fixture.get("/api/cost-analysis?time_range=24h&frameworks=even,odd").await;
    assert_eq!(both, whole);
    let one = fixture.get("/api/cost-analysis?time_range=24h&frameworks=odd").await;
    assert_eq!((&one["total"]["llm_calls"], &one["total"]["cost_usd"]), (&json!(12), &json!("5.5")));
    assert_eq!(one["rows"], 12);
    let none = fixture.get("/api/cost-analysis?frameworks=nobody").await;
    assert_eq!((&none["total"]["llm_calls"], &none["sessions"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn bad_questions_name_the_parameter() {
    let fixture = Fixture::empty();
    for (path, word) in [
        ("/api/v1/costs/analysis?bucket=year", "bucket"),
        ("/api/v1/costs/analysis?buckets=day", "buckets"),
        ("/api/v1/costs/analysis?since=-10000d&bucket=hour", "bucket=hour"),
        ("/api/cost-analysis?time_range=2h", "time_range"),
        ("/api/cost-analysis?frameworks=", "frameworks"),
        ("/api/cost-analysis?bucket=day", "bucket"),
        ("/api/v1/plans?window=5h", "window"),
    ] {
        assert!(fixture.fails(path, 400).await.contains(word), "{path}");
    }
}

#[tokio::test]
async fn subscriptions_have_their_windows() {
    let answer = history().await.get("/api/v1/plans").await;
    let plans = answer["plans"].as_array().unwrap();
    assert_eq!(plans.len(), 1, "{answer}");
    assert_eq!((&plans[0]["provider"], &plans[0]["framework"]), (&json!("openai"), &json!("odd")));
    let windows = plans[0]["windows"].as_array().unwrap();
    let kinds: Vec<_> = windows.iter().map(|window| window["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["5h", "week"]);
    assert_eq!(
        (&windows[0]["started_at"], &windows[0]["current"]),
        (&json!("2026-11-21T06:00:00.000000000Z"), &json!(false))
    );
    assert_eq!((&windows[1]["current"], &windows[1]["list_price_usd"]), (&json!(true), &json!("0.5")));
    assert_eq!(Fixture::empty().get("/api/v1/plans").await, json!({"plans": []}));
}
