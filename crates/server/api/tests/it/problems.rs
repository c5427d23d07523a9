//! Tests of errors: each one is a problem detail.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::Method;
use quipu_core::{Backend, Batch, Health, Result};
use quipu_pipeline::{Exporter, Pipeline, PipelineParts};

use crate::fixture::Fixture;

#[tokio::test]
async fn unknown_routes_of_the_interface_are_problems_not_pages() {
    let fixture = Fixture::empty();
    for path in ["/api", "/api/v1/nothing", "/api/v1/traces/", "/api/v2/traces", "/v1/nothing", "/missing.js"]
    {
        assert!(fixture.fails(path, 404).await.contains("openapi.json"), "{path}");
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_what_is_allowed() {
    let fixture = Fixture::empty();
    for (method, path, allowed) in [
        (Method::DELETE, "/api/v1/traces", "GET"),
        (Method::GET, "/api/v1/price", "POST"),
        (Method::POST, "/healthz", "GET"),
        (Method::POST, "/api/v1/live", "GET"),
    ] {
        let answer = fixture.ask(method, path, &[], "").await;
        assert!(answer.problem(405).contains(path));
        assert!(answer.header("allow").contains(allowed), "{path}: {}", answer.header("allow"));
    }
    fixture.ask(Method::POST, "/traces", &[], "").await.problem(405);
}

#[tokio::test]
async fn bad_encodings_are_problems() {
    let fixture = Fixture::empty();
    fixture.fails("/api/v1/sessions/%FF", 400).await;
    fixture.fails("/api/v1/traces/%FF/spans/%FF", 400).await;
}

struct Broken(Health);

#[async_trait]
#[async_trait]
impl Backend for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    async fn write(&self, _: Arc<Batch>) -> Result<()> {
        Ok(())
    }

    fn health(&self) -> Health {
        self.0.clone()
    }
}

#[tokio::test]
async fn readiness_tells_of_every_backend() {
    let mut fixture = Fixture::new().await;
    let ready = fixture.get("/readyz").await;
    assert_eq!(
        (ready["status"].as_str(), ready["backends"][0]["name"].as_str()),
        (Some("ready"), Some("memory"))
    );
    assert_eq!(ready["search"]["lag_spans"], 0);
    let broken = Exporter::new(Arc::new(Broken(Health::Down("no route to host".into()))));
    let parts =
        PipelineParts { exporters: vec![broken], ..PipelineParts::new(Arc::clone(&fixture.state.store)) };
    fixture.state.pipeline = Some(Arc::new(Pipeline::start(parts)));
    let degraded = fixture.get("/readyz").await;
    assert_eq!(
        (degraded["status"].as_str(), degraded["backends"][1]["status"].as_str()),
        (Some("degraded"), Some("down"))
    );
    assert_eq!(degraded["backends"][1]["detail"], "no route to host");
}

#[tokio::test]
async fn a_panic_is_a_problem() {
    let mut fixture = Fixture::empty();
    fixture.state.metrics_page = Arc::new(|| panic!("on purpose"));
    let detail = fixture.fails("/metrics", 500).await;
    assert!(!detail.contains("on purpose"), "{detail}");
}
