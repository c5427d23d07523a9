//! `sql`: random statements against Python's sqlite3 over a dump, and hostile statements.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{Bench, Http, Report, Server, tools};
use crate::shell;

const RANDOM: &str = include_str!("../../../suites/sql/random_select.py");
const HOSTILE: &str = include_str!("../../../suites/sql/hostile.py");
/// Text of a span that only the other project has.
const SECRET: &str = "the-word-of-the-vault";
/// Spans of the store. A dump of a table has at most 10,000 rows, and the whole demo is larger.
const SPANS: i64 = 1_000;
/// Other routes may take this much longer while hostile statements run.
const SLOWER: f64 = 1.2;
/// Differences below this are noise of the machine, in milliseconds.
const NOISE_MS: f64 = 2.0;
const SEED: &str = "25";

/// Runs both scripts over a store of the demo that no longer changes.
///
/// # Errors
/// There is no Python, or the server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let python = tools::python()?;
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("quipu.toml");
    std::fs::write(&config, "[project.vault]\n")?;
    let data = folder.path().join("data");
    fill(&bench.binary, &data)?;
    let server = Server::beside(&bench.binary, &data, &["--config", &config.to_string_lossy()])?;
    hide(&server)?;
    let mut report = Report::new();
    if bench.wants("random") {
        let found = said(&python, &bench.cache, "sql_random.py", RANDOM, &server, bench.cases, &[])?;
        report = report.judged(&format!("{} random SELECTs", bench.cases), &texts(&found["wrong"]));
    }
    if bench.wants("hostile") {
        let cases = (bench.cases / 2).max(1);
        let found = said(&python, &bench.cache, "sql_hostile.py", HOSTILE, &server, cases, &[SECRET])?;
        report = report.judged(&format!("{cases} hostile statements"), &texts(&found["wrong"]));
        report = slowed(bench, &found, report);
    }
    Ok(report)
}

/// Fills a folder with the beginning of the demo's recorded workload.
fn fill(binary: &Path, data: &Path) -> Result<()> {
    let demo = Server::beside(binary, data, &["--demo"])?;
    let http = Http::new(Duration::from_secs(30));
    // The status is a second old, and an optimised demo stores 8,000 spans in that time.
    let count = json!({"query": "SELECT count(*) FROM spans"}).to_string();
    let enough = || {
        let headers = [("content-type", "application/json")];
        let answer = http.post(&demo.api("sql"), &headers, count.as_bytes()).ok()?;
        let answer: Value = serde_json::from_str(&answer.text()).ok()?;
        (answer["rows"][0][0].as_i64()? >= SPANS).then_some(())
    };
    shell::poll(Duration::from_secs(120), enough).context("the demo stored too few spans")?;
    // An ordinary end would first store the rest.
    demo.kill();
    Ok(())
}

/// Stores a span in the other project.
fn hide(server: &Server) -> Result<()> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
    let span = json!({"traceId": format!("{:032x}", 7), "spanId": format!("{:016x}", 7), "name": SECRET, "kind": 1,
        "startTimeUnixNano": (now - 1_000_000).to_string(), "endTimeUnixNano": now.to_string()});
    let body = json!({"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": [span]}]}]});
    let headers = [("content-type", "application/json"), ("quipu-project", "vault")];
    let url = format!("{}/v1/traces", server.http);
    let answer = Http::new(Duration::from_secs(30)).post(&url, &headers, body.to_string().as_bytes())?;
    if answer.status != 200 {
        bail!("POST {url}: {} {}", answer.status, answer.text());
    }
    Ok(())
}

fn said(
    python: &Path,
    cache: &Path,
    name: &str,
    script: &str,
    server: &Server,
    cases: u64,
    more: &[&str],
) -> Result<Value> {
    let file = cache.join(name);
    std::fs::write(&file, script)?;
    let mut command = Command::new(python);
    command.arg(&file).arg(&server.http).arg(cases.to_string()).arg(SEED).args(more);
    let said = shell::capture(&mut command).context("the script failed")?;
    println!("{}", said.trim());
    Ok(serde_json::from_str(&said)?)
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Judges the other routes. An unoptimised server says nothing about speed.
fn slowed(bench: &Bench, found: &Value, report: Report) -> Report {
    let figure = |name: &str| found[name].as_f64().unwrap_or(f64::NAN);
    let (quiet, busy) = (figure("quiet_p99_ms"), figure("busy_p99_ms"));
    let case = "p99 of other routes during hostile statements";
    let text = format!("{busy:.1} ms, without them {quiet:.1} ms");
    match busy <= quiet * SLOWER || busy - quiet < NOISE_MS {
        true => report.passed(case),
        false if bench.release => report.failed(case, &text),
        false => report.skipped(case, &format!("{text}: judged with --release only")),
    }
}
