//! Test of `quipu benchmark`: its figures, and the folders that it leaves alone.

use std::process::Command;

use serde_json::Value;

use crate::server::Server;

#[test]
fn figures_are_measured_in_a_folder_of_its_own() {
    let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mine = folder.path().join("mine");
    let server = Server::start(&folder.path().join("asked"));
    server.post_json(&crate::server::export(7));
    let mut command = Command::new(env!("CARGO_BIN_EXE_quipu"));
    command.args(["benchmark", "--seconds", "1", "--json", "--url", server.url("http")]);
    command
        .env("QUIPU_DATA_DIR", &mine)
        .env("QUIPU_URL", "http://127.0.0.1:9")
        .env("TMPDIR", temporary.path());
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
    let figures = answer["figures"].as_array().unwrap();
    let value =
        |id: &str| figures.iter().find(|figure| figure["id"] == id).and_then(|one| one["value"].as_f64());
    for id in [
        "hot.llm_span_ns",
        "start.ready_ms",
        "ingest.spans_per_s",
        "ingest.bytes_per_span",
        "query.list_all.p99_ms",
        "query.trace_100.p50_ms",
        "own.query.usage_30d.p99_ms",
    ] {
        assert!(value(id).is_some_and(|value| value > 0.0), "{id}: {answer}");
    }
    assert!(answer["machine"]["cores"].as_u64() > Some(0), "{answer}");
    assert!(!mine.exists(), "the caller's data folder is not touched");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "nothing is left behind");
}
