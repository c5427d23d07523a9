//! Tests of `quipu import`, into a store and to a server that has it open.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::server::{Server, quipu, run, wait_for};

fn span(id: u32, tokens: u64) -> String {
    let attribute = |key: &str, value: Value| json!({"key": key, "value": value});
    let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": format!("b7ad6b71{id:08x}"), "name": "chat",
        "startTimeUnixNano": "1795000000000000000", "endTimeUnixNano": "1795000001000000000",
        "attributes": [
            attribute("gen_ai.operation.name", json!({"stringValue": "chat"})),
            attribute("gen_ai.request.model", json!({"stringValue": "gpt-4o"})),
            attribute("gen_ai.usage.input_tokens", json!({"intValue": tokens.to_string()})),
        ],
    }]}]}]});
    format!("{request}\n")
}

/// One call of Claude Code, which does not say who pays.
fn transcript() -> String {
    let line = |kind: &str, id: &str, at: &str, more: Value| {
        let mut line = json!({"type": kind, "uuid": id, "sessionId": "s", "isSidechain": false, "version": "2.1.197", "timestamp": at});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        format!("{line}\n")
    };
    let said = json!({"message": {"role": "user", "content": "Hello"}});
    let answer = json!({"requestId": "r", "message": {"id": "m", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn", "usage": {"input_tokens": 100_000, "output_tokens": 0}}});
    line("user", "u1", "2026-11-20T08:00:00.000Z", said)
        + &line("assistant", "a1", "2026-11-20T08:00:01.000Z", answer)
}

fn input(source: &[&str]) -> u64 {
    let (code, out, err) = run(&[&["usage", "--group-by", "", "--json"], source].concat());
    assert_eq!(code, 0, "{err}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    answer["total"]["tokens"]["input"].as_u64().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn files_go_into_the_store_once_and_bad_lines_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("otlp.jsonl"));
    fs::write(&file, span(1, 10) + "{\"resourceSpans\": secret}\n" + &span(2, 20)).unwrap();
    let args = ["import", text(&file), "--data-dir", text(&data)];
    let (code, out, err) = run(&[&args[..], &["--dry-run"]].concat());
    assert_eq!((code, data.exists()), (0, false), "{err}");
    assert!(out.contains("2 records from 1 files (otlp 1) would be imported, 1 skipped"), "{out}");
    for _ in 0..2 {
        let (code, out, err) = run(&args);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("2 records"), "{out}");
        assert!(err.contains(&format!("{}:2: not JSON", file.display())) && !err.contains("secret"), "{err}");
        assert_eq!(input(&["--data-dir", text(&data)]), 30);
    }
}

#[test]
fn who_pays_may_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.jsonl");
    fs::write(&file, transcript()).unwrap();
    // 100,000 tokens at 3 dollars a million.
    for (how, cost, plan) in [
        (&[][..], json!("0.3"), Value::Null),
        (&["--billing", "metered"], json!("0.3"), Value::Null),
        (&["--billing", "subscription"], Value::Null, json!("0.3")),
    ] {
        let data = tempfile::tempdir().unwrap();
        let (code, _, err) = run(&[&["import", text(&file), "--data-dir", text(data.path())], how].concat());
        assert_eq!(code, 0, "{err}");
        let (_, out, _) = run(&["usage", "--group-by", "", "--json", "--data-dir", text(data.path())]);
        let total = &serde_json::from_str::<Value>(&out).unwrap()["total"];
        assert_eq!((&total["cost_usd"], &total["subscription_usd"]), (&cost, &plan), "{how:?}");
    }
    assert_eq!(run(&["import", text(&file), "--billing", "nobody"]).0, 2);
}

#[test]
fn what_cannot_be_imported_fails() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    fs::write(&file, "{\"hello\": 1}").unwrap();
    let data = folder.path().join("data");
    let (code, out, err) =
        run(&["import", text(&file), "/nowhere/at/all", "--data-dir", text(&data), "--json"]);
    assert_eq!(code, 1);
    assert!(err.contains("format is not known") && err.contains("/nowhere/at/all"), "{err}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&answer["records"], &answer["skipped"]), (&json!(0), &json!(1)), "{answer}");
    assert_eq!(run(&["import", text(&file), "--format", "csv"]).0, 2);
    assert_eq!(run(&["import"]).0, 2);
}

#[test]
fn a_server_that_has_the_store_open_takes_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = server.url("http");
    let file = folder.path().join("otlp.jsonl");
    fs::write(&file, span(1, 10) + &span(2, 20)).unwrap();
    let (code, out, err) = run(&["import", text(&file), "--url", url]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("2 records") && out.contains(url), "{out}");
    assert_eq!(input(&["--url", url]), 30);
    // The store has one writer, and the server is not where one would be looked for.
    let (code, _, err) = run(&["import", text(&file), "--data-dir", text(folder.path())]);
    assert_eq!(code, 1);
    assert!(err.contains("--url"), "{err}");
}

#[test]
fn watching_imports_what_is_added_and_ends_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = server.url("http");
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    fs::write(logs.join("a.jsonl"), span(1, 10)).unwrap();
    let mut command = quipu();
    command.arg("import").arg(&logs).args(["--watch", "--url", url, "--data-dir", text(folder.path())]);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    wait_for("the first line", || (input(&["--url", url]) == 10).then_some(()));
    fs::write(logs.join("a.jsonl"), span(1, 10) + &span(2, 20)).unwrap();
    wait_for("the second line", || (input(&["--url", url]) == 30).then_some(()));
    let ended = std::process::Command::new("sh")
        .args(["-c", &format!("kill -TERM {}", child.id())])
        .status()
        .unwrap();
    assert!(ended.success());
    let status = wait_for("the end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}
