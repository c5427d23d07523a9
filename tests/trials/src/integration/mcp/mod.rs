//! `mcp`: the official clients of the Model Context Protocol and its conformance suite against the server, the
//! token limit of random calls, and questions with known answers.

mod clients;
mod conformance;
mod limits;
mod questions;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use super::tools;
use super::{Bench, Http, Report, Server};
use crate::shell;

const CLIENT: &str = include_str!("../../../suites/mcp_client.py");
/// Client libraries, and the version of the protocol that each negotiates over lines and over HTTP.
const CLIENTS: [(&str, &str, [&str; 2]); 2] = [
    ("mcp-1", "mcp==1.30.0", ["2025-11-25", "2025-11-25"]),
    ("mcp-2", "mcp==2.3.0", ["2025-11-25", "2026-07-28"]),
];
/// Text that each tool's answer holds.
const SAID: [(&str, &str); 9] = [
    ("overview", " calls, "),
    ("search", "traces"),
    ("trace", "Rows 0 to"),
    ("compare", "a: trace "),
    ("cost", "Total: "),
    ("errors", "failures"),
    ("query", "Total: count"),
    ("whoami", "Everything since"),
    ("budget", "udget"),
];

/// Lists and calls every tool with each client, over lines and over HTTP.
///
/// # Errors
/// The server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let server = Server::fresh(&bench.binary, &["--demo"])?;
    let script = bench.cache.join("mcp_client.py");
    fs::write(&script, CLIENT)?;
    let http = Http::new(Duration::from_secs(30));
    let listed = http.json(&server.api("traces?limit=1"))?;
    let trace = listed["traces"][0]["trace_id"].as_str().ok_or_else(|| anyhow!("the demo has no trace"))?;
    let mut report = Report::new();
    for (name, package, versions) in CLIENTS {
        let python = match tools::venv(&bench.cache, name, &[package]) {
            Ok(python) => python,
            Err(error) => {
                report = report.skipped(package, &format!("{error:#}"));
                continue;
            }
        };
        let found = visited(&python, &script, &server, &bench.binary, trace)?;
        for (transport, version) in ["lines", "http"].into_iter().zip(versions) {
            let wrong = differences(&found[transport], version);
            report = report.judged(&format!("{package} over {transport}"), &wrong);
        }
    }
    report = clients::run(bench, &server, trace, report)?;
    report = conformance::run(bench, &server, report)?;
    report = limits::run(&server, report)?;
    questions::run(bench, report)
}

/// Calls a tool over HTTP; `None` if the arguments are rejected.
fn called(http: &Http, server: &Server, tool: &str, arguments: &Value) -> Result<Option<String>> {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}});
    let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    let answer = http.post(&format!("{}/mcp", server.http), &headers, message.to_string().as_bytes())?;
    let said: Value = serde_json::from_slice(&answer.body).with_context(|| answer.text())?;
    Ok(said["result"]["content"][0]["text"].as_str().map(str::to_owned))
}

fn visited(python: &Path, script: &Path, server: &Server, binary: &Path, trace: &str) -> Result<Value> {
    let mut client = Command::new(python);
    client.arg(script).arg(&server.http).arg(binary).arg(trace);
    let said = shell::capture(&mut client).context("the client failed")?;
    Ok(serde_json::from_str(&said)?)
}

fn differences(found: &Value, version: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if found["version"] != version {
        wrong.push(format!("the version is {}, expected {version}", found["version"]));
    }
    let tools = found["tools"].as_object().map_or(0, serde_json::Map::len);
    if tools != SAID.len() {
        wrong.push(format!("{tools} tools are listed, expected {}", SAID.len()));
    }
    for (tool, said) in SAID {
        let text = found["tools"][tool].as_str().unwrap_or_default();
        if !text.contains(said) {
            wrong.push(format!("{tool} answers {text:?}, expected {said:?} in it"));
        }
    }
    wrong
}
