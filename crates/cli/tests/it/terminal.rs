//! Tests of the one-shot commands for the terminal, over a folder and over a server.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::server::{Server, export, quipu, run};

/// An export whose texts hold an escape sequence.
fn hostile(trace: u64) -> Value {
    let text = export(trace).to_string();
    serde_json::from_str(
        &text.replace("planner", "pl\\u001b[2Janner").replace("gpt-4o", "gpt-4o\\u001b]0;x\\u0007"),
    )
    .unwrap()
}

fn json_of(args: &[&str]) -> Value {
    let (code, out, error) = run(&[args, &["--json"]].concat());
    assert_eq!(code, 0, "{args:?}: {error}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn periods_and_the_summary_equal_the_interface_from_both_sources() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    server.post_json(&export(8));
    let here = ["--data-dir", folder.path().to_str().unwrap()];
    let there = ["--url", server.url("http")];
    let total = server.get("/api/v1/usage")["total"].clone();
    for command in ["week", "month", "summary"] {
        let (files, asked) =
            (json_of(&[&[command], &here[..]].concat()), json_of(&[&[command], &there[..]].concat()));
        assert_eq!((&files["total"], &asked["total"]), (&total, &total), "{command}");
        let (code, text, error) = run(&[&[command], &there[..]].concat());
        assert!(code == 0 && text.contains("2 calls") && text.contains("gpt-4o"), "{command}: {text}{error}");
    }
    let month = json_of(&[&["month", "--zone", "UTC"], &there[..]].concat());
    assert_eq!(month["models"][0]["key"]["model"], "gpt-4o", "{month}");
    assert_eq!(json_of(&[&["today", "--filter", "model:none"], &here[..]].concat())["total"]["llm_calls"], 0);
    let (code, _, error) = run(&[&["today", "--zone", "Atlantis/Central"], &here[..]].concat());
    assert!(code == 1 && error.contains("Atlantis/Central"), "{error}");
    let (code, _, error) = run(&[&["summary", "--last", "soon"], &here[..]].concat());
    assert!(code == 1 && error.contains("soon"), "{error}");
}

#[test]
fn no_control_byte_of_a_record_reaches_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert_eq!(server.post_json(&hostile(7)).0, 200);
    for command in ["month", "summary", "tail"] {
        let (code, text, error) = run(&[command, "--url", server.url("http")]);
        assert_eq!(code, 0, "{command}: {error}");
        let steers = |letter: char| letter.is_control() && letter != '\n';
        assert!(!text.contains(steers) && text.contains("gpt-4o"), "{command}: {text:?}");
    }
}

/// A child that is killed when dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn tail_prints_earlier_calls_and_follows_new_ones_by_the_feed_and_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    let (here, there) = (folder.path().to_str().unwrap(), server.url("http").to_owned());
    for (source, next) in [(["--url", &there], 8), (["--data-dir", here], 9)] {
        let mut child = quipu();
        child.args(["tail", "--follow", "--json", "-n", "1", "model:gpt-4o"]).args(source);
        let mut child = Killed(child.stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let mut call = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
        assert_eq!(call()["model"], "gpt-4o");
        server.post_json(&export(next));
        assert_eq!(call()["trace_id"], format!("{next:032x}"));
    }
    let (_, text, _) = run(&["tail", "-n", "2", "--url", &there]);
    assert!(text.lines().count() == 2 && text.contains("1200 in, 300 out · $0.0060 · planner"), "{text}");
    let (code, _, error) = run(&["tail", "colour:red", "--url", &there]);
    assert!(code == 1 && error.contains("position 0"), "{error}");
}

fn statusline(args: &[&str], input: &str) -> (i32, String) {
    let mut child = quipu();
    child.arg("statusline").args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_status_line_has_the_session_today_and_the_tightest_budget() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let text = export(7).to_string();
    let with_session = text.replacen(
        r#"{"key":"gen_ai.operation.name""#,
        r#"{"key":"gen_ai.conversation.id","value":{"stringValue":"s-1"}},{"key":"gen_ai.operation.name""#,
        2,
    );
    server.post_json(&serde_json::from_str(&with_session).unwrap());
    let budget = json!({"limit_usd": "0.012", "period": "day"});
    let (status, said) = server.write("PUT", "/api/v1/budgets/daily", &budget);
    assert_eq!(status, 200, "{said}");
    let input = json!({"session_id": "s-1", "cwd": "/tmp", "model": {"display_name": "Opus"}}).to_string();
    let (code, line) = statusline(&["--url", server.url("http")], &input);
    assert!(code == 0 && line.starts_with("Opus · session $0.0060 · 1500 tokens · today "), "{line}");
    assert!(line.contains("budget daily "), "{line}");
    let (code, line) = statusline(&["--data-dir", folder.path().to_str().unwrap()], &input);
    assert!(code == 0 && line.contains("session $0.0060") && line.contains("budget daily "), "{line}");
}

