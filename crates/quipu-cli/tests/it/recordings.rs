//! Recordings of real frameworks: the totals are those of the model server's own log.

use quipu_recordings::{Encoding, bodies, names, want};
use serde_json::Value;

use crate::server::*;

/// Whether it speaks one of the three conventions that Quipu reads so far.
fn is_read(name: &str) -> bool {
    ["openinference", "openllmetry", "otel-contrib", "traceloop"].iter().any(|word| name.contains(word))
}

fn send(server: &Server, recording: &str) {
    for body in bodies(recording) {
        let json = body.encoding == Encoding::Json;
        let mut headers =
            vec![("content-type", if json { "application/json" } else { "application/x-protobuf" })];
        if body.packed {
            headers.push(("content-encoding", "gzip"));
        }
        let (status, answer) = server.post(body.signal.as_str(), &body.bytes, &headers);
        assert_eq!(status, 200, "{}: {answer}", body.path.display());
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
    for name in names().into_iter().filter(|name| is_read(name)) {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_for_any_age(folder.path());
        let want = want(&name);
        for times in ["once", "twice"] {
            send(&server, &name);
            let differences = differences(&server.get("/api/v1/usage")["total"], &want);
            if !differences.is_empty() {
                off.push(format!("{name} {times}: {}", differences.join(", ")));
            }
        }
    }
    assert!(off.is_empty(), "{off:#?}");
}
