//! Searches for leftovers: secrets in unusual places, formulas in exports, bytes of a forgotten user.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use serde_json::{Value, json};

use super::scene::Scene;
use super::tried::Tried;
use super::wire::Ask;
use crate::integration::Bench;
use crate::shell;

/// Time limit for a search to find sent data.
const PATIENCE: Duration = Duration::from_secs(60);
const USER: &str = "jane.4711@kite.example";
const SESSION: &str = "sess-zq-91827";
const WORD: &str = "quaxolotlixe";

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_nanos().to_string()
}

/// None that is real: put together here, so that no scanner takes it for one.
fn secret() -> String {
    format!("sk-ant-api03-{}", "A1b2C3d4".repeat(4))
}

/// A batch of traces with a value in each field of the protocol.
fn everywhere(word: &str) -> Value {
    let deep = json!({"key": word, "value": {"kvlistValue": {"values": [{"key": word, "value": {"arrayValue": {"values": [{"stringValue": word}]}}}]}}});
    let raw = base64::prelude::BASE64_STANDARD.encode([b"\xff", word.as_bytes()].concat());
    let bytes = json!({"key": "raw", "value": {"bytesValue": raw}});
    let attributes = json!([
        text("note", word),
        deep,
        bytes,
        text("user.id", word),
        text("session.id", word),
        text("langsmith.span.tags", word)
    ]);
    json!({"resourceSpans": [{
        "resource": {"attributes": attributes}, "schemaUrl": word,
        "scopeSpans": [{
            "scope": {"name": word, "version": word, "attributes": attributes}, "schemaUrl": word,
            "spans": [{
                "traceId": "aaf7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": word, "traceState": word,
                "startTimeUnixNano": now(), "endTimeUnixNano": now(), "attributes": attributes,
                "status": {"code": 2, "message": word},
                "events": [{"timeUnixNano": now(), "name": word, "attributes": attributes}],
                "links": [{"traceId": "bbf7651916cd43dd8448eb211c80319c", "spanId": "c7ad6b7169203331", "traceState": word, "attributes": attributes}],
            }],
        }],
    }]})
}

fn logs(word: &str) -> Value {
    json!({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"scope": {"name": word}, "logRecords": [{
        "timeUnixNano": now(), "eventName": word, "severityText": word, "attributes": [text(word, word)],
        "body": {"kvlistValue": {"values": [{"key": word, "value": {"stringValue": word}}]}},
    }]}]}]})
}

fn metrics(word: &str) -> Value {
    json!({"resourceMetrics": [{"resource": {"attributes": []}, "scopeMetrics": [{"scope": {"name": word}, "metrics": [{
        "name": word, "unit": word, "description": word, "metadata": [text("m", word)],
        "gauge": {"dataPoints": [{"timeUnixNano": now(), "asDouble": 1.0, "attributes": [text(word, word)]}]},
    }]}]}]})
}

/// Spellings of a secret.
fn spellings(secret: &str) -> [String; 9] {
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let unicode: String = secret.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let packed = base64::prelude::BASE64_STANDARD.encode(secret);
    let references: String = secret.bytes().map(|byte| format!("&#{byte};")).collect();
    let digits: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let hidden = secret.replace('-', "-\u{200b}");
    let within = format!("https://kite.example/v1/links/{packed}");
    [
        secret.to_owned(),
        secret.replace('-', "%2D"),
        percent,
        unicode,
        packed,
        references,
        digits,
        hidden,
        within,
    ]
}

