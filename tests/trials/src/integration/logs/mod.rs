//! `logs`: tests of syslog, Elasticsearch and webhooks. rsyslog takes messages by TCP and TLS. A strict model
//! of a cluster, Elastic's own client and the definition of ECS judge the documents for Elasticsearch. The
//! reference library of Standard Webhooks verifies the requests. Caddy serves HTTPS.

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

/// All three exporters, each against the available references.
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
