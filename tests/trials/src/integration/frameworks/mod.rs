//! `frameworks`: agents of real frameworks, installed from their registries, against a model server that
//! keeps its own count.
//!
//! Each case installs the versions pinned in `tests/trials/frameworks/versions.json` into its own folder. It
//! starts the model server and a Quipu server, runs the agent with the telemetry settings of its guide, and
//! compares.

pub(super) mod environment;
pub(super) mod models;
mod outcome;
pub(super) mod pins;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::{Bench, Report, Server};
use crate::{guide, shell, table};
use environment::{Ready, Unready};
use models::Models;
use outcome::{Outcome, Truth};
use pins::{Case, Pins};

/// How long an agent may take; most end in a few seconds.
const RUN: Duration = Duration::from_secs(120);

/// Runs each framework's agent; one that fails does not keep the others from running.
///
/// # Errors
/// The list of frameworks cannot be read, or none has a requested name.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = shell::root().join("tests/trials/frameworks");
    let pins = Pins::read(&folder.join("versions.json"))?;
    let cases = pins.chosen(&bench.only)?;
    let mut report = Report::new();
    let mut rows = Vec::new();
    for case in cases {
        let begin = Instant::now();
        let cache = bench.cache.join("frameworks");
        let ready = match environment::prepare(case, &pins.node, &cache) {
            Ok(ready) => ready,
            Err(Unready::Lacking(why)) => {
                report = report.skipped(&case.name, &why);
                continue;
            }
            Err(Unready::Failed(error)) => {
                report = report.skipped(&case.name, &format!("cannot be installed: {error:#}"));
                continue;
            }
        };
        match live(bench, &folder, case, &ready) {
            Ok(outcome) => {
                let (wrong, lacking) = outcome.judged(case);
                rows.push(outcome.row(case, begin.elapsed()));
                report = match (wrong.is_empty(), lacking.is_empty()) {
                    (true, false) => report.passed(&format!("{} but for {}", case.name, lacking.join(", "))),
                    _ => report.judged(&case.name, &wrong),
                };
            }
            Err(error) => report = report.failed(&case.name, &format!("{error:#}")),
        }
    }
    println!();
    table::print(&HEADINGS, &rows);
    Ok(report)
}

const HEADINGS: [&str; 13] = [
    "framework",
    "version",
    "input",
    "of",
    "output",
    "of",
    "cached",
    "of",
    "calls",
    "of",
    "tools",
    "of",
    "s",
];

/// One agent from start to end.
fn live(bench: &Bench, folder: &Path, case: &Case, ready: &Ready) -> Result<Outcome> {
    let scratch = tempfile::tempdir()?;
    let models = Models::start(&folder.join("model_server.py"), scratch.path())?;
    let server = Server::fresh(&bench.binary, &[])?;
    let addresses = [server.http.as_str(), server.otlp_http.as_str(), guide::ADDRESSES[2]];
    let program = ready.filled(&folder.join("agents").join(&case.script), addresses)?;
    agent(program, ready, scratch.path(), &models.url)?;
    let truth = Truth::read(&models.log)?;
    if truth.calls == 0 {
        bail!("the agent did not call the model");
    }
    Outcome::wait(&server, truth)
}

/// Runs the agent's script after its shell blocks, with an environment of its own: variables of the session
/// around it stay outside.
fn agent((script, setup): (PathBuf, String), ready: &Ready, scratch: &Path, models: &str) -> Result<()> {
    let home = scratch.join("home");
    std::fs::create_dir_all(&home)?;
    let log = scratch.join("agent.log");
    let output = std::fs::File::create(&log)?;
    let mut command = Command::new("sh");
    command
        .args(["-euc", &format!("{setup}exec \"$0\" \"$@\"")])
        .arg(&ready.program)
        .arg(script)
        .current_dir(&home)
        .env_clear()
        .env("PATH", search_path(&ready.folders)?)
        .env("HOME", &home)
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MODEL_SERVER", models)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let status = bounded(&mut command, RUN)?;
    let words = || shell::tail(&std::fs::read_to_string(&log).unwrap_or_default(), 15);
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("{status}\n{}", words()),
        None => bail!("did not end within {} s\n{}", RUN.as_secs(), words()),
    }
}

/// The folders before those of the machine.
pub(super) fn search_path(folders: &[PathBuf]) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(folders.iter().cloned().chain(std::env::split_paths(&path))).context("PATH")
}

/// Runs to its end, or ends it and all that it started when time is up: then there is no status.
pub(super) fn bounded(command: &mut Command, patience: Duration) -> Result<Option<std::process::ExitStatus>> {
    use std::os::unix::process::CommandExt;
    let mut child = command
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    let status = shell::poll(patience, || child.try_wait().ok().flatten());
    // Processes that an agent leaves behind end with it.
    let group = format!("-{}", child.id());
    let _ = shell::signal("KILL", &[group]);
    child.wait().map_err(|error| anyhow!("{error}"))?;
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended() {
        let begin = Instant::now();
        let mut command = Command::new("sleep");
        assert!(bounded(command.arg("60"), Duration::from_millis(50)).unwrap().is_none());
        assert!(begin.elapsed() < Duration::from_secs(10));
        assert!(bounded(&mut Command::new("true"), Duration::from_secs(10)).unwrap().unwrap().success());
    }
}
