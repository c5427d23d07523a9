//! Webhooks: verified by the reference library, and their bodies checked against the published schema.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::front::Front;
use super::judged::{check, config, differs, fields, serve};
use super::load;
use crate::integration::tools::{Program, free_port};
use crate::integration::{Bench, Http, Report};
use crate::shell;

const RECEIVER: &str = include_str!("../../../suites/logs/hook.py");
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ARRIVE: Duration = Duration::from_secs(60);

/// Delivered after answers of 503 and 429, and rejected with another secret.
pub fn run(bench: &Bench, folder: &Path, python: &Path, caddy: &Path, report: Report) -> Result<Report> {
    let (port, script) = (free_port()?, folder.join("hook.py"));
    fs::write(&script, RECEIVER)?;
    let schema = shell::root().join("docs/guide/webhook.schema.json");
    let mut command = Command::new(python);
    command.arg(&script).arg(port.to_string()).arg(schema).arg(SECRET);
    let program = Program::start(&mut command, &folder.join("hook.log"))?;
    let (http, url) = (Http::new(Duration::from_secs(10)), format!("http://127.0.0.1:{port}/"));
    let state = || http.json(&url).ok();
    shell::poll(Duration::from_secs(20), state)
        .ok_or_else(|| anyhow!("the receiver does not come up: {}", shell::tail(&program.said(), 5)))?;
    let front = Front::start(caddy, folder, port)?;
    let with = |name: &str, secret: &str| {
        let ca = &front.root;
        let settings = format!(
            "url = \"{}/quipu\"\nsecret = \"{secret}\"\nmax_records = 50\nmax_bytes = 500000\ntls = {{ ca_file = {ca:?} }}",
            front.url
        );
        config(folder, name, "webhook", &settings)
    };
    let refused = differs(&check(bench, "webhook", &with("wrong", "another")?)?, false, ("auth", "401"));
    let report = report.judged("webhook, HTTPS: another secret is refused", &refused);
    let right = with("right", SECRET)?;
    let accepted = differs(&check(bench, "webhook", &right)?, true, ("acceptance", "2xx"));
    let report = report.judged("webhook, HTTPS: quipu check", &accepted);
    let before = http.json(&url)?["problems"].as_array().map_or(0, Vec::len);
    http.post(&format!("{url}__answers"), &[], b"[503, 429]")?;
    let server = serve(bench, &right)?;
    load::send(&server)?;
    let mut held = Value::Null;
    shell::poll(ARRIVE, || {
        held = state()?;
        (counts(&held)["event"] == load::TRACES && counts(&held)["cost"] == 2 * load::TRACES).then_some(())
    });
    server.stop()?;
    let want = [
        ("span", json!(2 * load::TRACES)),
        ("event", json!(load::TRACES)),
        ("cost", json!(2 * load::TRACES)),
    ];
    let mut wrong = fields("records", &counts(&held), &want);
    let problems = held["problems"].as_array().cloned().unwrap_or_default();
    wrong.extend(problems.iter().skip(before).take(5).map(ToString::to_string));
    Ok(report.judged("webhook, HTTPS: signed, by the schema, each record once", &wrong))
}

/// How many records of each kind there are.
fn counts(state: &Value) -> Value {
    let mut counts = serde_json::Map::new();
    for record in state["records"].as_array().into_iter().flatten() {
        let count = counts.entry(record["record"].as_str().unwrap_or_default()).or_insert(json!(0));
        *count = json!(count.as_u64().unwrap_or_default() + 1);
    }
    Value::Object(counts)
}
