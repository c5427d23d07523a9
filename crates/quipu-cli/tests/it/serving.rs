//! What a server does from start to stop.

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
}
