//! `logs`: rsyslog takes our messages by TCP and TLS; a strict model of a cluster, Elastic's own client and definition of ECS judge
//! what goes to Elasticsearch; the reference library of Standard Webhooks verifies our requests. HTTPS is Caddy's.

mod front;
mod hook;
mod judged;
mod load;
mod search;
mod syslog;
mod trust;

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Bench, Report, packages, tools};

const PACKAGES: [&str; 3] = ["elasticsearch==8.19.3", "standardwebhooks==1.1.0", "jsonschema==4.26.0"];

/// All three ways out, each against what it can be held against here.
///
/// # Errors
/// A server does not come up, or a certificate cannot be made.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let report = syslog::run(bench, &within(folder.path(), "syslog")?, Report::new())?;
    let python = match tools::venv(&bench.cache, "logs", &PACKAGES) {
        Ok(python) => python,
        Err(error) => return Ok(report.skipped("elasticsearch and webhook", &format!("{error:#}"))),
    };
    let caddy = match packages::apt(&bench.cache, "caddy", "caddy") {
        Ok(caddy) => caddy,
        Err(error) => return Ok(report.skipped("elasticsearch and webhook", &format!("{error:#}"))),
    };
    let report = search::run(bench, &within(folder.path(), "search")?, &python, &caddy, report)?;
    hook::run(bench, &within(folder.path(), "hook")?, &python, &caddy, report)
}

fn within(folder: &Path, name: &str) -> Result<PathBuf> {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
