//! The server about itself, and what wraps every answer.

use std::io::Read as _;

use axum::http::Method;
use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn liveness_status_and_metrics() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.get("/healthz").await, json!({"status": "ok"}));
    let status = fixture.get("/api/v1/status").await;
    assert_eq!((&status["version"], &status["demo"]), (&json!("0.1.0"), &json!(true)));
    assert_eq!(status["started_at"], "2026-11-21T12:00:00.000000000Z");
    let listeners =
        json!({"http": "http://127.0.0.1:8080", "otlp_http": null, "otlp_grpc": null, "prometheus": null});
    assert_eq!((&status["listeners"], &status["store"]["spans"]), (&listeners, &json!(9)));
    assert_eq!(status["search"], json!({"lag_spans": 0, "lag_ms": 0}));
    let metrics = fixture.ask(Method::GET, "/metrics", &[], "").await;
    assert_eq!(metrics.header("content-type"), quipu_api::OPEN_METRICS);
    assert_eq!(metrics.body, "quipu_up 1\n");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let fixture = Fixture::new().await;
    for path in ["/api/v1/traces", "/api/v1/nothing", "/healthz", "/openapi.json", "/", "/assets/app-1234.js"]
    {
        let answer = fixture.ask(Method::GET, path, &[], "").await;
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
    }
    let api = fixture.ask(Method::GET, "/api/v1/traces", &[], "").await;
    assert_eq!(api.header("cache-control"), "no-store");
}

#[tokio::test]
async fn large_answers_go_out_as_gzip_to_those_who_take_it() {
    let fixture = Fixture::new().await;
    let packed = fixture.ask(Method::GET, "/api/v1/traces", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    let plain = fixture.ask(Method::GET, "/api/v1/traces", &[], "").await;
    assert_eq!((plain.header("content-encoding"), text.as_bytes()), ("", &plain.body[..]));
    assert!(packed.body.len() < plain.body.len());
    let font = fixture.ask(Method::GET, "/assets/a.woff2", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(font.header("content-encoding"), "");
}
