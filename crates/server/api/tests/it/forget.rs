//! Tests of `/api/v1/forget`.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::Method;
use quipu_core::{Backend, Batch, Error, ErrorKind, Intake as _, Limits, Result, Span, Timestamp};
use quipu_pipeline::{Exporter, Pipeline, PipelineParts};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{Fixture, WEATHER, span_id, trace_id};
use crate::http::Answer;

async fn forget(fixture: &Fixture, body: &Value) -> Answer {
    fixture
        .ask(Method::POST, "/api/v1/forget", &[("content-type", "application/json")], &body.to_string())
        .await
}

fn place<'a>(proof: &'a Value, place: &str, what: &str) -> &'a Value {
    let places = proof["places"].as_array().unwrap();
    places.iter().find(|found| found["place"] == place && found["what"] == what).unwrap()
}

fn text(proof: &Value, name: &str) -> String {
    proof[name].as_str().unwrap().to_owned()
}

/// Whether a proof is of this id.
fn is_of(proof: &Value, id: &str) -> bool {
    use sha2::Digest as _;
    let salted = format!("{}:{id}", proof["salt"].as_str().unwrap());
    let sum: String = sha2::Sha256::digest(salted).iter().map(|byte| format!("{byte:02x}")).collect();
    proof["id_sha256"] == sum.as_str()
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_answered_however_long_it_takes() {
    let mut fixture = Fixture::new().await;
    fixture.state.limits = Arc::new(Limits { request_seconds: 0, ..Limits::default() });
    let json = [("content-type", "application/json")];
    let asks = [
        ("/api/v1/traces/delete", json!({"trace_ids": [trace_id(WEATHER).to_string()]})),
        ("/api/v1/retention/run", json!({})),
        ("/api/v1/forget", json!({"user_id": "user-42"})),
    ];
    for (path, body) in asks {
        let answer = fixture.ask(Method::POST, path, &json, &body.to_string()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json());
        assert!(answer.deed.is_some(), "{path}: what was done is told to the audit");
    }
}

#[tokio::test]
async fn a_user_is_gone_and_the_proof_says_so_without_saying_who() {
    let fixture = Fixture::new().await;
    let dry = forget(&fixture, &json!({"user_id": "user-42", "dry_run": true})).await;
    assert!(dry.deed.as_ref().unwrap().preview);
    let dry = dry.json();
    assert_eq!((&dry["dry_run"], &dry["traces"], &dry["complete"]), (&true.into(), &1.into(), &false.into()));
    assert_eq!(place(&dry, "store", "traces")["remaining"], 1, "{dry}");
    let done = forget(&fixture, &json!({"user_id": "user-42"})).await;
    let deed = done.deed.clone().unwrap();
    let done = done.json();
    // The audit log keeps the proof, not the owner.
    let said = |name: &str| deed.detail.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    assert_eq!(
        (deed.preview, said("id_sha256"), said("salt")),
        (false, text(&done, "id_sha256"), text(&done, "salt"))
    );
    assert_eq!(
        (said("traces"), said("remaining"), said("complete")),
        ("1".into(), "0".into(), "true".into())
    );
    assert!(!format!("{deed:?}").contains("user-42"));
    assert_eq!(
        (&done["traces"], &done["remaining"], &done["complete"]),
        (&1.into(), &0.into(), &true.into()),
        "{done}"
    );
    assert!(
        is_of(&done, "user-42") && !is_of(&done, "user-43") && !done.to_string().contains("user-42"),
        "{done}"
    );
    assert!(done["beyond"].as_array().unwrap().len() >= 3);
    fixture.fails(&format!("/api/v1/traces/{}", trace_id(WEATHER)), 404).await;
    assert_eq!(fixture.get("/api/v1/traces").await["traces"].as_array().unwrap().len(), 2);
    let again = forget(&fixture, &json!({"user_id": "user-42"})).await.json();
    assert_eq!((&again["traces"], &again["complete"]), (&0.into(), &true.into()));
    assert_ne!(
        again["id_sha256"], done["id_sha256"],
        "two proofs do not tell that they are of the same user"
    );
}

#[tokio::test]
async fn sessions_and_traces_too() {
    let fixture = Fixture::new().await;
    let done = forget(&fixture, &json!({"session_id": "sess/7"})).await.json();
    assert_eq!(
        (&done["kind"], &done["traces"], &done["complete"]),
        (&"session".into(), &1.into(), &true.into()),
        "{done}"
    );
    let fixture = Fixture::new().await;
    let ids = json!([trace_id(WEATHER).to_string(), trace_id(99).to_string()]);
    let done = forget(&fixture, &json!({"trace_ids": ids})).await.json();
    assert_eq!((&done["traces"], &done["complete"]), (&1.into(), &true.into()), "{done}");
}

#[tokio::test]
async fn wrong_requests_are_refused_and_remove_nothing() {
    let fixture = Fixture::new().await;
    let many: Vec<String> = (1..=1_001).map(|number| format!("{number:032x}")).collect();
    for (body, word) in [
        (json!({}), "exactly one"),
        (json!({"user_id": "a", "session_id": "b"}), "exactly one"),
        (json!({"user_id": ""}), "user_id"),
        (json!({"session_id": "x".repeat(1_025)}), "session_id"),
        (json!({"trace_ids": []}), "trace_ids"),
        (json!({"trace_ids": ["zz"]}), "trace_ids[0]"),
        (json!({"trace_ids": many}), "1 to 1000"),
        (json!({"user": "a"}), "user"),
    ] {
        let answer = forget(&fixture, &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(word), "{word}: {:?}", answer.body);
    }
    assert_eq!(fixture.get("/api/v1/traces").await["traces"].as_array().unwrap().len(), 3);
}

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

#[tokio::test]
async fn what_backends_refused_is_gone_as_well() {
    let folder = TempDir::new().unwrap();
    let mut fixture = Fixture::empty();
    let exporter = Exporter { folder: Some(folder.path().to_owned()), ..Exporter::new(Arc::new(Strict)) };
    let parts =
        PipelineParts { exporters: vec![exporter], ..PipelineParts::new(Arc::clone(&fixture.state.store)) };
    let pipeline = Arc::new(Pipeline::start(parts));
    let mut span =
        Span::new(trace_id(1), span_id(1), "chat", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
    span.attributes.push("user.id", "user-9");
    span.canonical.user = Some("user-9".into());
    pipeline.submit(Batch { spans: vec![span], ..Batch::default() }).await.unwrap();
    pipeline.flush().await.unwrap();
    fixture.state.pipeline = Some(Arc::clone(&pipeline));
    let done = forget(&fixture, &json!({"user_id": "user-9"})).await.json();
    let letters = place(&done, "dead-letters of strict", "records");
    assert_eq!((&letters["found"], &letters["remaining"]), (&1.into(), &0.into()), "{done}");
    assert_eq!(done["complete"], true, "{done}");
    assert!(pipeline.dead_letters("strict").unwrap().list().unwrap().is_empty());
}

#[tokio::test]
async fn trouble_elsewhere_leaves_the_store_so_that_it_can_be_asked_again() {
    let folder = TempDir::new().unwrap();
    let mut fixture = Fixture::empty();
    let exporter = Exporter { folder: Some(folder.path().to_owned()), ..Exporter::new(Arc::new(Strict)) };
    let parts =
        PipelineParts { exporters: vec![exporter], ..PipelineParts::new(Arc::clone(&fixture.state.store)) };
    let pipeline = Arc::new(Pipeline::start(parts));
    // Three letters of one trace: only the second names the user.
    for number in 1..=3 {
        let (from, to) = (Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        let mut span = Span::new(trace_id(1), span_id(number), "chat", from, to);
        span.canonical.user = (number == 2).then(|| "user-9".into());
        pipeline.submit(Batch { spans: vec![span], ..Batch::default() }).await.unwrap();
        pipeline.flush().await.unwrap();
    }
    fixture.state.pipeline = Some(Arc::clone(&pipeline));
    let letters = pipeline.dead_letters("strict").unwrap();
    let first = letters.list().unwrap().remove(0).id;
    let path = folder.path().join("dead").join(format!("{first:020}.dead"));
    let whole = std::fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 0xff;
    std::fs::write(&path, damaged).unwrap();
    let done = forget(&fixture, &json!({"user_id": "user-9"})).await.json();
    assert_eq!(
        (&done["complete"], &place(&done, "store", "traces")["remaining"]),
        (&false.into(), &1.into())
    );
    assert_eq!(letters.list().unwrap().len(), 1, "the others are gone");
    std::fs::write(&path, whole).unwrap();
    let done = forget(&fixture, &json!({"user_id": "user-9"})).await.json();
    assert_eq!((&done["complete"], &done["traces"]), (&true.into(), &1.into()), "{done}");
    assert!(letters.list().unwrap().is_empty(), "its letter named nobody, and is gone all the same");
}
