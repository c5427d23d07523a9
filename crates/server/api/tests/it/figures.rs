//! Tests of `/api/v1/usage`, `/api/v1/tools`, `/api/v1/facets`.

use serde_json::{Value, json};

use crate::fixture::Fixture;

fn group<'a>(answer: &'a Value, key: &Value) -> &'a Value {
    let groups = answer["groups"].as_array().unwrap();
    groups.iter().find(|group| &group["key"] == key).unwrap_or_else(|| panic!("no {key} in {answer}"))
}

#[tokio::test]
async fn usage_by_model_adds_up() {
    let answer = Fixture::new().await.get("/api/v1/usage?group_by=model").await;
    let known = group(&answer, &json!({"model": "gpt-4o"}));
    assert_eq!((&known["llm_calls"], &known["cost_usd"]), (&json!(2), &json!("0.5041")));
    assert_eq!((&known["unpriced_calls"], &known["unpriced_reasons"]), (&json!(0), &json!({})));
    let unknown = group(&answer, &json!({"model": "mistral-nightly"}));
    assert_eq!(
        (&unknown["cost_usd"], &unknown["unpriced_reasons"]),
        (&Value::Null, &json!({"unknown_model": 1}))
    );
    let total = &answer["total"];
    assert_eq!(
        (&total["llm_calls"], &total["cost_usd"], &total["unpriced_calls"]),
        (&json!(3), &json!("0.5041"), &json!(1))
    );
    assert_eq!(total["tokens"]["total"], 1121);
    assert_eq!(total["reported_cost_usd"], Value::Null);
    let avg = total["latency_ms"]["avg"].as_f64().unwrap();
    assert!((avg - (820.0 + 8000.0 + 20.0) / 3.0).abs() < 1e-6, "{avg}");
    for figure in ["p50", "p95", "p99"] {
        assert!(total["latency_ms"][figure].is_f64(), "{figure}");
    }
}

#[tokio::test]
async fn usage_by_several_keys_and_by_time() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/usage?group_by=model,hour,user").await;
    let key = json!({"model": "gpt-4o", "hour": "2026-11-21T11:00:00Z", "user": "user-42"});
    assert_eq!(group(&answer, &key)["llm_calls"], 1);
    let nobody = json!({"model": "mistral-nightly", "hour": "2026-11-21T11:00:00Z", "user": null});
    assert_eq!(group(&answer, &nobody)["llm_calls"], 1);
    let day = fixture.get("/api/v1/usage?group_by=day").await;
    assert_eq!(group(&day, &json!({"day": "2026-11-21T00:00:00Z"}))["llm_calls"], 3);
    for key in ["provider", "agent", "framework", "service", "session", "convention"] {
        let answer = fixture.get(&format!("/api/v1/usage?group_by={key}")).await;
        let calls =
            answer["groups"].as_array().unwrap().iter().map(|group| group["llm_calls"].as_u64().unwrap());
        assert_eq!(calls.sum::<u64>(), 3, "{key}");
    }
}

#[tokio::test]
async fn usage_takes_the_filters_and_needs_no_keys() {
    let fixture = Fixture::new().await;
    let one = fixture.get("/api/v1/usage?session=sess%2F7").await;
    assert_eq!((&one["groups"][0]["key"], &one["total"]["cost_usd"]), (&json!({}), &json!("0.0041")));
    let none = fixture.get("/api/v1/usage?until=-7d").await;
    assert_eq!((&none["total"]["llm_calls"], &none["total"]["cost_usd"]), (&json!(0), &Value::Null));
    assert_eq!(none["total"]["latency_ms"], json!({"avg": null, "p50": null, "p95": null, "p99": null}));
    assert!(fixture.fails("/api/v1/usage?group_by=year", 400).await.contains("model, provider"));
    assert!(fixture.fails("/api/v1/usage?limit=3", 400).await.contains("unknown parameter"));
}

#[tokio::test]
async fn tools_tell_runs_and_failures() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/api/v1/tools").await;
    let tools = answer["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 2);
    let failed = tools.iter().find(|tool| tool["name"] == "book_table").unwrap();
    assert_eq!(
        (&failed["calls"], &failed["errors"], &failed["success_rate"]),
        (&json!(1), &json!(1), &json!(0.0))
    );
    assert_eq!(failed["last_error"], "no table left");
    let fine = tools.iter().find(|tool| tool["name"] == "get_weather").unwrap();
    assert_eq!((&fine["success_rate"], &fine["last_error"]), (&json!(1.0), &Value::Null));
    assert_eq!(fine["latency_ms"]["avg"], 110.0);
    assert_eq!(fixture.get("/api/v1/tools?framework=llamaindex").await, json!({"tools": []}));
    assert!(fixture.fails("/api/v1/tools?limit=1", 400).await.contains("unknown parameter"));
}

#[tokio::test]
async fn facets_count_traces() {
    let fixture = Fixture::new().await;
    let models = fixture.get("/api/v1/facets?field=model").await;
    assert_eq!(
        models,
        json!({"values": [{"value": "gpt-4o", "traces": 2}, {"value": "mistral-nightly", "traces": 1}]})
    );
    for (field, values) in [
        ("service", 3),
        ("framework", 2),
        ("agent", 1),
        ("tool", 2),
        ("session", 2),
        ("user", 1),
        ("status", 3),
        ("convention", 1),
    ] {
        let answer = fixture.get(&format!("/api/v1/facets?field={field}")).await;
        assert_eq!(answer["values"].as_array().unwrap().len(), values, "{field}");
    }
    let few = fixture.get("/api/v1/facets?field=model&limit=1&since=-2h").await;
    assert_eq!((few["values"].as_array().unwrap().len(), &few["truncated"]), (1, &json!(true)));
    let all = fixture.get("/api/v1/facets?field=model&limit=2").await;
    assert_eq!(all, models, "as many as there are is not truncated");
    assert!(fixture.fails("/api/v1/facets", 400).await.contains("\"field\" is missing"));
    assert!(fixture.fails("/api/v1/facets?field=colour", 400).await.contains("one of service"));
}
