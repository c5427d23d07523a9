//! Tests of recorded requests of real instrumentations.

use axum::http::StatusCode;
use quipu_core::Limits;
use quipu_recordings::{Body, bodies, names};

use super::World;
use super::bodies::gzip;

#[tokio::test]
async fn every_recorded_request_is_taken_whole() {
    let world = World::new(Limits::of_any_age());
    let mut requests = 0;
    for body in names().iter().flat_map(|name| bodies(name)) {
        replay(&world, body).await;
        requests += 1;
    }
    assert!(requests > 100, "{requests}");
    assert_eq!(world.intake.batches.lock().unwrap().len(), requests);
}

async fn replay(world: &World, body: Body) {
    let (text, bytes) = (body.meta(), body.bytes);
    let content_type = text["content_type"].as_str().unwrap_or("application/x-protobuf");
    let packed = text["content_encoding"] == "gzip";
    let bytes = if packed && !bytes.starts_with(&[0x1f, 0x8b]) { gzip(&bytes) } else { bytes };
    let mut headers = vec![("content-type", content_type)];
    if packed || bytes.starts_with(&[0x1f, 0x8b]) {
        headers.push(("content-encoding", "gzip"));
    }
    let signal = text["signal"].as_str().unwrap();
    let answer = world.post(&format!("/v1/{signal}"), &headers, bytes).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", body.path.display());
    let nothing: &[u8] = if content_type == "application/json" { b"{}" } else { b"" };
    assert_eq!(answer.body, nothing, "{}", body.path.display());
}
