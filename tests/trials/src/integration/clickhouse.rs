//! `clickhouse`: the ClickHouse store against the real engine, which PyPI has as a Python module. A small
//! front of ours gives it ClickHouse's HTTP protocol.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::tools::{self, Program, free_port};
use super::{Bench, Report};
use crate::shell;

/// The engine (ClickHouse 26.9), and the compression of inserts.
const PACKAGES: [&str; 2] = ["chdb==4.4.0", "lz4==4.4.5"];
const FRONT: &str = include_str!("../../suites/clickhouse/front.py");
/// The engine is a library of half a gigabyte.
const LISTENS: Duration = Duration::from_secs(60);

/// Starts the engine and runs the tests of the store.
///
/// # Errors
/// The engine does not start, or cargo cannot be run.
pub fn run(bench: &Bench) -> Result<Report> {
    let python = match tools::venv(&bench.cache, "clickhouse", &PACKAGES) {
        Ok(python) => python,
        Err(error) => return Ok(Report::new().skipped("chdb", &format!("{error:#}"))),
    };
    let folder = TempDir::new()?;
    let port = free_port()?;
    let _engine = start(&python, folder.path(), port)?;
    let output = shell::cargo()
        .args(["test", "--package", "quipu-clickhouse-trial", "--features", "server", "--test", "it", "--"])
        .args(["--test-threads", "1"])
        .args(bench.only.iter())
        .env("QUIPU_CLICKHOUSE", format!("127.0.0.1:{port}"))
        .output()
        .context("cargo test")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut report = Report::new();
    for line in printed.lines().filter_map(|line| line.strip_prefix("test ")) {
        match line.split_once(" ... ") {
            Some((name, "ok")) => report = report.passed(name),
            Some((name, outcome)) => report = report.failed(name, outcome),
            None => {}
        }
    }
    if !output.status.success() || !printed.contains(" ... ok") {
        let said = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
        report = report.failed("cargo test", &shell::tail(&said, 60));
    }
    Ok(report)
}

fn start(python: &Path, folder: &Path, port: u16) -> Result<Program> {
    let script = folder.join("front.py");
    fs::write(&script, FRONT)?;
    let log = folder.join("log");
    let mut command = Command::new(python);
    command.arg(&script).arg(port.to_string()).arg(folder.join("data"));
    let engine = Program::start(&mut command, &log)?;
    let begin = Instant::now();
    while !engine.said().contains("listening") {
        if begin.elapsed() > LISTENS {
            bail!("the engine does not listen after {} s: {}", LISTENS.as_secs(), engine.said());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(engine)
}
