//! `proxy`: the client libraries of OpenAI, Anthropic and Google, unchanged, through the gateway to a model
//! server.
//!
//! The usage that each library reports is compared with the store, token by token and cent by cent. The
//! libraries' own exceptions show rejections, errors and streams that are left early. No file may hold the
//! key or the prompt.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::frameworks::environment::{self, Ready, Unready};
use super::frameworks::models::Models;
use super::frameworks::pins::Case;
use super::{Bench, Http, Report, Server};
use crate::shell;

/// The libraries, in the versions that this was last seen to pass with.
const PACKAGES: [&str; 3] = ["openai==3.54.0", "anthropic==2.12.0", "google-genai==3.4.0"];
/// Texts that must not be in any file.
const KEPT_BY_NOBODY: [&str; 2] = ["sk-live-0123456789-must-not-be-kept", "dear marmot"];
/// How long all cases of one run may take.
const RUN: Duration = Duration::from_secs(180);
/// How long records may take until they are stored.
const ARRIVE: Duration = Duration::from_secs(10);

/// Budgets of two users that are too small for any call; one of them never resets.
const CONFIG: &str = "[budgets.broke]\nlimit_usd = \"0.000001\"\nscope = { user = \"broke\" }\n\n\
                      [budgets.ruined]\nlimit_usd = \"0.000001\"\nperiod = \"total\"\nscope = { user = \"ruined\" }\n";

/// As a part of the server, alone, and next to a server that has the store.
///
/// # Errors
/// Something of the house does not start.
pub fn run(bench: &Bench) -> Result<Report> {
    let report = Report::new();
    let packages = PACKAGES.map(str::to_owned).to_vec();
    let case = Case { name: "proxy".into(), script: "clients.py".into(), packages, lacks: Vec::new() };
    let ready = match environment::prepare(&case, "", &bench.cache.join("frameworks")) {
        Ok(ready) => ready,
        Err(Unready::Lacking(why)) => return Ok(report.skipped("proxy", &why)),
        Err(Unready::Failed(error)) => {
            return Ok(report.skipped("proxy", &format!("cannot be installed: {error:#}")));
        }
    };
    let scratch = tempfile::tempdir()?;
    let models =
        Models::start(&shell::root().join("tests/trials/frameworks/model_server.py"), scratch.path())?;
    let report = in_server(bench, &ready, &models, scratch.path(), report)?;
    let report = beside_server(bench, &ready, &models, scratch.path(), report)?;
    alone(bench, &ready, &models, scratch.path(), report)
}

/// Everything, through `quipu serve --gateway`.
fn in_server(
    bench: &Bench,
    ready: &Ready,
    models: &Models,
    scratch: &Path,
    mut report: Report,
) -> Result<Report> {
    let data = scratch.join("in-server");
    fs::create_dir_all(&data)?;
    let config = data.join("quipu.toml");
    fs::write(&config, CONFIG)?;
    let config = config.to_string_lossy().into_owned();
    let flags = upstreams(models);
    let mut extra: Vec<&str> = vec!["--gateway", "127.0.0.1:0", "--config", &config];
    extra.extend(flags.iter().map(String::as_str));
    let server = Server::on(&bench.binary, &data, &extra)?;
    let url = told(&data.join("ready.json"), "gateway")?;
    let cases = clients(ready, &url, &scratch.join("in-server.jsonl"), &[])?;
    if cases.is_empty() {
        bail!("no case was run");
    }
    let http = Http::new(Duration::from_secs(30));
    for case in &cases {
        report = report.judged(
            &format!("serve --gateway: {}", case.name),
            &case.wrong(|| shown(&http, &server, &case.name)),
        );
    }
    let gone = shell::poll(ARRIVE, || {
        let log = fs::read_to_string(&models.log).unwrap_or_default();
        (log.matches("\"gone\"").count() >= 2).then_some(())
    });
    report =
        report.judged("whoever leaves early stops the provider", &wrong_if(gone.is_none(), "it went on"));
    for name in ["openai_left_early", "anthropic_left_early"] {
        let found = shell::poll(ARRIVE, || {
            let total = shown(&http, &server, name).ok()?;
            (total["llm_calls"] == 1 && total["tokens"]["input"].as_u64() > Some(0)).then_some(())
        });
        report = report.judged(
            &format!("serve --gateway: {name} is recorded"),
            &wrong_if(found.is_none(), "no tokens are"),
        );
    }
    report = report.judged("serve --gateway: no answer holds a key or a prompt", &tellers(&http, &server)?);
    server.stop()?;
    Ok(report.judged("serve --gateway: no file holds a key or a prompt", &holders(&data)))
}

