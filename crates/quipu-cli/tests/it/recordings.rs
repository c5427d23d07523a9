//! Recordings of real frameworks: the totals are those of the model server's own log.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::server::*;

fn recordings() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recordings");
    let mut all: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn name(recording: &Path) -> String {
    recording.file_name().unwrap().to_string_lossy().into_owned()
}

/// Whether it speaks one of the three conventions that Quipu reads so far.
fn is_read(recording: &Path) -> bool {
    let name = name(recording);
    ["openinference", "openllmetry", "otel-contrib", "traceloop"].iter().any(|word| name.contains(word))
}

fn send(server: &Server, recording: &Path) {
    let mut bodies: Vec<_> =
        std::fs::read_dir(recording).unwrap().map(|entry| entry.unwrap().path()).collect();
    bodies.sort();
    for meta in bodies.iter().filter(|path| path.to_string_lossy().ends_with(".meta.json")) {
        let stem = name(meta).replace("meta.json", "");
        let body = bodies.iter().find(|path| name(path).starts_with(&stem) && *path != meta).unwrap();
        let meta: Value = serde_json::from_slice(&std::fs::read(meta).unwrap()).unwrap();
        let json = name(body).contains(".json");
        let mut headers =
            vec![("content-type", if json { "application/json" } else { "application/x-protobuf" })];
        if name(body).ends_with(".gz") {
            headers.push(("content-encoding", "gzip"));
        }
        let (status, answer) =
            server.post(meta["signal"].as_str().unwrap(), &std::fs::read(body).unwrap(), &headers);
        assert_eq!(status, 200, "{}: {answer}", body.display());
    }
}

/// What differs from the truth. Cache reads and reasoning may fall short, since not every source sends them, never exceed.
fn differences(total: &Value, want: &Value) -> Vec<String> {
    let limited = want.get("source_limited").filter(|limited| !limited.is_null());
    let truth = limited.unwrap_or(&want["tokens"]);
    let mut off = Vec::new();
    for field in ["input", "output"] {
        if !truth[field].is_null() && total["tokens"][field] != truth[field] {
            off.push(format!("{field} {} of {}", total["tokens"][field], truth[field]));
        }
    }
    if limited.is_some() {
        return off;
    }
    for field in ["cache_read", "reasoning"] {
        if total["tokens"][field].as_u64() > want["tokens"][field].as_u64() {
            off.push(format!("{field} {} of {}", total["tokens"][field], want["tokens"][field]));
        }
    }
    let (ok, failed) = (want["llm_calls_ok"].as_u64().unwrap(), want["llm_calls_failed"].as_u64().unwrap());
    let calls = total["llm_calls"].as_u64().unwrap();
    if !(ok..=ok + failed).contains(&calls) {
        off.push(format!("calls {calls} of {ok}+{failed}"));
    }
    off
}

#[test]
fn totals_are_those_of_the_model_servers_log_and_stay_so_when_sent_again() {
    let mut off = Vec::new();
    for recording in recordings().into_iter().filter(|recording| is_read(recording)) {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        let want: Value =
            serde_json::from_slice(&std::fs::read(recording.join("want.json")).unwrap()).unwrap();
        for times in ["once", "twice"] {
            send(&server, &recording);
            let differences = differences(&server.get("/api/v1/usage")["total"], &want);
            if !differences.is_empty() {
                off.push(format!("{} {times}: {}", name(&recording), differences.join(", ")));
            }
        }
    }
    assert!(off.is_empty(), "{off:#?}");
}
