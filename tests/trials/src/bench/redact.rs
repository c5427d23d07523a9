//! `redact`: quality and speed of redaction, by the program of `benches/redaction`.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Figures;
use crate::shell;

/// Measures.
///
/// # Errors
/// The program could not be built or run.
pub fn run(into: &mut Figures) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--release", "--package", "quipu-redaction", "--bin", "redaction"]);
    let printed = command.current_dir(shell::root()).output().context("redaction")?;
    ensure!(printed.status.success(), "redaction: {}", String::from_utf8_lossy(&printed.stderr));
    let figures: Value = serde_json::from_slice(&printed.stdout).context("what redaction printed")?;
    let of = |value: &Value, key: &str| value[key].as_f64().with_context(|| format!("no figure {key}"));
    for (kind, score) in figures["kinds"].as_object().into_iter().flatten() {
        into.add(format!("redact.{kind}.precision"), of(score, "precision")?, "");
        into.add(format!("redact.{kind}.recall"), of(score, "recall")?, "");
    }
    for (settings, cost) in figures["cost"].as_object().into_iter().flatten() {
        into.add(format!("redact.{settings}.record_ns"), of(cost, "ns_a_record")?, "ns");
        into.add(format!("redact.{settings}.mb_per_s"), of(cost, "mb_per_s")?, "MB/s");
    }
    Ok(())
}
