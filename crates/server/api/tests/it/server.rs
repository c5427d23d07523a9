//! Tests of the server's own state, and the layers around every answer.

use std::io::{Read as _, Write as _};

use axum::http::Method;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::fixture::{Fixture, script};

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
async fn the_description_is_the_same_bytes_for_all_and_is_not_sent_twice() {
    let router = Fixture::empty().router();
    let ask = async |tag: &str| {
        let request = axum::http::Request::get("/openapi.json").header("if-none-match", tag);
        let answer = router.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    };
    let (parts, first) = ask("").await;
    let tag = parts.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!((parts.headers["cache-control"].to_str().unwrap(), first.is_empty()), ("no-cache", false));
    let (_, second) = ask("\"another\"").await;
    assert_eq!(first.as_ptr(), second.as_ptr(), "made once");
    let (parts, none) = ask(&tag).await;
    assert_eq!((parts.status.as_u16(), none.len()), (304, 0));
}

#[tokio::test]
async fn large_answers_go_out_as_gzip_to_those_who_take_it() {
    let fixture = Fixture::new().await;
    let packed = fixture.ask(Method::GET, "/api/v1/traces", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut text = String::new();
    GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    let plain = fixture.ask(Method::GET, "/api/v1/traces", &[], "").await;
    assert_eq!((plain.header("content-encoding"), text.as_bytes()), ("", &plain.body[..]));
    assert!(packed.body.len() < plain.body.len());
    let font = fixture.ask(Method::GET, "/assets/a.woff2", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(font.header("content-encoding"), "");
}

#[tokio::test]
async fn files_of_the_dashboard_are_packed_tighter_than_answers() {
    let asked = [("accept-encoding", "gzip")];
    let packed = Fixture::empty().ask(Method::GET, "/assets/large.js", &asked, "").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut text = String::new();
    GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, script());
    let mut lightly = GzEncoder::new(Vec::new(), Compression::fast());
    lightly.write_all(text.as_bytes()).unwrap();
    let lightly = lightly.finish().unwrap();
    assert!(packed.body.len() * 10 < lightly.len() * 9, "{} of {}", packed.body.len(), lightly.len());
}
