//! The server and `quipu check` with an exporter, and comparisons of values.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow};
use serde_json::Value;

use crate::integration::{Bench, Server};

/// A configuration file of one backend.
pub fn config(folder: &Path, name: &str, kind: &str, settings: &str) -> Result<PathBuf> {
    let file = folder.join(format!("{name}.toml"));
    fs::write(&file, format!("backends = [\"{kind}\"]\n[backend.{kind}]\n{settings}\n"))?;
    Ok(file)
}

/// A fresh server with it.
pub fn serve(bench: &Bench, config: &Path) -> Result<Server> {
    let file = config.to_str().ok_or_else(|| anyhow!("{}: no text", config.display()))?;
    Server::fresh(&bench.binary, &["--config", file])
}

/// Findings of `quipu check`.
#[derive(Debug)]
pub struct Checked {
    is_ok: bool,
    /// Step, whether it passed, and its text.
    steps: Vec<(String, bool, String)>,
}

/// Runs `quipu check`.
pub fn check(bench: &Bench, kind: &str, config: &Path) -> Result<Checked> {
    let output =
        Command::new(&bench.binary).args(["check", kind, "--json", "--config"]).arg(config).output()?;
    let told: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| anyhow!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let findings = told["checked"][0]["findings"].as_array().cloned().unwrap_or_default();
    let steps = findings.iter().map(|one| (text(&one["step"]), one["ok"] == true, text(&one["said"])));
    let is_ok = match output.status.code() {
        Some(0) => true,
        Some(3) => false,
        other => return Err(anyhow!("quipu check {kind} ended with {other:?}")),
    };
    Ok(Checked { is_ok, steps: steps.collect() })
}

/// Everything that `quipu check` should have said and did not: `last` is the last step, and what its text
/// holds.
pub fn differs(found: &Checked, ok: bool, last: (&str, &str)) -> Vec<String> {
    let mut wrong = Vec::new();
    if found.is_ok != ok || found.steps.iter().all(|(_, ok, _)| *ok) != ok {
        wrong.push(format!("not {ok}: {found:?}"));
    }
    match found.steps.last() {
        Some((step, _, said)) if step == last.0 && said.contains(last.1) => {}
        other => wrong.push(format!("last is {other:?}, not {last:?}")),
    }
    wrong
}

/// Fields of an object that are not as wanted.
pub fn fields(what: &str, have: &Value, want: &[(&str, Value)]) -> Vec<String> {
    let off = want.iter().filter(|(name, want)| have[*name] != *want);
    off.map(|(name, want)| format!("{what} {name} is {}, not {want}", have[*name])).collect()
}
