//! Tests of the audit log of a running server: foreign changes are detected, and actions that cannot be
//! logged are rejected.

use std::fs::File;
use std::path::Path;

use serde_json::{Value, json};

use crate::server::*;

fn start(folder: &Path, config: &str) -> Server {
    let file = folder.join("quipu.toml");
    std::fs::write(&file, config).unwrap();
    let log = File::create(folder.join("server.log")).unwrap();
    Server::start_saying(folder, &["--config", file.to_str().unwrap()], log.into())
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("server.log")).unwrap()
}

/// Sends a trace and reads it until the audit log has this many entries.
fn with_entries(server: &Server, folder: &Path, count: usize) {
    assert_eq!(server.post_json(&export(7)).0, 200);
    for _ in 0..count {
        assert_eq!(read_trace(server), 200);
    }
    // The head follows the entries: then nothing is being written any more. It has two lines, and the newer
    // one may be either.
    let heads = || std::fs::read_to_string(folder.join("audit/head")).unwrap_or_default();
    let is_last = |line: &String| {
        let entry: Value = serde_json::from_str(line).ok()?;
        let last = format!("{}:", entry["seq"]);
        heads().lines().any(|head| head.starts_with(&last)).then_some(())
    };
    wait_for("the entries", || {
        lines(folder).last().filter(|_| lines(folder).len() >= count).and_then(is_last)
    });
}

fn read_trace(server: &Server) -> u16 {
    get(&format!("{}/api/v1/traces/{:032x}", server.url("http"), 7)).0
}

fn lines(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("audit/a-000001.jsonl")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Cuts the record after its first entry and writes the file `head` to fit.
fn cut(folder: &Path) {
    let first = lines(folder).remove(0);
    let entry: Value = serde_json::from_str(&first).unwrap();
    std::fs::write(folder.join("audit/a-000001.jsonl"), format!("{first}\n")).unwrap();
    let head = format!("{}:{}", entry["seq"], entry["hash"].as_str().unwrap());
    std::fs::write(folder.join("audit/head"), format!("{head:<127}\n")).unwrap();
}

fn audit_state(server: &Server) -> Value {
    server.get("/readyz")["audit"].clone()
}

fn is_told(server: &Server, folder: &Path) {
    let state = wait_for("the notice", || Some(audit_state(server)).filter(|state| state["damaged"] == true));
    assert_eq!(state["status"], "degraded");
    assert!(log(folder).contains("ERROR") && log(folder).contains("audit record"), "{}", log(folder));
    wait_for("the metric", || {
        get(&format!("{}/metrics", server.url("http"))).1.contains("quipu_audit_damaged 1").then_some(())
    });
}

fn verify(folder: &Path) -> (i32, String) {
    let (code, out, _) = run(&["audit", "verify", "--data-dir", folder.to_str().unwrap()]);
    (code, out)
}

#[test]
fn a_cut_tail_with_a_rewritten_head_is_noticed_by_the_next_entry() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    with_entries(&server, folder.path(), 3);
    assert_eq!(audit_state(&server)["status"], "ready");
    cut(folder.path());
    assert_eq!(verify(folder.path()).0, 0, "the files alone cannot tell");
    assert_eq!(read_trace(&server), 200);
    is_told(&server, folder.path());
    let (code, out) = verify(folder.path());
    assert!(code == 3 && out.contains("NOT WHOLE"), "{out}");
    let (_, out, _) =
        run(&["audit", "list", "--action", "audit.missing", "--data-dir", folder.path().to_str().unwrap()]);
    assert!(out.contains("kept=3:"), "{out}");
}

#[test]
fn a_cut_tail_is_noticed_without_any_entry_and_by_verifying() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    with_entries(&server, folder.path(), 3);
    cut(folder.path());
    wait_for("the verdict", || (server.get("/api/v1/audit/verify")["holds"] == false).then_some(()));
    is_told(&server, folder.path());
    drop(server);
    let server = start(folder.path(), "");
    with_entries(&server, folder.path(), 5);
    cut(folder.path());
    is_told(&server, folder.path());
    assert_eq!(verify(folder.path()).0, 3);
}

#[test]
fn a_last_entry_that_was_replaced_at_the_same_length_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    with_entries(&server, folder.path(), 3);
    let file = folder.path().join("audit/a-000001.jsonl");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() - 10;
    bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    std::fs::write(&file, bytes).unwrap();
    is_told(&server, folder.path());
    assert_eq!(verify(folder.path()).0, 3);
}

/// Makes the record impossible to write, for every user.
fn block(folder: &Path) {
    std::fs::rename(folder.join("audit"), folder.join("away")).unwrap();
    std::fs::write(folder.join("audit"), "").unwrap();
}

fn unblock(folder: &Path) {
    std::fs::remove_file(folder.join("audit")).unwrap();
    std::fs::rename(folder.join("away"), folder.join("audit")).unwrap();
}

#[test]
fn a_required_record_that_cannot_be_written_refuses_acts_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "[audit]\nrequired = true");
    with_entries(&server, folder.path(), 1);
    block(folder.path());
    let (status, body) = get(&format!("{}/api/v1/traces/{:032x}", server.url("http"), 7));
    assert!(status == 503 && body.contains("audit-unavailable"), "{status} {body}");
    let forget = json!({"trace_ids": [format!("{:032x}", 7)]});
    let (status, body) = server.write("POST", "/api/v1/forget", &forget);
    assert!(status == 503 && body.contains("[audit] required"), "{status} {body}");
    assert_eq!(get(&format!("{}/api/v1/traces", server.url("http"))).0, 200, "a list is not noted");
    assert_eq!(server.post_json(&export(8)).0, 200, "telemetry is not noted");
    assert_eq!(audit_state(&server)["status"], "degraded");
    unblock(folder.path());
    wait_for("the record", || (read_trace(&server) == 200).then_some(()));
    assert_eq!(server.write("POST", "/api/v1/forget", &forget).0, 200);
    let (_, out, _) =
        run(&["audit", "list", "--action", "act.begin", "--data-dir", folder.path().to_str().unwrap()]);
    assert!(out.contains("act=data.forget"), "{out}");
    assert_eq!(verify(folder.path()).0, 0, "{}", verify(folder.path()).1);
}

#[test]
fn a_required_record_that_cannot_be_written_lets_nobody_log_in() {
    let folder = tempfile::tempdir().unwrap();
    let password = "correct horse battery";
    let line = format!(
        "printf '%s\\n' '{password}' | {} users add ada --role admin --own-password --data-dir {}",
        env!("CARGO_BIN_EXE_quipu"),
        folder.path().display()
    );
    assert!(std::process::Command::new("sh").args(["-c", &line]).status().unwrap().success());
    let server = start(folder.path(), "[audit]\nrequired = true");
    let log_in = || server.write("POST", "/api/v1/login", &json!({"name": "ada", "password": password})).0;
    assert_eq!(log_in(), 204);
    block(folder.path());
    assert_eq!(log_in(), 503);
    unblock(folder.path());
    wait_for("the record", || (log_in() == 204).then_some(()));
}

#[test]
fn a_record_that_is_not_required_stops_nothing_and_tells() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    with_entries(&server, folder.path(), 1);
    block(folder.path());
    assert_eq!(read_trace(&server), 200);
    wait_for("the state", || (audit_state(&server)["status"] == "degraded").then_some(()));
}