/// A gateway that finds the store in the hands of a server, and sends to it.
fn beside_server(
    bench: &Bench,
    ready: &Ready,
    models: &Models,
    scratch: &Path,
    mut report: Report,
) -> Result<Report> {
    let data = scratch.join("beside");
    let server = Server::on(&bench.binary, &data, &[])?;
    let gateway = Gateway::start(bench, &data, models, &["--url", &server.http])?;
    let cases = clients(
        ready,
        &gateway.url,
        &scratch.join("beside.jsonl"),
        &["openai_stream", "anthropic_tool_loop"],
    )?;
    let http = Http::new(Duration::from_secs(30));
    for case in &cases {
        report = report.judged(
            &format!("proxy --url: {}", case.name),
            &case.wrong(|| shown(&http, &server, &case.name)),
        );
    }
    gateway.stop()?;
    server.stop()?;
    Ok(report)
}

/// A gateway that has the store to itself.
fn alone(
    bench: &Bench,
    ready: &Ready,
    models: &Models,
    scratch: &Path,
    mut report: Report,
) -> Result<Report> {
    let data = scratch.join("alone");
    fs::create_dir_all(&data)?;
    let gateway = Gateway::start(bench, &data, models, &[])?;
    let cases =
        clients(ready, &gateway.url, &scratch.join("alone.jsonl"), &["openai_plain", "gemini_stream"])?;
    gateway.stop()?;
    for case in &cases {
        let asked = || {
            let mut command = Command::new(&bench.binary);
            command.args(["usage", "--json", "--session", &case.name, "--data-dir"]).arg(&data);
            let answer: Value = serde_json::from_str(&shell::capture(&mut command)?)?;
            Ok(answer["total"].clone())
        };
        report = report.judged(&format!("proxy: {}", case.name), &case.wrong(asked));
    }
    Ok(report.judged("proxy: no file holds a key or a prompt", &holders(&data)))
}

fn upstreams(models: &Models) -> Vec<String> {
    ["--openai", "--anthropic", "--gemini"]
        .iter()
        .flat_map(|flag| [(*flag).to_owned(), models.url.clone()])
        .collect()
}

fn told(file: &Path, name: &str) -> Result<String> {
    let all: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    all[name].as_str().map(str::to_owned).ok_or_else(|| anyhow!("{} has no {name}", file.display()))
}

fn wrong_if(is_wrong: bool, why: &str) -> Vec<String> {
    if is_wrong { vec![why.to_owned()] } else { Vec::new() }
}

/// Results of a client.
struct Found {
    name: String,
    failed: Option<String>,
    told: Option<Value>,
}

impl Found {
    /// Its errors, once the stored data has had time to arrive.
    fn wrong(&self, shown: impl Fn() -> Result<Value>) -> Vec<String> {
        if let Some(failed) = &self.failed {
            return vec![failed.clone()];
        }
        let Some(told) = &self.told else { return Vec::new() };
        let mut last = BTreeMap::new();
        let right = shell::poll(ARRIVE, || {
            let total = shown().ok()?;
            let pairs = [
                ("calls", &told["calls"], &total["llm_calls"]),
                ("input", &told["input"], &total["tokens"]["input"]),
                ("output", &told["output"], &total["tokens"]["output"]),
                ("cost_usd", &told["cost_usd"], &total["cost_usd"]),
            ];
            let off = pairs.into_iter().filter(|(_, want, have)| want != have);
            last = off.map(|(name, want, have)| (name, format!("{have} of {want}"))).collect();
            last.is_empty().then_some(())
        });
        match right {
            Some(()) => Vec::new(),
            None if last.is_empty() => vec!["the store does not answer".to_owned()],
            None => last.into_iter().map(|(name, off)| format!("{name} {off}")).collect(),
        }
    }
}