/// Secrets in every text of every signal, in spellings that hide them: none is in an answer or in a file.
pub fn secrets(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("secrets in keys, names, scopes, states, units and bodies, encoded too");
    let scene = Scene::open(bench, "")?;
    let spelt = spellings(&secret());
    for word in &spelt {
        for (path, body) in
            [("/v1/traces", everywhere(word)), ("/v1/logs", logs(word)), ("/v1/metrics", metrics(word))]
        {
            tried.send(path, scene.otlp, Ask::post(path, &body), &[200]);
        }
        let asked = [
            "/api/v1/traces",
            "/api/v1/traces/aaf7651916cd43dd8448eb211c80319c",
            "/api/v1/traces/aaf7651916cd43dd8448eb211c80319c/spans/b7ad6b7169203331",
            "/api/v1/events",
            "/api/v1/metrics",
            "/api/v1/export/traces?format=jsonl",
        ];
        for path in asked {
            let reply = tried.send(path, scene.api, Ask::get(path), &[200, 400, 404]);
            let said = String::from_utf8_lossy(&reply.body).into_owned();
            tried.hold(
                !spelt.iter().any(|word| said.contains(word)),
                format!("{path} says the secret {word}"),
            );
        }
    }
    let found = grep(&scene.data(), &spelt);
    tried.tried(found.is_empty(), format!("in files: {found:?}"));
    Ok(tried)
}

/// Texts that name a secret without a known format. Each has the word of it once.
fn naming(value: &str) -> Vec<String> {
    [
        "mysql --password VALUE -h db",
        "tool --hf-token=VALUE",
        "curl -s -u admin:VALUE https://kite.example/",
        "X-Api-Key: VALUE",
        "Cookie: session=VALUE; theme=dark",
        "password: |\n  VALUE",
        "<password>VALUE</password>",
        ":password=>\"VALUE\"",
        "a=b&token=VALUE&x=1",
        r#"["mysql", "--password", "VALUE"]"#,
        r#"[["X-Api-Key", "VALUE"]]"#,
        r#"{"env": [{"name": "DB_PASSWORD", "value": "VALUE"}]}"#,
        r#"[{"value": "VALUE", "key": "api_key"}]"#,
        r#"{"password": {"value": "VALUE", "at": [1]}}"#,
        r#"it said: {"name": "DB_PASSWORD", "value": "VALUE"} and left"#,
        "it said: [{'name': 'DB_PASSWORD', 'value': 'VALUE'}]",
        "env:\n- name: DB_PASSWORD\n  value: VALUE",
    ]
    .map(|form| form.replace("VALUE", value))
    .to_vec()
}

/// Values that only a name beside them marks as secret, and a key in pieces: none is in a file.
pub fn named_secrets(bench: &Bench) -> Result<Tried> {
    let mut tried =
        Tried::new("secrets that a name beside them marks: options, headers, lists, pairs, pieces");
    let scene = Scene::open(bench, "")?;
    let texts = naming("Tr0ub4dor3xyzzy");
    for word in &texts {
        let (spans, records) = (everywhere(word), logs(word));
        tried.send(word, scene.otlp, Ask::post("/v1/traces", &spans), &[200]);
        tried.send(word, scene.otlp, Ask::post("/v1/logs", &records), &[200]);
    }
    let whole = secret();
    let (one, rest) = whole.split_at(9);
    let (two, three) = rest.split_at(12);
    let pieces = json!([format!("it is {one}"), two, format!("{three}, so")]).to_string();
    tried.send("pieces", scene.otlp, Ask::post("/v1/logs", &logs(&pieces)), &[200]);
    let arrived = || {
        let events = scene.api.ask(Ask::get("/api/v1/events?limit=100")).ok()?.json();
        (events["events"].as_array()?.len() > texts.len()).then_some(())
    };
    shell::poll(PATIENCE, arrived).context("what was sent is not found")?;
    let found = grep(&scene.data(), &["Tr0ub4dor3xyzzy".to_owned(), two.to_owned(), three.to_owned()]);
    tried.tried(found.is_empty(), format!("in files: {found:?}"));
    Ok(tried)
}

