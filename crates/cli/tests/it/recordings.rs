//! Tests with recordings of real frameworks: the totals match the model server's own log.

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

/// Differences from the truth. Cache reads and reasoning may fall short, since not every source sends them;
/// they never exceed it.
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

/// Two instrumentations tell each call of this recording, in traces of their own.
#[test]
fn the_records_of_a_call_name_each_other_and_the_counted_one_has_the_messages() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_for_any_age(folder.path());
    send(&server, "langchain-claude--oi+native-sdk");
    let traces = server.get("/api/v1/traces?limit=200");
    let ids: Vec<&str> = traces["traces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trace| trace["trace_id"].as_str().unwrap())
        .collect();
    let (mut calls, mut shared) = (0, 0);
    for trace in ids {
        let spans = server.get(&format!("/api/v1/traces/{trace}"))["spans"].clone();
        for span in spans.as_array().unwrap().iter().filter(|span| span["kind"] == "llm") {
            let Some([other, ..]) = span["joined"].as_array().map(Vec::as_slice) else { continue };
            shared += 1;
            let path = |trace: &str, span: &str| format!("/api/v1/traces/{trace}/spans/{span}");
            let (of, id) = (other["trace_id"].as_str().unwrap(), other["span_id"].as_str().unwrap());
            let back = server.get(&path(of, id))["span"].clone();
            assert!(
                back["joined"].as_array().unwrap().iter().any(|one| one["span_id"] == span["span_id"]),
                "{back}"
            );
            assert_ne!(span["counted"], back["counted"], "one of the two counts");
            assert!(other["score"].as_f64().is_some_and(|score| score > 0.5 && score < 1.0), "{other}");
            let lens = server.get(&format!("{}/lens", path(trace, span["span_id"].as_str().unwrap())));
            assert_eq!(lens["joined"], span["joined"]);
            if span["counted"] == true {
                calls += 1;
                assert_ne!(span["input_messages"].as_array().map(Vec::len), Some(0), "{span}");
            }
        }
    }
    assert!(calls >= 5 && shared == 2 * calls, "{calls} calls of {shared} records");
}
