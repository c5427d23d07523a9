//! `newcomer`: the first hour with the library, by the commands of a user.
//!
//! A new crate outside of the workspace gets the library by `cargo add` and an agent of 40 lines. The agent
//! has two tools, a sub-agent, a streamed call, a retry, a budget, and `tracing`. The suite compares the
//! output of each step: the program, commands that read its data while it runs, and a server afterwards. Then
//! the same program gets other backends by cargo features alone.

mod backends;
mod krate;
mod plain;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use super::{Bench, Http, Report, Server};
use crate::shell;
use krate::Crate;
use plain::plain;

/// Lines of the agent at most.
const LINES: usize = 40;
/// Commands that read the data while the agent runs. Their output is in `NAME.txt`.
const COMMANDS: [(&str, &[&str]); 5] = [
    ("traces", &["traces"]),
    ("trace", &["trace", "@trace@"]),
    ("usage", &["usage", "--group-by", "agent,model"]),
    ("tools", &["tools"]),
    ("events", &["sql", "SELECT name, level, session, agent FROM events ORDER BY time, name"]),
];

/// Takes each step.
///
/// # Errors
/// The new crate cannot be made.
pub fn run(bench: &Bench) -> Result<Report> {
    let place = tempfile::tempdir()?;
    let new = Crate::make(place.path(), &["--features", "primitives,tracing"])?;
    let lines = fs::read_to_string(new.folder.join("src/main.rs"))?.lines().count();
    let wrong = if lines > LINES { vec![format!("the agent has {lines} lines")] } else { Vec::new() };
    let mut report = Report::new().judged("crate", &[wrong, new.wrong_manifest()?].concat());
    let built = new.build()?;
    let warned = built.lines().filter(|line| line.starts_with("warning")).map(str::to_owned);
    report = report.judged("build", &warned.collect::<Vec<_>>());

    let data = new.folder.join(".quipu");
    let mut agent = new.start()?;
    report = compared(report, "run", &agent.said()?);
    let trace = only_trace(bench, &data)?;
    for (name, words) in COMMANDS {
        let words = words.iter().map(|word| if *word == "@trace@" { trace.as_str() } else { word });
        let printed = quipu(bench, &data, words);
        report = match printed {
            Ok(printed) => compared(report, name, &printed),
            Err(error) => report.failed(name, &format!("{error:#}")),
        };
    }
    agent.end()?;
    report = match answered(bench, &data, &trace) {
        Ok(wrong) => report.judged("api", &wrong),
        Err(error) => report.failed("api", &format!("{error:#}")),
    };
    Ok(report.and(backends::run(place.path())?))
}

/// Compares a step with its file.
fn compared(report: Report, name: &str, printed: &str) -> Report {
    let file = shell::root().join("tests/trials/suites/newcomer").join(format!("{name}.txt"));
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let printed = plain(printed);
    if printed == plain(&expected) {
        return report.passed(name);
    }
    report.failed(name, &format!("{} is not the output:\n{printed}", file.display()))
}

/// The output of a command about the data.
fn quipu<'w>(bench: &Bench, data: &Path, words: impl Iterator<Item = &'w str>) -> Result<String> {
    let mut command = Command::new(&bench.binary);
    shell::capture(command.args(words).arg("--data-dir").arg(data))
}

/// The id of the one trace.
fn only_trace(bench: &Bench, data: &Path) -> Result<String> {
    let rows = quipu(bench, data, ["sql", "--json", "SELECT trace_id FROM traces"].into_iter())?;
    let rows: Value = serde_json::from_str(&rows)?;
    let ids = rows["rows"].as_array().context("no rows")?;
    match ids.as_slice() {
        [id] => id[0].as_str().map(str::to_owned).context("the id is no text"),
        _ => Err(anyhow!("{} traces are stored", ids.len())),
    }
}

/// Differences between the answers of a server on the data and the program.
fn answered(bench: &Bench, data: &Path, trace: &str) -> Result<Vec<String>> {
    let server = Server::on(&bench.binary, data, &[])?;
    let http = Http::new(Duration::from_secs(30));
    let get = |path: &str| http.json(&server.api(path));
    let (usage, shown) = (get("usage")?["total"].clone(), get(&format!("traces/{trace}"))?);
    let tools = get("tools")?;
    let tools: Vec<_> = tools["tools"].as_array().into_iter().flatten().map(|tool| &tool["name"]).collect();
    let shown = &shown["trace"];
    let pairs = [
        ("calls", usage["llm_calls"].clone(), json!(2)),
        ("failed calls", usage["errors"].clone(), json!(1)),
        ("input", usage["tokens"]["input"].clone(), json!(400)),
        ("output", usage["tokens"]["output"].clone(), json!(50)),
        ("cost", usage["cost_usd"].clone(), json!("0.0015")),
        ("tools", json!(tools), json!(["luggage", "weather"])),
        ("session", shown["session_id"].clone(), json!("s-1")),
        ("user", shown["user_id"].clone(), json!("u-1")),
    ];
    server.stop()?;
    Ok(pairs
        .into_iter()
        .filter(|(_, found, want)| found != want)
        .map(|(name, found, want)| format!("{name} {found}, expected {want}"))
        .collect())
}
