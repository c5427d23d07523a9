//! Tests of backends and dead letters.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::Method;
use quipu_core::{Backend, Batch, Error, ErrorKind, Intake as _, Result, Span, Timestamp};
use quipu_pipeline::{Exporter, Pipeline, PipelineParts};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{Fixture, span_id, trace_id};

const JSON: (&str, &str) = ("content-type", "application/json");

/// A backend that rejects everything permanently.
struct Strict;

#[async_trait]
impl Backend for Strict {
    fn name(&self) -> &str {
        "strict"
    }

    async fn write(&self, _: Arc<Batch>) -> Result<()> {
        Err(Error::new(ErrorKind::Invalid, "write", "not of our kind"))
    }
}

async fn with_dead_letter(folder: &TempDir) -> Fixture {
    let mut fixture = Fixture::empty();
    let exporter = Exporter { folder: Some(folder.path().to_owned()), ..Exporter::new(Arc::new(Strict)) };
    let parts =
        PipelineParts { exporters: vec![exporter], ..PipelineParts::new(Arc::clone(&fixture.state.store)) };
    let pipeline = Arc::new(Pipeline::start(parts));
    let span = Span::new(trace_id(1), span_id(1), "chat", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
    pipeline.submit(Batch { spans: vec![span], ..Batch::default() }).await.unwrap();
    pipeline.flush().await.unwrap();
    fixture.state.pipeline = Some(pipeline);
    fixture
}

#[tokio::test]
async fn what_was_refused_is_listed_replayed_and_removed() {
    let folder = TempDir::new().unwrap();
    let fixture = with_dead_letter(&folder).await;
    let backends = fixture.get("/api/v1/backends").await["backends"].take();
    assert!(backends[0]["delivery"].is_null(), "the store is not delivered to: {backends}");
    assert_eq!(
        (&backends[1]["name"], &backends[1]["delivery"]["dead_letters"]),
        (&"strict".into(), &1.into())
    );
    let path = "/api/v1/backends/strict/dead-letters";
    let letter = fixture.get(path).await["dead_letters"][0].take();
    assert_eq!((&letter["reason"], &letter["records"]), (&"refused".into(), &1.into()));
    assert!(letter["said"].as_str().unwrap().contains("not of our kind"), "{letter}");
    let post = async |what: &str, body: Value| {
        fixture.ask(Method::POST, &format!("{path}/{what}"), &[JSON], &body.to_string()).await.json()
    };
    let replayed = post("replay", json!({})).await;
    assert_eq!((&replayed["letters"], &replayed["records"]), (&1.into(), &1.into()), "{replayed}");
    fixture.state.pipeline.as_ref().unwrap().flush().await.unwrap();
    let letters = fixture.get(path).await["dead_letters"].take();
    assert_eq!(letters.as_array().unwrap().len(), 1, "it was refused again: {letters}");
    let removed = post("remove", json!({"ids": [letters[0]["id"]]})).await;
    assert_eq!(removed, json!({"removed": 1}));
    assert_eq!(fixture.get(path).await, json!({"dead_letters": []}));
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_said() {
    let folder = TempDir::new().unwrap();
    let fixture = with_dead_letter(&folder).await;
    assert!(fixture.fails("/api/v1/backends/nobody/dead-letters", 404).await.contains("nobody"));
    Fixture::empty().fails("/api/v1/backends/strict/dead-letters", 404).await;
}
