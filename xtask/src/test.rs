//! `test`: all unit and integration tests of the workspace.

use anyhow::Result;

use quipu_trials::{ports, shell};

/// Runs the tests. The longer checks are those of `ci`.
///
/// # Errors
/// A test fails.
pub fn run() -> Result<()> {
    ports::occupy();
    runner(&["--workspace"])
}

/// Runs tests with `cargo nextest`, or with `cargo test` if nextest is not installed.
///
/// # Errors
/// A test fails.
pub fn runner(args: &[&str]) -> Result<()> {
    let command: &[&str] = if shell::has_cargo("nextest") {
        &["nextest", "run"]
    } else {
        println!("cargo-nextest is not installed: running `cargo test` instead");
        &["test", "--lib", "--bins", "--tests"]
    };
    shell::run(shell::cargo().args(command).args(args))
}
