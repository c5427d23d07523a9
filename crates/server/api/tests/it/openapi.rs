//! Tests of `/openapi.json` against the router.

use std::collections::BTreeSet;

use axum::http::Method;
use quipu_query::{
    ANALYSIS_PARAMS, CALL_PARAMS, EVENT_PARAMS, FACET_PARAMS, FILTER_PARAMS, METRIC_PARAMS,
    PRICE_CHECK_PARAMS, PRICE_LIST_PARAMS, QUERY_METRIC_PARAMS, QUERY_PARAMS, RANGE_PARAMS, SESSION_PARAMS,
    SESSION_TRACE_PARAMS, SPAN_PARAMS, TRACE_PARAMS, USAGE_PARAMS, WORK_ROW_PARAMS,
};
use serde_json::Value;

use crate::fixture::Fixture;

const ROUTES: &[(&str, &str)] = &[
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
    ("get", "/api/v1/traces"),
    ("get", "/api/v1/traces/{trace_id}"),
    ("get", "/api/v1/traces/{trace_id}/spans/{span_id}"),
    ("get", "/api/v1/traces/{trace_id}/spans/{span_id}/lens"),
    ("get", "/api/v1/traces/{trace_id}/agents"),
    ("get", "/api/v1/traces/{trace_id}/outline"),
    ("get", "/api/v1/traces/{trace_id}/search"),
    ("get", "/api/v1/traces/{trace_id}/graph"),
    ("get", "/api/v1/map"),
    ("get", "/api/v1/system"),
    ("get", "/api/v1/sources/unread"),
    ("get", "/api/v1/sources/drift"),
    ("get", "/api/v1/views"),
    ("get", "/api/v1/views/{id}"),
    ("put", "/api/v1/views/{id}"),
    ("delete", "/api/v1/views/{id}"),
    ("get", "/api/v1/dashboards"),
    ("get", "/api/v1/dashboards/{id}"),
    ("put", "/api/v1/dashboards/{id}"),
    ("delete", "/api/v1/dashboards/{id}"),
    ("get", "/api/v1/export/traces"),
    ("get", "/api/v1/export/{records}"),
    ("post", "/api/v1/traces/delete"),
    ("get", "/api/v1/retention"),
    ("post", "/api/v1/retention/preview"),
    ("post", "/api/v1/retention/run"),
    ("get", "/api/v1/holds"),
    ("post", "/api/v1/traces/{trace_id}/hold"),
    ("delete", "/api/v1/traces/{trace_id}/hold"),
    ("post", "/api/v1/forget"),
    ("get", "/api/parity-matrix"),
    ("get", "/api/v1/sessions"),
    ("get", "/api/v1/sessions/{session_id}"),
    ("get", "/api/v1/usage"),
    ("get", "/api/v1/tools"),
    ("get", "/api/v1/facets"),
    ("get", "/api/v1/query"),
    ("get", "/api/v1/agents"),
    ("get", "/api/v1/tools/insights"),
    ("get", "/api/v1/guardrails"),
    ("get", "/api/metrics"),
    ("get", "/api/v1/events"),
    ("get", "/api/v1/calls"),
    ("get", "/api/v1/spans"),
    ("get", "/api/v1/exchanges"),
    ("get", "/api/v1/excerpts"),
    ("get", "/api/v1/scores"),
    ("post", "/api/v1/scores"),
    ("get", "/api/v1/metrics"),
    ("get", "/api/v1/metrics/query"),
    ("post", "/api/v1/price"),
    ("post", "/api/v1/estimate"),
    ("get", "/api/v1/traces/{trace_id}/spans/{span_id}/cost"),
    ("get", "/api/v1/costs/unpriced"),
    ("get", "/api/v1/costs/analysis"),
    ("get", "/api/cost-analysis"),
    ("get", "/api/v1/plans"),
    ("get", "/api/v1/budgets"),
    ("put", "/api/v1/budgets/{name}"),
    ("delete", "/api/v1/budgets/{name}"),
    ("post", "/api/v1/budgets/{name}/check"),
    ("get", "/api/v1/prices"),
    ("get", "/api/v1/prices/models"),
    ("get", "/api/v1/prices/check"),
    ("post", "/api/v1/prices/reload"),
    ("post", "/api/v1/prices/reprice"),
    ("get", "/api/v1/prices/reprices"),
    ("post", "/api/v1/prices/reprices/{id}/undo"),
    ("get", "/api/v1/status"),
    ("get", "/api/v1/backends"),
    ("get", "/api/v1/backends/{name}/dead-letters"),
    ("post", "/api/v1/backends/{name}/dead-letters/replay"),
    ("post", "/api/v1/backends/{name}/dead-letters/remove"),
    ("get", "/api/v1/alerts"),
    ("get", "/api/v1/alerts/rules"),
    ("get", "/api/v1/alerts/rules/{name}"),
    ("put", "/api/v1/alerts/rules/{name}"),
    ("delete", "/api/v1/alerts/rules/{name}"),
    ("post", "/api/v1/alerts/backtest"),
    ("get", "/api/v1/alerts/history"),
    ("post", "/api/v1/alerts/ack"),
    ("get", "/api/v1/alerts/ack-link"),
    ("post", "/api/v1/alerts/ack-link"),
    ("get", "/api/v1/alerts/silences"),
    ("post", "/api/v1/alerts/silences"),
    ("delete", "/api/v1/alerts/silences/{id}"),
    ("post", "/api/v1/alerts/fire"),
    ("get", "/api/v1/slos"),
    ("get", "/api/v1/slos/report"),
    ("get", "/api/v1/slos/{name}"),
    ("get", "/api/v1/incidents"),
    ("post", "/api/v1/incidents"),
    ("get", "/api/v1/incidents/{id}"),
    ("post", "/api/v1/incidents/{id}"),
    ("get", "/api/v1/incidents/{id}/report"),
    ("post", "/api/v1/sql"),
    ("get", "/api/v1/sql/schema"),
    ("get", "/api/v1/health"),
    ("get", "/api/v1/live"),
];

