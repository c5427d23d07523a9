//! Figures and back-tests: the property tests of the crates with many cases.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::integration::{Bench, Report};
use crate::shell;

/// Package, test, cases and the claim.
const TESTS: [(&str, &str, &str, &str); 4] = [
    ("quipu-api", "every_figure_of_a_rule_is_that_of_a_query", "10000", "10,000 figures as /api/v1/query"),
    (
        "quipu-api",
        "rules_of_a_round_share_answers_and_have_the_figures_of_their_queries",
        "10000",
        "10,000 figures of rules with shared answers as /api/v1/query",
    ),
    (
        "quipu-api",
        "a_back_test_over_a_store_tells_what_the_live_engine_told",
        "10000",
        "100 back-tests over a store as the live engine",
    ),
    (
        "quipu-alert",
        "a_back_test_tells_what_the_live_engine_told",
        "1000",
        "1,000 back-tests as the live engine",
    ),
];

/// Runs the property tests.
///
/// # Errors
/// Cargo cannot be run.
pub fn run(_: &Bench, _: &Path, report: Report) -> Result<Report> {
    let mut report = report;
    for (package, test, cases, claim) in TESTS {
        let mut command = shell::cargo();
        command.args(["test", "--quiet", "-p", package, "--test", "it", test]).env("QUIPU_CASES", cases);
        report = report.judged(claim, &tested(&mut command)?);
    }
    Ok(report)
}

/// Nothing if tests ran and all passed.
///
/// # Errors
/// Cargo cannot be run.
pub fn tested(command: &mut Command) -> Result<Vec<String>> {
    let output = command.output().context("cargo test")?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let ran = printed.contains("test result: ok.") && !printed.contains("ok. 0 passed");
    Ok(if output.status.success() && ran { Vec::new() } else { vec![shell::tail(&printed, 30)] })
}
