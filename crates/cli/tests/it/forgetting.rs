//! Tests of deletion: every file of the data folder is searched byte by byte for the forgotten data.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::server::{Server, run, wait_for};

const USER: &str = "jane.4711@kite.example";
const SESSION: &str = "sess-zq-91827";
/// A word that only the user said.
const WORD: &str = "quaxolotlixe";
/// Traces of the user; the first and the last belong to other users.
const THEIRS: std::ops::Range<u64> = 0x7a51..0x7a59;
const OTHERS: std::ops::Range<u64> = 0x100..0x140;

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn now() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}

/// The trace of a number: no byte of its id is zero.
fn trace(number: u64) -> String {
    format!("{:032x}", (u128::from(number) << 96) | 0x1112_1314_1516_1718_191a_1b1c)
}

fn said(user: &str, session: &str, words: &str) -> Vec<Value> {
    let message =
        json!([{"role": "user", "parts": [{"type": "text", "content": format!("please tell of {words}")}]}]);
    vec![
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        text("gen_ai.request.model", "gpt-4o"),
        text("gen_ai.input.messages", &message.to_string()),
        text("user.id", user),
        text("session.id", session),
        text("langsmith.span.tags", words),
        json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1200"}}),
        json!({"key": "gen_ai.usage.output_tokens", "value": {"intValue": "300"}}),
    ]
}

/// One trace: a call below an agent, now or this many days ago.
fn export(number: u64, user: &str, session: &str, words: &str, days: u128) -> Value {
    let end = now() - days * 86_400_000_000_000;
    let span = |id: u64, parent: &str, name: &str, attributes: Vec<Value>| {
        json!({
            "traceId": trace(number), "spanId": format!("{:016x}", id | 0x1122_3344_0000_0000), "parentSpanId": parent,
            "name": name, "kind": 3, "startTimeUnixNano": (end - 2_000_000_000).to_string(), "endTimeUnixNano": end.to_string(),
            "attributes": attributes, "status": {"code": 2, "message": format!("failed with {words}")},
            "events": [{"timeUnixNano": end.to_string(), "name": format!("said {words}"), "attributes": [text("user.id", user)]}],
        })
    };
    let below = format!("{:016x}", 1_u64 | 0x1122_3344_0000_0000);
    json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", "trips")]},
        "scopeSpans": [{"scope": {"name": "test"}, "spans": [
            span(1, "", &format!("ask of {words}"), vec![text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "planner")]),
            span(2, &below, "chat gpt-4o", said(user, session, words)),
        ]}],
    }]})
}

fn log(user: &str, session: &str, words: &str) -> Value {
    json!({"resourceLogs": [{
        "resource": {"attributes": [text("service.name", "trips")]},
        "scopeLogs": [{"scope": {"name": "test"}, "logRecords": [{
            "timeUnixNano": now().to_string(), "severityNumber": 9, "body": {"stringValue": format!("log of {words}")},
            "attributes": [text("user.id", user), text("session.id", session)],
        }]}],
    }]})
}

fn metric(user: &str, number: u64) -> Value {
    json!({"resourceMetrics": [{
        "resource": {"attributes": [text("service.name", "trips")]},
        "scopeMetrics": [{"scope": {"name": "test"}, "metrics": [{
            "name": "orders", "unit": "1", "description": "orders by user",
            "gauge": {"dataPoints": [{
                "timeUnixNano": now().to_string(), "asDouble": 3.0, "attributes": [text("user.id", user)],
                "exemplars": [{"timeUnixNano": now().to_string(), "asDouble": 3.0, "traceId": trace(number), "spanId": "1122334400000001"}],
            }]},
        }]}],
    }]})
}

/// An address without a listener.
fn nowhere() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { files(&entry.path(), found) } else { found.push(entry.path()) }
    }
}

/// Every spelling of what was forgotten, with its name.
fn needles() -> Vec<(String, Vec<u8>)> {
    let mut needles = Vec::new();
    let percent = |text: &str| text.replace('@', "%40");
    for id in [USER, SESSION, WORD] {
        let escaped: String = id.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect();
        for spelt in [id.to_owned(), id.to_uppercase(), percent(id), percent(id).to_lowercase(), escaped] {
            needles.push((format!("{id} as {spelt}"), spelt.into_bytes()));
        }
    }
    for number in THEIRS {
        let id = trace(number);
        let bytes = (0..16).map(|at| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).unwrap()).collect();
        needles.push((format!("trace {number:x} as bytes"), bytes));
        needles.push((format!("trace {number:x}"), id.clone().into_bytes()));
        needles.push((format!("trace {number:x} in capitals"), id.to_uppercase().into_bytes()));
    }
    needles
}

/// Places in the raw files of a folder that contain any of it.
fn left(folder: &Path) -> Vec<String> {
    let (mut all, mut left) = (Vec::new(), Vec::new());
    files(folder, &mut all);
    assert!(all.len() > 5, "{all:?}");
    for path in all {
        // A file that SQLite removes meanwhile is gone.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for (name, needle) in needles() {
            let times = bytes.windows(needle.len()).filter(|window| *window == needle).count();
            if times > 0 {
                left.push(format!("{}: {name}, {times} times", path.strip_prefix(folder).unwrap().display()));
            }
        }
    }
    left
}