/// Runs the clients; returns the findings of each case.
fn clients(ready: &Ready, gateway: &str, results: &Path, only: &[&str]) -> Result<Vec<Found>> {
    let log = results.with_extension("log");
    let output = fs::File::create(&log)?;
    let mut command = Command::new(&ready.program);
    command
        .arg(shell::root().join("tests/trials/proxy/clients.py"))
        .args([gateway, &results.to_string_lossy()])
        .args(only)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*")
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let status = super::frameworks::bounded(&mut command, RUN)?;
    if !status.is_some_and(|status| status.success()) {
        let words = fs::read_to_string(&log).unwrap_or_default();
        bail!("the clients did not come to their end: {}", shell::tail(&words, 8));
    }
    let text = fs::read_to_string(results)?;
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line)?;
        let name = line["case"].as_str().unwrap_or_default().to_owned();
        let failed = line["wrong"].as_str().map(str::to_owned);
        Ok(Found { name, failed, told: Some(line["told"].clone()).filter(Value::is_object) })
    });
    lines.collect()
}

fn shown(http: &Http, server: &Server, session: &str) -> Result<Value> {
    Ok(http.json(&server.api(&format!("usage?session={session}")))?["total"].clone())
}

/// Files of the store are compressed, so all traces are queried, too.
fn tellers(http: &Http, server: &Server) -> Result<Vec<String>> {
    let list = http.json(&server.api("traces?limit=500"))?;
    let ids = list["traces"].as_array().into_iter().flatten().filter_map(|trace| trace["trace_id"].as_str());
    let (mut found, mut asked) = (Vec::new(), 0);
    for id in ids {
        asked += 1;
        let text = http.json(&server.api(&format!("traces/{id}")))?.to_string();
        let holds = KEPT_BY_NOBODY.iter().filter(|secret| text.contains(**secret));
        found.extend(holds.map(|secret| format!("trace {id} holds {secret:?}")));
    }
    if asked == 0 {
        bail!("there is no trace to look at");
    }
    Ok(found)
}

/// Files below a folder that contain one of these texts.
fn holders(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holders(&path));
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        for secret in KEPT_BY_NOBODY {
            if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                found.push(format!("{} holds {secret:?}", path.display()));
            }
        }
    }
    found
}

/// `quipu gateway`, running; dropping it kills it.
struct Gateway {
    child: Child,
    url: String,
}

impl Gateway {
    fn start(bench: &Bench, data: &Path, models: &Models, extra: &[&str]) -> Result<Self> {
        let (ready, log) = (data.join("proxy.json"), data.join("proxy.log"));
        let mut command = Command::new(&bench.binary);
        command
            .args(["gateway", "--listen", "127.0.0.1:0", "--ready-file"])
            .arg(&ready)
            .arg("--data-dir")
            .arg(data);
        command.args(upstreams(models)).args(extra);
        let log = fs::File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("quipu gateway")?;
        let mut gateway = Self { child, url: String::new() };
        let url = shell::poll(Duration::from_secs(30), || told(&ready, "gateway").ok());
        gateway.url = url.ok_or_else(|| anyhow!("quipu gateway does not listen"))?;
        Ok(gateway)
    }

    /// Ends it as an operator would.
    fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        shell::signal("TERM", &[id])?;
        match shell::poll(Duration::from_secs(12), || self.child.try_wait().ok().flatten()) {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("after SIGTERM the gateway ended with {status}"),
            None => bail!("the gateway did not end in time"),
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
