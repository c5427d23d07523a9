//! Alerts end to end: failing calls over OTLP, a webhook, a recovery, and a restart in between.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::server::{Server, export, run, wait_for};

/// Bodies and signatures of all requests to a local address.
#[derive(Clone)]
struct Hook {
    url: String,
    seen: Arc<Mutex<Vec<(Value, String)>>>,
}

impl Hook {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?token=T0PSECRET", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<(Value, String)>>>::default();
        let held = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                let (mut length, mut signature, mut line) = (0, String::new(), String::new());
                while reader.read_line(&mut line).unwrap_or(0) > 2 {
                    let (name, value) = line.split_once(':').unwrap_or(("", ""));
                    match name.to_lowercase().as_str() {
                        "content-length" => length = value.trim().parse().unwrap(),
                        "x-quipu-signature" => signature = value.trim().to_owned(),
                        _ => {}
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_ok() && length > 0 {
                    held.lock().unwrap().push((serde_json::from_slice(&body).unwrap(), signature));
                }
                let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                let _ = reader.into_inner().write_all(answer);
            }
        });
        Self { url, seen }
    }

    fn bodies(&self) -> Vec<Value> {
        self.seen.lock().unwrap().iter().map(|(body, _)| body.clone()).collect()
    }
}

/// An export of one trace whose call failed, or not.
fn call(trace: u64, failed: bool) -> Value {
    let mut export = export(trace);
    for span in export["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array_mut().unwrap() {
        // A call that began before the first notice would correct its figures, and withdraw the episode.
        let end: u64 = span["endTimeUnixNano"].as_str().unwrap().parse().unwrap();
        span["startTimeUnixNano"] = (end - 1_000_000).to_string().into();
        if failed {
            span["status"] = json!({"code": 2, "message": "overloaded"});
        }
    }
    export
}

fn config(hook: &Hook) -> String {
    format!(
        r#"
        [alerts]
        every = "1s"
        group_interval = "1s"
        [alert.failing]
        kind = "error_rate"
        filter = "service:trips"
        group_by = ["model"]
        window = "1h"
        above = 0.5
        severity = "critical"
        channels = ["ops"]
        [alert.spend]
        preset = "high_error_rate"
        window = "1h"
        [channel.ops]
        kind = "webhook"
        url = "{}"
        secret = "${{HOOK_SECRET}}"
        [slo.answers]
        objective = 0.9
        good = "kind:llm status:ok"
        of = "kind:llm"
        "#,
        hook.url
    )
}

#[test]
fn failing_calls_fire_a_notice_once_and_a_recovery_resolves_it() {
    let (folder, hook) = (tempfile::tempdir().unwrap(), Hook::start());
    let file = folder.path().join("quipu.toml");
    // The variable is one that every process of the tests has.
    std::fs::write(&file, config(&hook).replace("HOOK_SECRET", "CARGO_MANIFEST_DIR")).unwrap();
    let with = ["--config", file.to_str().unwrap()];
    let server = Server::start_with(folder.path(), &with);
    for trace in 1..=3 {
        server.post_json(&call(trace, true));
    }
    server.post_json(&call(4, false));
    let value = |body: &Value| (body["status"].clone(), body["value"].clone());
    wait_for("the first notice", || (!hook.bodies().is_empty()).then_some(()));
    wait_for("the value of all calls", || {
        let listed = server.get("/api/v1/alerts");
        listed["alerts"]
            .as_array()?
            .iter()
            .find(|row| row["rule"] == "failing" && row["value"] == 0.75)
            .map(|_| ())
    });
    let first = hook.bodies()[0].clone();
    assert_eq!(
        (&first["status"], &first["rule"], &first["group"]["model"]),
        (&json!("firing"), &json!("failing"), &json!("gpt-4o"))
    );
    assert!(first["value"].as_f64().unwrap() > 0.5 && first["threshold"] == 0.5, "{first}");
    let asked = server.get("/api/v1/query?from=calls&filter=service:trips&since=-1h&group_by=model");
    let group = &asked["groups"][0];
    assert_eq!(group["errors"].as_f64().unwrap() / group["count"].as_f64().unwrap(), 0.75);
    assert_eq!(
        first["traces"].as_array().unwrap().len(),
        first["traces"].as_array().unwrap().len().clamp(1, 3)
    );
    assert_eq!(hook.seen.lock().unwrap()[0].1.len(), 64, "the body is signed");

    let url = server.url("http").to_owned();
    let (code, out, error) = run(&["alerts", "test", "failing", "--url", &url]);
    assert!(code == 3 && out.contains("firing"), "{out}{error}");
    let rules = server.get("/api/v1/alerts/rules").to_string();
    assert!(!rules.contains("T0PSECRET") && !rules.contains("crates/cli"), "{rules}");
    assert!(server.stop().success());

    let server = Server::start_with(folder.path(), &with);
    let url = server.url("http").to_owned();
    for trace in 5..=12 {
        server.post_json(&call(trace, false));
    }
    let last = wait_for("the end", || hook.bodies().into_iter().find(|body| body["status"] != "firing"));
    assert_eq!(value(&last).0, "resolved");
    assert!(last["value"].as_f64().unwrap() <= 0.5 && last["episode"] == first["episode"], "{last}");
    assert_eq!(hook.bodies().len(), 2, "the restart repeats nothing: {:?}", hook.bodies());
    let (code, out, error) = run(&["alerts", "history", "--rule", "failing", "--url", &url]);
    assert!(code == 0 && out.contains("resolved") && out.contains("ops:firing:sent"), "{out}{error}");
    let (code, out, error) = run(&["slo", "--url", &url]);
    assert!(out.contains("answers") && (code == 0 || code == 3), "{out}{error}");
    let (code, out, error) = run(&["health", "--url", &url]);
    assert!(code == 0 && out.contains("unknown (12 calls"), "{out}{error}");
}