fn config(folder: &Path) -> String {
    let path = folder.join("quipu.toml");
    let endpoint = nowhere();
    let text = format!(
        "backends = [\"out\"]\n[backend.out]\nuse = \"otlp\"\nendpoint = {endpoint:?}\n\
         [budgets.house]\nlimit_usd = \"100\"\nthresholds = [0.000001]\n\
         [budgets.each_user]\nlimit_usd = \"100\"\nthresholds = [0.000001]\nscope = {{ user = \"*\" }}\n\
         [budgets.each_session]\nlimit_usd = \"100\"\nscope = {{ session = \"*\" }}\n"
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A server that has much of the user in every file that it writes.
fn filled(folder: &Path) -> Server {
    let server = Server::start_with(folder, &["--config", &config(folder)]);
    let json = [("content-type", "application/json")];
    for number in OTHERS {
        let user = format!("other-{}", number % 8);
        assert_eq!(
            server
                .post_json(&export(number, &user, &format!("of-{user}"), "knots", u128::from(number % 2)))
                .0,
            200
        );
        if let Some(theirs) = THEIRS.clone().nth(usize::try_from(number - OTHERS.start).unwrap() / 4) {
            let days = u128::from(theirs % 3);
            assert_eq!(server.post_json(&export(theirs, USER, SESSION, WORD, days)).0, 200);
        }
    }
    for (user, session, words) in [(USER, SESSION, WORD), ("other-1", "of-other-1", "knots")] {
        assert_eq!(server.post("logs", log(user, session, words).to_string().as_bytes(), &json).0, 200);
        assert_eq!(server.post("metrics", metric(user, THEIRS.start).to_string().as_bytes(), &json).0, 200);
    }
    let budget = json!({"limit_usd": "5", "scope": {"user": USER}});
    assert_eq!(server.write("PUT", "/api/v1/budgets/of_one", &budget).0, 200);
    let silence = json!({"matchers": {"user": USER}, "reason": format!("in {SESSION}"), "duration": "1h"});
    let incident = json!({"title": format!("about {USER}"), "owner": USER, "note": SESSION, "traces": [trace(THEIRS.start)]});
    let rule = json!({"kind": "cost", "above": 9, "window": "1h", "filter": format!("user:\"{USER}\""), "summary": SESSION});
    for (method, path, body) in [
        ("POST", "/api/v1/alerts/silences", silence),
        ("POST", "/api/v1/incidents", incident),
        ("PUT", "/api/v1/alerts/rules/of_one", rule),
    ] {
        let (status, said) = server.write(method, path, &body);
        assert_eq!(status, 200, "{said}");
    }
    for (id, query) in [
        ("plain", format!("filter=user:{USER}&range=24h")),
        ("encoded", format!("filter=session%3A{SESSION}%20user%3A{}", USER.replace('@', "%40"))),
        ("of-a-trace", format!("trace={}", trace(THEIRS.start))),
    ] {
        let view = json!({"title": format!("What {USER} did"), "page": "/traces", "query": query});
        assert_eq!(server.write("PUT", &format!("/api/v1/views/{id}"), &view).0, 200);
    }
    wait_for("the count and the index", || {
        let answer = server.get("/api/v1/budgets");
        let counted = answer.to_string().contains(USER);
        (counted && server.get(&format!("/api/v1/traces?q={WORD}"))["traces"].as_array().unwrap().len() == 8)
            .then_some(())
    });
    server
}

fn forget(server: &Server, body: &Value) -> Value {
    let (status, proof) = server.write("POST", "/api/v1/forget", body);
    assert_eq!(status, 200, "{proof}");
    serde_json::from_str(&proof).unwrap()
}

#[test]
fn nothing_of_a_forgotten_user_is_in_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path());
    assert!(left(folder.path()).len() > 10, "the test itself finds what is there: {:?}", left(folder.path()));
    let look = forget(&server, &json!({"user_id": USER, "dry_run": true}));
    let found = |what: &str| {
        look["places"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|place| place["place"] == what)
            .map(|place| place["found"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert!(
        found("budgets") >= 10 && found("views and dashboards") == 3 && found("spool of out") > 0,
        "{look:#}"
    );
    let proof = forget(&server, &json!({"user_id": USER}));
    assert_eq!(
        (&proof["remaining"], &proof["complete"], &proof["traces"]),
        (&0.into(), &true.into(), &8.into()),
        "{proof:#}"
    );
    assert!(!proof.to_string().contains(USER), "{proof}");
    assert_eq!(left(folder.path()), Vec::<String>::new(), "{proof:#}");
    for path in ["/api/v1/alerts/rules", "/api/v1/alerts/silences", "/api/v1/incidents"] {
        let said = server.get(path).to_string();
        assert!(said.contains("[forgotten]") && !said.contains(USER), "{path}: {said}");
    }
    // Records of other users are there, and spent amounts are still counted.
    assert_eq!(server.get("/api/v1/traces?limit=500")["traces"].as_array().unwrap().len(), 64);
    let budgets = server.get("/api/v1/budgets").to_string();
    assert!(budgets.contains("[forgotten]") && budgets.contains("other-2"), "{budgets}");
    wait_for("the new index", || {
        let found = server.get("/api/v1/traces?q=knots&limit=500")["traces"].as_array().unwrap().len();
        (found == 64).then_some(())
    });
    assert!(server.stop().success());
    assert_eq!(left(folder.path()), Vec::<String>::new(), "and the end of the server brings nothing back");
    let (code, out, err) = run(&["check", "store", "--deep", "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn deleted_traces_are_in_no_file_either() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path());
    let ids: Vec<String> = THEIRS.map(trace).collect();
    let proof = forget(&server, &json!({"trace_ids": ids}));
    assert_eq!((&proof["remaining"], &proof["complete"]), (&0.into(), &true.into()), "{proof:#}");
    let traces: Vec<String> =
        left(folder.path()).into_iter().filter(|place| place.contains(": trace ")).collect();
    assert_eq!(traces, Vec::<String>::new(), "{proof:#}");
}
