//! `loom`: every interleaving of the two ends of the recorder's ring.

use anyhow::{Context, Result};

use super::{Bench, Report};
use crate::shell;

/// Builds the ring on loom's atomics and runs its checks. The build has a folder of its own: the flag would
/// throw away all that was built without it.
///
/// # Errors
/// Cargo cannot be run.
pub fn run(_: &Bench) -> Result<Report> {
    let output = shell::cargo()
        .args(["test", "--package", "quipu-sdk", "--test", "loom", "--release", "--target-dir"])
        .arg(shell::target().join("loom"))
        .env("RUSTFLAGS", "--cfg loom")
        .output()
        .context("cargo test")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut report = Report::new();
    for line in printed.lines().filter_map(|line| line.strip_prefix("test ")) {
        let (name, outcome) = line.split_once(" ... ").unwrap_or((line, ""));
        match outcome {
            "ok" => report = report.passed(name),
            "" => {}
            other => report = report.failed(name, other),
        }
    }
    if !output.status.success() || !printed.contains(" ... ok") {
        report = report.failed("cargo test", &shell::tail(&String::from_utf8_lossy(&output.stderr), 20));
    }
    Ok(report)
}