/// Names of traces that a spreadsheet would run, behind every divider of cells.
pub fn formulas(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("formulas in CSV exports, behind semicolons, tabs and quotes");
    let scene = Scene::open(bench, "")?;
    let names = ["=1+1", "a;=1+1", "a; \"=1+1", "a\t=1+1", "a|@x", "a\";\"+1", "＝1"];
    for (at, name) in names.iter().enumerate() {
        let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
            "traceId": format!("ccf7651916cd43dd8448eb211c8031{at:02x}"), "spanId": "b7ad6b7169203331", "name": name,
            "startTimeUnixNano": now(), "endTimeUnixNano": now(), "attributes": [text("user.id", name), text("langsmith.span.tags", name)],
        }]}]}]});
        tried.send(name, scene.otlp, Ask::post("/v1/traces", &body), &[200]);
    }
    let reply = tried.send("export", scene.api, Ask::get("/api/v1/export/traces?format=csv"), &[200]);
    let said = String::from_utf8_lossy(&reply.body).into_owned();
    tried.hold(said.lines().count() > names.len(), format!("the export has too few lines: {said}"));
    for by in [',', ';', '\t', '|'] {
        let cells = said.split(['\r', '\n']).flat_map(|line| line.split(by));
        let run = cells
            .map(|cell| cell.trim_start_matches(['"', ' ']))
            .find(|cell| cell.starts_with(['=', '@', '＝']) || (cell.starts_with('+') && cell.len() > 1));
        tried.tried(run.is_none(), format!("divided by {by:?} a cell is a formula: {run:?}"));
    }
    Ok(tried)
}

/// A forgotten user: a search in every byte of the data folder.
pub fn forgotten(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("a forgotten user in raw files: days, logs, budgets, views, index, audit");
    let config = "[budgets.each]\nlimit_usd = \"9\"\nscope = { user = \"*\" }\n\
                  [budgets.session]\nlimit_usd = \"9\"\nscope = { session = \"*\" }\n";
    let scene = Scene::open(bench, config)?;
    for (at, (user, session, word)) in
        [(USER, SESSION, WORD), ("other-1", "other-s", "knots")].iter().enumerate()
    {
        let message =
            json!([{"role": "user", "parts": [{"type": "text", "content": format!("tell of {word}")}]}]);
        let body = |service: &str| {
            json!({"resourceSpans": [{"resource": {"attributes": [text("service.name", service)]}, "scopeSpans": [{"spans": [{
                "traceId": format!("ddf7651916cd43dd8448eb211c8031{at:02x}"), "spanId": "b7ad6b7169203331", "name": format!("ask of {word}"),
                "startTimeUnixNano": now(), "endTimeUnixNano": now(), "attributes": [
                    text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-4o"), text("gen_ai.provider.name", "openai"),
                    text("gen_ai.input.messages", &message.to_string()), text("user.id", user), text("session.id", session),
                    {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "100"}},
                ],
            }]}]}]})
        };
        // The second one is rejected as a conflict, which is kept.
        for service in ["kite", "other"] {
            tried.send(user, scene.otlp, Ask::post("/v1/traces", &body(service)), &[200]);
        }
    }
    let view = json!({"title": format!("of {USER}"), "page": "/traces", "query": format!("filter=user%3A{}", USER.replace('@', "%40"))});
    tried.send("view", scene.api, Ask::new("PUT", "/api/v1/views/theirs").json(&view), &[200]);
    let there = || {
        let found = scene.api.ask(Ask::get(&format!("/api/v1/traces?q={WORD}"))).ok()?;
        let counted = scene.api.ask(Ask::get("/api/v1/budgets")).ok()?;
        let says = |reply: &[u8], word: &str| String::from_utf8_lossy(reply).contains(word);
        (says(&found.body, "ddf7651916") && says(&counted.body, USER)).then_some(())
    };
    shell::poll(PATIENCE, there).context("what was sent is not found")?;
    let needles = [USER, SESSION, WORD, &USER.replace('@', "%40"), "ddf7651916cd43dd8448eb211c803100"]
        .map(str::to_owned);
    tried.tried(!grep(&scene.data(), &needles).is_empty(), "the attack itself finds nothing before");
    let reply =
        tried.send("forget", scene.api, Ask::post("/api/v1/forget", &json!({"user_id": USER})), &[200]);
    let proof: Value = serde_json::from_slice(&reply.body)?;
    tried.hold(proof["complete"] == true && proof["remaining"] == 0, format!("the proof: {proof}"));
    let found = grep(&scene.data(), &needles);
    tried.tried(found.is_empty(), format!("in files: {found:?}"));
    Ok(tried)
}

/// Files below a folder that have one of these words.
fn grep(folder: &Path, words: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(grep(&path, words));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        let has = |word: &String| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        if words.iter().any(has) {
            found.push(path);
        }
    }
    found
}
