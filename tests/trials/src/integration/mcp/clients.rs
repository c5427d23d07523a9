//! The official clients in TypeScript and Rust.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::differences;
use crate::integration::{Bench, Report, Server, packages, tools};
use crate::shell;

const TYPESCRIPT: &str = include_str!("../../../suites/mcp_client.mjs");
const SDK: &str = "@modelcontextprotocol/sdk@1.32.2";
/// The version that both negotiate. The newest one has no sessions, and these clients begin with one.
const VERSION: &str = "2025-11-25";

/// Lists and calls every tool with each client.
///
/// # Errors
/// A client fails.
pub fn run(bench: &Bench, server: &Server, trace: &str, mut report: Report) -> Result<Report> {
    let programs = [("TypeScript client", typescript(bench)), ("Rust client rmcp", rust(bench))];
    for (name, program) in programs {
        let mut program = match program {
            Ok(program) => program,
            Err(error) => {
                report = report.skipped(name, &format!("{error:#}"));
                continue;
            }
        };
        let said = shell::capture(program.arg(&server.http).arg(&bench.binary).arg(trace)).context(name)?;
        let found: Value = serde_json::from_str(&said)?;
        for transport in ["lines", "http"] {
            report =
                report.judged(&format!("{name} over {transport}"), &differences(&found[transport], VERSION));
        }
    }
    Ok(report)
}

fn typescript(bench: &Bench) -> Result<Command> {
    let folder = tools::npm(&bench.cache, "mcp-client", &[SDK])?;
    let script = folder.join("mcp_client.mjs");
    fs::write(&script, TYPESCRIPT)?;
    let mut node = Command::new(packages::system("node", "nodejs")?);
    node.arg(script);
    Ok(node)
}

fn rust(bench: &Bench) -> Result<Command> {
    let target = bench.cache.join("mcp-rmcp");
    let mut build = shell::cargo();
    build.current_dir(shell::root().join("tests/trials/suites/mcp_rmcp"));
    build.args(["build", "--quiet", "--locked", "--target-dir"]).arg(&target);
    shell::capture(&mut build)?;
    Ok(Command::new(target.join("debug/mcp-rmcp")))
}
