//! `mcp`: the official Python clients of the Model Context Protocol against the server.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::tools;
use super::{Bench, Http, Report, Server};
use crate::shell;

const CLIENT: &str = include_str!("../../suites/mcp_client.py");
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
    Ok(report)
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
