//! Tests of sources without an adapter: by a mapping of the configuration, and by the shape of their
//! attributes.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::server::*;

const MAP: &str = r#"
[map.shop]
scope = "shop.llm"
name = "ask *"
kind = "llm"
fields = { model = "shop.engine", input = "shop.sent", output = "shop.got" }
"#;

/// An export of one span of an invented scope.
fn export(scope: &str, name: &str, attributes: &[(&str, Value)]) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let attributes: Vec<Value> = attributes
        .iter()
        .map(|(key, value)| match value {
            Value::Number(count) => json!({"key": key, "value": {"intValue": count.to_string()}}),
            text => json!({"key": key, "value": {"stringValue": text}}),
        })
        .collect();
    let span = json!({
        "traceId": format!("{:032x}", now), "spanId": "00000000000000aa", "name": name, "kind": 3,
        "startTimeUnixNano": (now - 1_000_000).to_string(), "endTimeUnixNano": now.to_string(), "attributes": attributes,
    });
    let scope_spans = json!({"scope": {"name": scope, "version": "3.1"}, "spans": [span]});
    json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [scope_spans],
    }]})
}

fn shop() -> Value {
    export(
        "shop.llm",
        "ask gpt",
        &[("shop.engine", json!("gpt-4o")), ("shop.sent", json!(1000)), ("shop.got", json!(100))],
    )
}

fn start(folder: &Path, text: &str) -> Server {
    let file = folder.join("quipu.toml");
    fs::write(&file, text).unwrap();
    Server::start_with(folder, &["--config", file.to_str().unwrap()])
}

fn send(server: &Server, export: &Value) {
    let (status, said) = server.post_json(export);
    assert_eq!(status, 200, "{said}");
}

#[test]
fn a_home_made_source_counts_by_its_map_alone() {
    let plain = tempfile::tempdir().unwrap();
    let server = start(plain.path(), "");
    send(&server, &shop());
    assert_eq!(server.get("/api/v1/usage")["total"]["llm_calls"], 0);

    let mapped = tempfile::tempdir().unwrap();
    let server = start(mapped.path(), MAP);
    send(&server, &shop());
    send(&server, &export("shop.llm", "other", &[("shop.sent", json!(7)), ("shop.got", json!(7))]));
    let total = server.get("/api/v1/usage?group_by=convention");
    assert_eq!(total["groups"][0]["key"]["convention"], "map", "{total}");
    let total = &total["total"];
    assert_eq!((&total["llm_calls"], &total["tokens"]["total"]), (&json!(1), &json!(1100)));
    assert_eq!(total["cost_usd"], "0.0035");
}

#[test]
fn a_wrong_map_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quipu.toml");
    fs::write(&file, MAP.replace("shop.got", "shop.got#usage")).unwrap();
    let data = folder.path().join("data");
    let (code, _, said) = run(&[
        "serve",
        "--config",
        file.to_str().unwrap(),
        "--data-dir",
        data.to_str().unwrap(),
        "--http",
        "127.0.0.1:0",
    ]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("[map.shop]: `fields.output` expects a JSON pointer"), "{said}");
}

#[test]
fn an_unknown_source_counts_by_its_shape() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    let answer = json!({"id": "chatcmpl-x1", "model": "gpt-4o", "choices": [],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}});
    send(&server, &export("crane.brain", "think", &[("crane.reply", json!(answer.to_string()))]));
    let usage = server.get("/api/v1/usage?group_by=convention");
    assert_eq!(usage["groups"][0]["key"]["convention"], "generic", "{usage}");
    assert_eq!((&usage["total"]["llm_calls"], &usage["total"]["cost_usd"]), (&json!(1), &json!("0.0035")));
}

#[test]
fn an_unread_source_is_listed_until_a_map_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let doubtful = [
        ("heron.model", json!("gpt-4o")),
        ("heron.tokens.in", json!(9)),
        ("heron.note", json!("sk-proj-abcdefghijklmnopqrstuvwxyz0123456789abcdefghij")),
    ];
    let server = start(folder.path(), "");
    assert_eq!(server.get("/api/v1/sources/unread"), json!({"sources": []}));
    send(&server, &export("heron.llm", "ask", &doubtful));
    send(&server, &export("heron.llm", "ask", &doubtful));
    let listed =
        |server: &Server| server.get("/api/v1/sources/unread")["sources"].as_array().unwrap().clone();
    let [source] = listed(&server).try_into().unwrap();
    assert_eq!(
        (&source["scope"], &source["version"], &source["spans"]),
        (&json!("heron.llm"), &json!("3.1"), &json!(2))
    );
    assert_eq!(source["why"], "its usage lacks input or output tokens");
    assert!(source["first_seen"].as_str().unwrap() < source["last_seen"].as_str().unwrap(), "{source}");
    let attributes = &source["sample"]["attributes"];
    assert_eq!(attributes["heron.tokens.in"], 9);
    assert!(
        !attributes["heron.note"].as_str().unwrap().contains("abcdefghij"),
        "redacted as stored: {attributes}"
    );
    assert_eq!(server.get("/api/v1/usage")["total"]["llm_calls"], 0);
    server.stop();

    let server = start(folder.path(), "");
    assert_eq!(listed(&server).len(), 1, "a restart forgets nothing");
    server.stop();

    let map = "[map.heron]\nscope = \"heron.llm\"\nkind = \"llm\"\nfields = { model = \"heron.model\", input = \"heron.tokens.in\" }\n";
    let server = start(folder.path(), map);
    assert_eq!(listed(&server), Vec::<Value>::new());
}

