//! Tests of a server from start to stop.

use std::process::Stdio;

use serde_json::Value;

use crate::server::*;

#[test]
fn what_is_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (status, body) = server.post_json(&export(1));
    assert_eq!((status, body.as_str()), (200, "{}"));
    let before = server.get("/api/v1/usage");
    assert!(server.stop().success());

    let server = Server::start(folder.path());
    assert_eq!(server.get("/api/v1/usage"), before);
    let total = &before["total"];
    assert_eq!(total["llm_calls"], 1);
    assert_eq!((&total["tokens"]["input"], &total["tokens"]["output"]), (&1_200.into(), &300.into()));
    assert_eq!(total["cost_usd"], "0.006");
}

#[test]
fn every_socket_answers_what_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert_eq!(get(&format!("{}/healthz", server.url("http"))).0, 200);
    assert_eq!(get(&format!("{}/readyz", server.url("http"))).0, 200);
    server.post_json(&export(1));
    let (status, text) = get(&format!("{}/metrics", server.url("prometheus")));
    assert_eq!(status, 200);
    assert!(text.contains("quipu_received_spans_total"), "{text}");
    let (status, page) = get(&format!("{}/", server.url("http")));
    assert!(status == 200 && page.contains("<html"), "{page}");
    assert_eq!(server.get("/api/v1/status")["listeners"]["otlp_grpc"], server.url("otlp_grpc"));
}

#[test]
fn full_text_finds_what_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(1));
    server.post_json(&export(2));
    let found = wait_for("the index", || {
        let traces = server.get("/api/v1/traces?q=llama+wool")["traces"].as_array().unwrap().len();
        (traces == 2).then_some(traces)
    });
    assert_eq!(found, 2);
    assert_eq!(server.get("/api/v1/traces?q=alpaca")["traces"].as_array().unwrap().len(), 0);
}

#[test]
fn the_demo_fills_an_empty_store() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &["--demo"]);
    let total = server.get("/api/v1/usage")["total"].clone();
    assert!(total["llm_calls"].as_u64().unwrap() > 100, "{total}");
    assert!(server.get("/api/v1/tools")["tools"].as_array().unwrap().len() > 2);
    let incidents = server.get("/api/v1/incidents")["incidents"].clone();
    let [incident] = incidents.as_array().unwrap().as_slice() else { panic!("{incidents}") };
    assert_eq!((&incident["state"], &incident["rules"][0]), (&"closed".into(), &"support_tools".into()));
    let firing = server.get("/api/v1/alerts?state=firing&rule=research_budget")["alerts"].clone();
    assert_eq!(firing.as_array().unwrap().len(), 1, "{firing}");
    let slos = server.get("/api/v1/slos")["slos"].clone();
    assert_eq!(slos.as_array().unwrap().len(), 2, "{slos}");
}