/// Answered by the receiver, on the same port.
const INTAKE: [(&str, &str); 3] = [("post", "/v1/traces"), ("post", "/v1/metrics"), ("post", "/v1/logs")];

#[tokio::test]
async fn it_lists_every_route_and_no_other() {
    let fixture = Fixture::empty();
    let document = fixture.get("/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    let listed: BTreeSet<(&str, &str)> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.as_str(), path.as_str()))
        })
        .collect();
    assert_eq!(listed, ROUTES.iter().copied().chain(INTAKE).collect());
    for (_, path) in ROUTES.iter().copied() {
        let answer = fixture.ask(Method::PATCH, path, &[], "").await;
        assert_eq!(answer.status.as_u16(), 405, "{path} is no route");
    }
}

#[tokio::test]
async fn its_parameters_are_those_that_routes_take() {
    let document = Fixture::empty().get("/openapi.json").await;
    for (path, lists) in [
        ("/api/v1/traces", vec![FILTER_PARAMS, TRACE_PARAMS]),
        ("/api/v1/traces/{trace_id}", vec![SPAN_PARAMS]),
        ("/api/v1/sessions", vec![FILTER_PARAMS, SESSION_PARAMS]),
        ("/api/v1/sessions/{session_id}", vec![SESSION_TRACE_PARAMS]),
        ("/api/v1/usage", vec![FILTER_PARAMS, USAGE_PARAMS]),
        ("/api/v1/tools", vec![FILTER_PARAMS]),
        ("/api/v1/facets", vec![FILTER_PARAMS, FACET_PARAMS]),
        ("/api/v1/query", vec![FILTER_PARAMS, QUERY_PARAMS, QUERY_METRIC_PARAMS]),
        ("/api/v1/agents", vec![FILTER_PARAMS]),
        ("/api/v1/tools/insights", vec![FILTER_PARAMS]),
        ("/api/v1/guardrails", vec![FILTER_PARAMS]),
        ("/api/metrics", vec![RANGE_PARAMS]),
        ("/api/parity-matrix", vec![&["time_range", "frameworks"]]),
        ("/api/v1/traces/{trace_id}/spans/{span_id}/lens", vec![]),
        ("/api/v1/costs/unpriced", vec![FILTER_PARAMS]),
        ("/api/v1/costs/analysis", vec![FILTER_PARAMS, ANALYSIS_PARAMS]),
        ("/api/cost-analysis", vec![RANGE_PARAMS]),
        ("/api/v1/plans", vec![FILTER_PARAMS]),
        ("/api/v1/prices/models", vec![PRICE_LIST_PARAMS]),
        ("/api/v1/prices/check", vec![PRICE_CHECK_PARAMS]),
        ("/api/v1/traces/{trace_id}/outline", vec![&["at", "limit"]]),
        ("/api/v1/traces/{trace_id}/search", vec![&["q"]]),
        ("/api/v1/map", vec![FILTER_PARAMS]),
        ("/api/v1/export/traces", vec![&["format"], FILTER_PARAMS]),
        ("/api/v1/export/{records}", vec![&["format"], FILTER_PARAMS]),
        ("/api/v1/live", vec![&["topics", "boot", "after"]]),
        ("/api/v1/events", vec![EVENT_PARAMS]),
        ("/api/v1/calls", vec![FILTER_PARAMS, CALL_PARAMS]),
        ("/api/v1/spans", vec![FILTER_PARAMS, WORK_ROW_PARAMS]),
        ("/api/v1/exchanges", vec![&["trace", "session"]]),
        ("/api/v1/excerpts", vec![&["find", "trace", "session", "span"]]),
        ("/api/v1/scores", vec![&["trace_id", "session", "limit"]]),
        ("/api/v1/metrics/query", vec![METRIC_PARAMS]),
        ("/api/v1/alerts/history", vec![&["rule", "state", "since", "until", "incident", "limit"]]),
        ("/api/v1/incidents", vec![&["state", "since", "until", "limit"]]),
        ("/api/v1/slos/report", vec![&["period", "format"]]),
        ("/api/v1/health", vec![&["agent", "tool", "days"]]),
    ] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        let queries = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let have: BTreeSet<&str> = queries.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(have, lists.concat().into_iter().collect(), "{path}");
        for parameter in parameters {
            assert!(
                parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{path}: {parameter}"
            );
        }
    }
}

#[tokio::test]
async fn every_field_is_described_and_every_reference_resolves() {
    let document = Fixture::empty().get("/openapi.json").await;
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        described(name, schema);
    }
    references(&document, &document);
}

fn described(name: &str, schema: &Value) {
    for (field, about) in schema["properties"].as_object().into_iter().flatten() {
        let discriminator = field == "type" && about.get("enum").is_some();
        assert!(discriminator || says(about), "{name}.{field} has no description: {about}");
    }
    for list in ["allOf", "oneOf", "anyOf"] {
        schema[list].as_array().into_iter().flatten().for_each(|part| described(name, part));
    }
}

/// A reference that may be null carries its description inside.
fn says(about: &Value) -> bool {
    about.get("description").is_some() || about["oneOf"].as_array().into_iter().flatten().any(says)
}

fn references(document: &Value, at: &Value) {
    match at {
        Value::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            object.values().for_each(|value| references(document, value));
        }
        Value::Array(values) => values.iter().for_each(|value| references(document, value)),
        _ => {}
    }
}