#[test]
fn the_status_line_never_fails() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("none");
    let sources = [["--url", "http://127.0.0.1:1"], ["--data-dir", nowhere.to_str().unwrap()]];
    for source in sources {
        for input in ["", "{", "[]", r#"{"session_id": 7}"#] {
            let (code, line) = statusline(&source, input);
            assert!(code == 0 && line == "quipu: no figures\n", "{input}: {line}");
        }
    }
    let (code, line) = statusline(&["--url", "http://127.0.0.1:1", "--api-key-file", "/no/such/key"], "");
    assert!(code == 0 && line == "quipu: no figures\n", "{line}");
    let known = r#"{"model": {"display_name": "Opus"}, "cost": {"total_cost_usd": 0.25}}"#;
    assert_eq!(statusline(&sources[0], known).1, "Opus · session $0.25\n");
}

#[test]
fn an_export_equals_the_store_and_is_imported_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    (1..=30).for_each(|trace| drop(server.post_json(&export(trace))));
    let (here, url) = (folder.path().to_str().unwrap(), server.url("http"));
    let out = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (records, lines) in [("traces", 30), ("spans", 60), ("calls", 30), ("events", 0)] {
        for source in [["--data-dir", here], ["--url", url]] {
            let (code, text, error) = run(&[&["export", records], &source[..]].concat());
            assert!(code == 0 && text.lines().count() == lines, "{records}: {error}{}", text.lines().count());
        }
        let (code, text, _) = run(&["export", records, "--format", "csv", "--url", url]);
        assert!(code == 0 && text.lines().count() == lines + 1, "{records}");
    }
    let (code, text, _) = run(&["export", "calls", "--filter", "model:none", "--url", url]);
    assert!(code == 0 && text.is_empty(), "{text}");
    let file = out("spans.jsonl");
    let (code, said, error) =
        run(&["export", "spans", "--format", "otlp-json", "--out", &file, "--url", url]);
    assert!(code == 0 && said.contains("spans exported to"), "{said}{error}");
    let again = tempfile::tempdir().unwrap();
    let (code, _, error) =
        run(&["import", "--format", "otlp", &file, "--data-dir", again.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{error}");
    let usage = |folder: &str| json_of(&["usage", "--data-dir", folder])["total"].clone();
    assert_eq!(usage(again.path().to_str().unwrap()), usage(here));
    let refused = out("calls.json");
    let (code, _, error) =
        run(&["export", "calls", "--format", "otlp-json", "--out", &refused, "--data-dir", here]);
    assert!(code == 1 && error.contains("otlp-json"), "{error}");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("calls.json")), "{left:?}");
}

/// A Prometheus that answers each query in one way.
fn prometheus(answer: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            );
        }
    });
    url
}

#[test]
fn the_grafana_check_has_one_verdict() {
    let good = prometheus(r#"{"status":"success","data":{"result":[]}}"#);
    let (code, text, _) = run(&["grafana-check", "--prometheus", &good]);
    assert!(code == 0 && text.lines().count() == 1 && text.starts_with("ok: "), "{text}");
    let bad = prometheus(r#"{"status":"error","error":"parse error"}"#);
    let (code, text, _) = run(&["grafana-check", "--prometheus", &bad]);
    assert!(code == 3 && text.lines().count() == 1 && text.contains("parse error"), "{text}");
    let (code, json, _) = run(&["grafana-check", "--json", "--prometheus", &good]);
    let answer: Value = serde_json::from_str(&json).unwrap();
    assert!(code == 0 && answer["ok"] == true && answer["queries"].as_u64().unwrap() > 10, "{answer}");
}