#[test]
fn the_sample_of_an_unread_source_is_forgotten_with_its_trace() {
    let folder = tempfile::tempdir().unwrap();
    let doubtful = [("heron.model", json!("gpt-4o")), ("heron.tokens.in", json!(9))];
    let server = start(folder.path(), "");
    send(&server, &export("heron.llm", "ask", &doubtful));
    let listed = server.get("/api/v1/sources/unread");
    let id = listed["sources"][0]["sample"]["trace_id"].as_str().unwrap().to_owned();
    server.stop();
    let names = || {
        let files = walk(folder.path());
        files.into_iter().filter(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(&id))).count()
    };
    assert_eq!(names(), 1, "the list names the trace");

    let server = start(folder.path(), "");
    let (status, said) = server.write("POST", "/api/v1/traces/delete", &json!({"trace_ids": [id]}));
    assert_eq!(status, 200, "{said}");
    assert_eq!(server.get("/api/v1/sources/unread"), json!({"sources": []}));
    assert_eq!(names(), 0);
    server.stop();
    assert_eq!(names(), 0);
}

#[test]
fn masked_secrets_are_counted_on_the_page_of_guardrails_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789abcdefghij";
    let counted = |server: &Server| -> u64 {
        let answer = server.get("/api/v1/guardrails");
        let detections = answer["detections"].as_array().unwrap().clone();
        let secrets = detections.iter().filter(|one| one["kind"] == "secret");
        secrets.map(|one| one["count"].as_u64().unwrap()).sum()
    };
    for run in 1..=2 {
        let server = start(folder.path(), "");
        assert_eq!(counted(&server), run - 1);
        send(&server, &export("shop.llm", "ask", &[("shop.note", json!(secret))]));
        server.stop();
    }
    let server = start(folder.path(), "");
    assert_eq!(counted(&server), 2);
    let kinds = server.get("/api/v1/guardrails")["detections"].clone();
    assert_ne!(kinds[0]["type"], "unknown", "{kinds}");
}

/// Every file below a folder.
fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// An export of calls of a source at a version, with or without finish reasons; ids are made of `from` on.
fn calls(version: &str, from: usize, finish: bool) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let spans: Vec<Value> = (from..from + 25)
        .map(|number| {
            let mut attributes = vec![
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.request.model", "gpt-4o"),
                json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": "10"}}),
            ];
            if finish {
                let reasons = json!({"arrayValue": {"values": [{"stringValue": "stop"}]}});
                attributes.push(json!({"key": "gen_ai.response.finish_reasons", "value": reasons}));
            }
            json!({
                "traceId": format!("{:032x}", now + number as u128), "spanId": format!("{:016x}", number + 1),
                "name": "chat gpt-4o", "kind": 3, "startTimeUnixNano": (now - 1_000_000).to_string(),
                "endTimeUnixNano": now.to_string(), "attributes": attributes,
            })
        })
        .collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", "shop")]},
        "scopeSpans": [{"scope": {"name": "acme.openai", "version": version}, "spans": spans}],
    }]})
}

#[test]
fn a_field_that_a_version_no_longer_sends_is_reported_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    assert_eq!(server.get("/api/v1/sources/drift"), json!({"changes": [], "sources": []}));
    send(&server, &calls("2.1.9", 0, true));
    send(&server, &calls("2.1.122", 100, true));
    assert_eq!(server.get("/api/v1/sources/drift")["changes"], json!([]), "nothing changed");
    server.stop();

    let server = start(folder.path(), "");
    send(&server, &calls("2.1.123", 200, false));
    let drift = server.get("/api/v1/sources/drift");
    let [change] = drift["changes"].as_array().unwrap().clone().try_into().unwrap();
    let told = ["source", "version_before", "version", "kind", "field"]
        .map(|key| change[key].as_str().unwrap().to_owned());
    assert_eq!(told, ["acme.openai", "2.1.122", "2.1.123", "llm", "finish_reasons"]);
    assert_eq!((&change["share_before"], &change["share_after"]), (&json!(1.0), &json!(0.0)));
    assert_eq!(drift["sources"].as_array().unwrap().len(), 3, "{drift}");
    assert_eq!(change["since"], drift["sources"][1]["first_seen"]);
}
