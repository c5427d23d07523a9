//! `matrix`: every pair of compatible instrumentations, on the SDKs and LangChain, against the model server's
//! log.
//!
//! Each combination is one run of `tests/trials/frameworks/matrix/agent.py`. The run has calls one by one,
//! streams, several at once, failing ones and a loop with a tool, outside of a span and within one. Calls,
//! errors, tokens and tool runs must be those of the log.

mod figures;
mod list;
mod page;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::frameworks::environment::{self, Ready, Unready};
use super::frameworks::models::Models;
use super::frameworks::pins::Case;
use super::frameworks::{bounded, search_path};
use super::{Bench, Report, Server};
use crate::shell;
use figures::Figures;
use list::{Combination, List};

/// How long an agent may take.
const RUN: Duration = Duration::from_secs(180);
/// How long the model server takes for an answer.
const LATENCY: Duration = Duration::from_millis(30);

/// Runs every combination, or those whose name begins as asked; one that fails does not keep the others from
/// running.
///
/// # Errors
/// The list cannot be read, or the server does not start.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = shell::root().join("tests/trials/frameworks");
    let list = List::read(&folder.join("matrix/combinations.json"))?;
    let server = Server::fresh(&bench.binary, &[])?;
    let mut report = Report::new();
    let mut rows = Vec::new();
    for combination in list.chosen(&bench.only) {
        let name = combination.name();
        let ready = match prepare(&list, combination, &bench.cache) {
            Ok(ready) => ready,
            Err(why) => {
                report = report.skipped(&name, &why);
                continue;
            }
        };
        let found = live(&server, &folder, combination, &ready);
        let wrong = found.unwrap_or_else(|error| vec![format!("{error:#}")]);
        rows.push(page::row(combination, &wrong));
        report = match &combination.differs {
            Some(why) if !wrong.is_empty() => report.open(&name, &format!("{} ({why})", wrong.join(", "))),
            _ => report.judged(&name, &wrong),
        };
    }
    if let Some(file) = &bench.table {
        page::write(file, &rows)?;
    }
    Ok(report)
}

fn prepare(list: &List, combination: &Combination, cache: &Path) -> Result<Ready, String> {
    let name = &combination.environment;
    let packages = list.environments.get(name).cloned().unwrap_or_default();
    let case =
        Case { name: format!("matrix-{name}"), script: "agent.py".into(), packages, lacks: Vec::new() };
    environment::prepare(&case, "", &cache.join("frameworks")).map_err(|error| match error {
        Unready::Lacking(why) => why,
        Unready::Failed(error) => format!("cannot be installed: {error:#}"),
    })
}

/// One run; returns the errors.
fn live(server: &Server, folder: &Path, combination: &Combination, ready: &Ready) -> Result<Vec<String>> {
    let scratch = tempfile::tempdir()?;
    let models = Models::with_latency(&folder.join("model_server.py"), scratch.path(), LATENCY)?;
    let service = format!("{}.{}", combination.name(), std::process::id());
    agent(folder, combination, ready, (scratch.path(), &models.url, &server.otlp_http, &service))?;
    let with_tools = combination.api.starts_with("langchain-");
    let want =
        Figures::of_log(&models.log, with_tools).with_context(|| format!("{}", models.log.display()))?;
    if want.calls == 0 {
        bail!("the agent did not call the model");
    }
    Figures::wait(server, &service, &want)
}

type Place<'a> = (&'a Path, &'a str, &'a str, &'a str);

/// Runs the agent with an environment of its own.
fn agent(folder: &Path, combination: &Combination, ready: &Ready, place: Place<'_>) -> Result<()> {
    let (scratch, models, otlp, service) = place;
    let log: PathBuf = scratch.join("agent.log");
    let output = std::fs::File::create(&log)?;
    let mut command = Command::new(&ready.program);
    command
        .arg(folder.join("matrix/agent.py"))
        .args([&combination.api, &combination.first, &combination.second])
        .current_dir(scratch)
        .env_clear()
        .env("PATH", search_path(&ready.folders)?)
        .env("HOME", scratch)
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MODEL_SERVER", models)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp)
        .env("OTEL_SERVICE_NAME", service)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let words = || shell::tail(&std::fs::read_to_string(&log).unwrap_or_default(), 15);
    match bounded(&mut command, RUN)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("{status}\n{}", words()),
        None => bail!("did not end within {} s\n{}", RUN.as_secs(), words()),
    }
}