#[test]
fn what_is_arranged_stays_and_what_is_deleted_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(1));
    server.post_json(&export(2));
    let view = serde_json::json!({"title": "Mine", "page": "/traces", "query": "range=24h"});
    let (status, body) = server.write("PUT", "/api/v1/views/mine", &view);
    assert_eq!(status, 200, "{body}");
    let traces = server.get("/api/v1/traces")["traces"].as_array().unwrap().clone();
    let gone = serde_json::json!({"trace_ids": [traces[0]["trace_id"]]});
    let (status, body) = server.write("POST", "/api/v1/traces/delete", &gone);
    assert_eq!((status, body.as_str()), (200, r#"{"matched":1,"deleted":1,"dry_run":false}"#));
    assert!(server.stop().success());

    let server = Server::start(folder.path());
    assert_eq!(server.get("/api/v1/views")["views"][0]["title"], "Mine");
    let left = server.get("/api/v1/traces")["traces"].as_array().unwrap().clone();
    assert_eq!((left.len(), &left[0]["trace_id"]), (1, &traces[1]["trace_id"]));
    assert_eq!(server.get("/api/v1/usage")["total"]["llm_calls"], 1);
}

#[test]
fn the_server_tells_how_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(1));
    let system = server.get("/api/v1/system");
    assert!(system["ingest"]["spans"].as_u64().unwrap() > 0, "{system}");
    assert_eq!((&system["queue"]["requests"], &system["queue"]["max_requests"]), (&0.into(), &1_024.into()));
    assert_eq!(
        (&system["backends"][0]["name"], &system["backends"][0]["state"]),
        (&"sqlite".into(), &"ready".into())
    );
    assert!(
        system["disk"]["path"].as_str().is_some() && system["disk"]["store_bytes"].as_u64() > Some(0),
        "{system}"
    );
    assert!(!system["history"].as_array().unwrap().is_empty(), "{system}");
    if cfg!(target_os = "linux") {
        for figure in [
            "/process/rss_bytes",
            "/process/threads",
            "/process/open_files",
            "/host/memory_total",
            "/disk/free",
        ] {
            assert!(system.pointer(figure).and_then(Value::as_u64) > Some(0), "{figure}: {system}");
        }
    }
}

#[test]
fn readiness_tells_of_every_project_and_of_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("quipu.toml");
    std::fs::write(&config, "[project.shop]\n[project.lab]\n").unwrap();
    let server = Server::start_with(folder.path(), &["--config", config.to_str().unwrap()]);
    let told = server.get("/readyz");
    assert_eq!(told["status"], "ready");
    assert_eq!(told["audit"], serde_json::json!({"status": "ready", "lost": 0}));
    assert_eq!(told["projects"], serde_json::json!({"ready": 3, "degraded": 0, "down": 0}));
    assert!(!told.to_string().contains("shop"), "names are for those who may know them");
    assert_eq!(server.get("/openapi.json"), server.get("/openapi.json"));
}

#[test]
fn a_project_may_take_out_other_things_than_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("quipu.toml");
    std::fs::write(&config, "[project.shop.redact]\ncontents = \"off\"\n[project.lab]\n").unwrap();
    let server = Server::start_with(folder.path(), &["--config", config.to_str().unwrap()]);
    for (project, kept) in [("default", true), ("lab", true), ("shop", false)] {
        let headers = [("content-type", "application/json"), ("quipu-project", project)];
        assert_eq!(server.post("traces", export(3).to_string().as_bytes(), &headers).0, 200);
        let url = format!("{}/api/v1/traces/{:032x}/spans/{:016x}", server.url("http"), 3, 2);
        let asked = ureq::get(url).header("quipu-project", project).call();
        let text = asked.unwrap().body_mut().read_to_string().unwrap();
        assert_eq!(text.contains("knots of llama wool"), kept, "{project}: {text}");
    }
}

#[test]
fn a_server_of_a_test_takes_no_default_port() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let mut command = quipu();
    command.arg("serve").arg("--data-dir").arg(folder.path()).arg("--ready-file").arg(&ready);
    let mut server = command.stdout(Stdio::null()).spawn().unwrap();
    let urls: Value = wait_for("the start", || serde_json::from_slice(&std::fs::read(&ready).ok()?).ok());
    server.kill().unwrap();
    server.wait().unwrap();
    for port in [":8080", ":4318", ":4317", ":9464"] {
        assert!(!urls.to_string().contains(port), "{port}: {urls}");
    }
}

#[test]
fn the_guide_is_served_with_the_rules_of_the_dashboard() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = |path: &str| format!("{}{path}", server.url("http").trim_end_matches('/'));
    for path in ["/docs", "/docs/budgets.html", "/docs/budgets.md", "/docs/sources/codex"] {
        let mut answer = ureq::get(url(path)).call().unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self'"), "{policy}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(answer.body_mut().read_to_string().unwrap().contains("<main>"), "{path}");
    }
    let index = ureq::get(url("/docs/search.json")).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(index.contains("budgets.html#budgets"));
}
