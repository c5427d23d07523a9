//! The server part of the official conformance suite.

use std::process::Command;

use anyhow::Result;

use crate::integration::frameworks::environment;
use crate::integration::{Bench, Report, Server, tools};
use crate::shell;

const SUITE: &str = "@modelcontextprotocol/conformance@0.1.16";
/// The scenarios of the capabilities that the server declares. The others need prompts, resources, logging,
/// completion, or the tools of a fixture that only the suite's own example server has.
const SCENARIOS: [&str; 5] =
    ["server-initialize", "ping", "tools-list", "server-sse-multiple-streams", "dns-rebinding-protection"];

/// Runs the scenarios one by one.
///
/// # Errors
/// Never: what cannot run is skipped.
pub fn run(bench: &Bench, server: &Server, mut report: Report) -> Result<Report> {
    let folder = tools::npm(&bench.cache, "mcp-conformance", &[SUITE]);
    let node = environment::node(&bench.cache);
    let (folder, node) = match (folder, node) {
        (Ok(folder), Ok(node)) => (folder, node),
        (Err(error), _) | (_, Err(error)) => return Ok(report.skipped(SUITE, &format!("{error:#}"))),
    };
    for scenario in SCENARIOS {
        let mut command = Command::new(&node);
        command.arg(folder.join("node_modules/@modelcontextprotocol/conformance/dist/index.js"));
        command.args(["server", "--url", &format!("{}/mcp", server.http), "--scenario", scenario]);
        let wrong = match shell::capture(command.current_dir(&folder)) {
            Ok(said) if said.contains("0 failed") => Vec::new(),
            Ok(said) => vec![shell::tail(&said, 8)],
            Err(error) => vec![format!("{error:#}")],
        };
        report = report.judged(&format!("conformance {scenario}"), &wrong);
    }
    Ok(report)
}
