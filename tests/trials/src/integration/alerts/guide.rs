//! The guide to the first message: each command is run, in order, against a receiver in place of Slack.
//!
//! Only addresses and ports differ from the page, because others may use the default ports.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::integration::hook::{self, Heard};
use crate::integration::tools::{self, Program};
use crate::integration::{Bench, Http, Report};
use crate::shell;

const PAGE: &str = "docs/guide/first-alert.md";
const SLACK: &str = "https://hooks.slack.com/services/T000/B000/XXXX";
const LIMIT: Duration = Duration::from_secs(300);
const READY: Duration = Duration::from_secs(60);

/// Runs the page from top to bottom.
///
/// # Errors
/// The page has no such blocks, or the server does not come up.
pub fn run(bench: &Bench, folder: &Path, report: Report) -> Result<Report> {
    if shell::find("curl").is_none() {
        return Ok(report.skipped("the guide to the first message", "curl is not installed"));
    }
    let begin = Instant::now();
    let (port, heard) = hook::listen()?;
    let (api, otlp) = (tools::free_port()?, tools::free_port()?);
    let page = fs::read_to_string(shell::root().join(PAGE))?
        .replace(SLACK, &format!("http://127.0.0.1:{port}/services/T000"))
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{api}"))
        .replace("127.0.0.1:4318", &format!("127.0.0.1:{otlp}"));
    let blocks = blocks(&page);
    let config = blocks.iter().find(|(language, _)| *language == "toml").context("no toml block")?;
    fs::write(folder.join("quipu.toml"), &config.1)?;
    let (mut exports, mut server, mut ran, mut wrong) = (String::new(), None, 0, Vec::new());
    for (_, block) in blocks.iter().filter(|(language, _)| *language == "sh") {
        if block.starts_with("export ") {
            exports.push_str(block);
            ran += 1;
            continue;
        }
        if block.starts_with("quipu serve") {
            let listeners = format!(
                " --http 127.0.0.1:{api} --otlp-http 127.0.0.1:{otlp} --otlp-grpc 127.0.0.1:0 --prometheus off"
            );
            let script = format!("{exports}exec {}{listeners}", block.trim());
            server = Some(Program::start(&mut bash(bench, folder, &script)?, &folder.join("serve.log"))?);
            ready(api)?;
        } else if let Err(error) = shell::capture(&mut bash(bench, folder, &format!("{exports}{block}"))?) {
            wrong.push(format!("{error:#}"));
        }
        ran += 1;
        if block.contains("alerts fire") {
            wrong.extend(lacks(&heard, "[TEST]"));
        }
        if block.contains("curl ") {
            wrong.extend(lacks(&heard, "[FIRING] failing {model=gpt-4o}"));
        }
    }
    drop(server);
    let taken = begin.elapsed();
    println!("        {ran} blocks in {:.0} s", taken.as_secs_f64());
    if ran < 8 {
        wrong.push(format!("only {ran} blocks of commands"));
    }
    if taken > LIMIT {
        wrong.push(format!("{} s", taken.as_secs()));
    }
    Ok(report.judged("the guide to the first message", &wrong))
}

/// The fenced blocks of a page: language and text.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(language), None) => open = Some((language, String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// A shell that finds the binary under test first, and stops at the first error.
fn bash(bench: &Bench, folder: &Path, script: &str) -> Result<Command> {
    let beside = bench.binary.parent().context("the binary has no folder")?;
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(folder);
    command.env("PATH", format!("{}:{path}", beside.display()));
    Ok(command)
}

fn ready(port: u16) -> Result<()> {
    let http = Http::new(Duration::from_secs(2));
    let up =
        || http.get(&format!("http://127.0.0.1:{port}/readyz")).ok().filter(|answer| answer.status == 200);
    match shell::poll(READY, || up().or_else(crate::integration::prometheus::pause)) {
        Some(_) => Ok(()),
        None => bail!("the server of the guide is not ready"),
    }
}

/// Waits for a message of Slack with this text: nothing if it came.
fn lacks(heard: &std::sync::mpsc::Receiver<Heard>, text: &str) -> Option<String> {
    let end = Instant::now() + Duration::from_secs(30);
    let mut last = "no message".to_owned();
    while let Ok(message) = heard.recv_timeout(end.saturating_duration_since(Instant::now())) {
        let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
        let is_block_kit = body["blocks"].as_array().is_some_and(|blocks| !blocks.is_empty());
        if is_block_kit && message.path.starts_with("/services/") && body.to_string().contains(text) {
            return None;
        }
        last = message.body;
    }
    Some(format!("Slack did not get {text}: {last}"))
}