#[test]
fn the_commands_of_the_guide_set_test_silence_and_remove_a_rule() {
    let (folder, hook) = (tempfile::tempdir().unwrap(), Hook::start());
    let file = folder.path().join("quipu.toml");
    std::fs::write(&file, format!("[channel.ops]\nkind = \"webhook\"\nurl = \"{}\"\n", hook.url)).unwrap();
    let server = Server::start_with(folder.path(), &["--config", file.to_str().unwrap()]);
    server.post_json(&call(1, true));
    let url = server.url("http").to_owned();
    let quipu = |args: &[&str]| {
        let (code, out, error) = run(&[args, &["--url", &url]].concat());
        assert_eq!(code, 0, "{args:?}: {out}{error}");
        out
    };
    assert!(quipu(&["alerts", "fire", "ops"]).contains("accepted"));
    assert_eq!(hook.bodies()[0]["status"], "test");
    let rule = folder.path().join("rule.toml");
    std::fs::write(&rule, "kind = \"error_rate\"\nwindow = \"5m\"\nabove = 0.5\nchannels = [\"ops\"]\n")
        .unwrap();
    let rule = rule.to_str().unwrap();
    assert!(quipu(&["alerts", "backtest", "--file", rule, "--since", "-1h"]).contains("would have fired"));
    quipu(&["alerts", "set", "mine", rule]);
    assert!(quipu(&["alerts", "rules"]).contains("mine"));
    let (code, _, error) = run(&["alerts", "backtest", "--preset", "nothing", "--url", &url]);
    assert!(code == 1 && error.contains("slow_response"), "{error}");
    let added = quipu(&["alerts", "silence", "add", "rule=mine", "--for", "2h", "--reason", "deploy"]);
    let id = added.lines().last().unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(quipu(&["alerts", "silence", "list"]).contains("deploy"));
    quipu(&["alerts", "silence", "end", &id]);
    let row = wait_for("the rule to fire", || {
        let listed = server.get("/api/v1/alerts");
        listed["alerts"].as_array()?.iter().find(|row| row["state"] == "firing").cloned()
    });
    let episode = row["episode"].as_str().unwrap();
    quipu(&["alerts", "ack", episode]);
    assert!(quipu(&["alerts", "history"]).contains("mean time to acknowledge 0.0 min"));
    let opened = quipu(&["incidents", "open", "Calls fail", "--owner", "ada", "--episode", episode]);
    assert!(opened.contains("Calls fail") && opened.contains("ada"), "{opened}");
    quipu(&["incidents", "update", "1", "--note", "The key expired", "--severity", "critical"]);
    let shown = quipu(&["incidents", "show", "1"]);
    assert!(shown.contains("The key expired") && shown.contains("while it lasted"), "{shown}");
    assert!(quipu(&["incidents", "close", "1", "--note", "A new key"]).contains("closed"));
    assert!(quipu(&["incidents", "list", "--state", "open"]).contains("no incident"));
    quipu(&["incidents", "reopen", "1"]);
    let report = folder.path().join("incident.md");
    quipu(&["incidents", "report", "1", "--out", report.to_str().unwrap()]);
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.starts_with("# Incident 1: Calls fail") && report.contains("A new key"), "{report}");
    assert!(quipu(&["slo", "report"]).starts_with("# Service level report"));
    assert!(quipu(&["slo", "report", "quarter", "--format", "html"]).starts_with("<!doctype html>"));
    let (code, _, error) = run(&["slo", "report", "soon", "--url", &url]);
    assert!(code == 1 && error.contains("2026-Q4"), "{error}");
    assert!(quipu(&["alerts", "list"]).contains("firing"));
    quipu(&["alerts", "rm", "mine"]);
    assert!(quipu(&["alerts", "test"]).contains("no alert is firing"));
}

#[test]
fn a_wrong_rule_stops_the_start_and_names_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quipu.toml");
    for (text, parts) in [
        ("[alert.a]\nkind = \"cost\"\nabove = 1.0\nwindow = \"1s\"", &["alert.a", "window", "1s"][..]),
        ("[alert.a]\nkind = \"cost\"\nabove = 1.0\nchannels = [\"x\"]", &["channels", "\"x\""]),
        ("[channel.a]\nkind = \"slack\"", &["channel.a", "url"]),
        (
            "[channel.a]\nkind = \"webhook\"\nurl = \"${QUIPU_NO_SUCH_VARIABLE}\"",
            &["channel.a.url", "QUIPU_NO_SUCH_VARIABLE"],
        ),
        ("[slo.a]\nobjective = 1.5", &["slo.a", "objective", "1.5"]),
        ("[alerts]\nevery = \"7s\"", &["every", "7s"]),
    ] {
        std::fs::write(&file, text).unwrap();
        let (code, _, error) = run(&[
            "serve",
            "--data-dir",
            folder.path().to_str().unwrap(),
            "--config",
            file.to_str().unwrap(),
        ]);
        assert_eq!(code, 1, "{text}");
        parts.iter().for_each(|part| assert!(error.contains(part), "{text}: {error}"));
    }
}
