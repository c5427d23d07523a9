//! What real instrumentations sent, sent again as they did.

use std::path::Path;

use axum::http::StatusCode;
use quipu_core::Limits;

use super::World;
use super::bodies::gzip;

#[tokio::test]
async fn every_recorded_request_is_taken_whole() {
    let world = World::new(Limits::default());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recordings");
    let mut requests = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let mut files: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for meta in files.iter().filter(|path| path.to_str().unwrap().ends_with(".meta.json")) {
            let text: serde_json::Value = serde_json::from_slice(&std::fs::read(meta).unwrap()).unwrap();
            let number = meta.file_name().unwrap().to_str().unwrap().split('.').next().unwrap();
            let body = files.iter().find(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with(number) && !name.ends_with(".meta.json")
            });
            let bytes = std::fs::read(body.unwrap()).unwrap();
            replay(&world, meta, &text, bytes).await;
            requests += 1;
        }
    }
    assert!(requests > 100, "{requests}");
    assert_eq!(world.intake.batches.lock().unwrap().len(), requests);
}

async fn replay(world: &World, meta: &Path, text: &serde_json::Value, bytes: Vec<u8>) {
    let content_type = text["content_type"].as_str().unwrap_or("application/x-protobuf");
    let packed = text["content_encoding"] == "gzip";
    let bytes = if packed && !bytes.starts_with(&[0x1f, 0x8b]) { gzip(&bytes) } else { bytes };
    let mut headers = vec![("content-type", content_type)];
    if packed || bytes.starts_with(&[0x1f, 0x8b]) {
        headers.push(("content-encoding", "gzip"));
    }
    let signal = text["signal"].as_str().unwrap();
    let answer = world.post(&format!("/v1/{signal}"), &headers, bytes).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", meta.display());
    let nothing: &[u8] = if content_type == "application/json" { b"{}" } else { b"" };
    assert_eq!(answer.body, nothing, "{}", meta.display());
}
