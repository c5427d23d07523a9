//! `quipu check`: tests whether the configured parts are reachable and sound.

mod backends;
mod beside;
mod prometheus;
mod ready;
mod repair;
mod store;

use std::io::Write as _;

use anyhow::Result;
use quipu::core::Finding;
use serde_json::json;

use crate::args::{Check, CheckWhat, Scraper};

/// Runs the check; `false` when a check fails.
pub fn run(check: &Check) -> Result<bool> {
    match &check.what {
        CheckWhat::Store(what) => store::run(what),
        CheckWhat::Ready(server) => ready::run(server),
        CheckWhat::Backends(ways) => backends::run(ways, None),
        CheckWhat::Otlp(ways) => backends::run(ways, Some("otlp")),
        CheckWhat::Jaeger(ways) => backends::run(ways, Some("jaeger")),
        CheckWhat::Elasticsearch(ways) => backends::run(ways, Some("elasticsearch")),
        CheckWhat::Syslog(ways) => backends::run(ways, Some("syslog")),
        CheckWhat::Webhook(ways) => backends::run(ways, Some("webhook")),
        CheckWhat::Prometheus(scraper) => prometheus::scrapes(scraper),
        CheckWhat::Grafana(scraper) => prometheus::answers(scraper),
    }
}

/// Checks the Grafana dashboards and prints one verdict; `false` when a query is refused.
pub fn grafana_verdict(scraper: &Scraper) -> Result<bool> {
    prometheus::verdict(scraper)
}

/// Result for one checked part.
struct CheckResult {
    name: String,
    findings: Vec<Finding>,
}

impl CheckResult {
    fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.ok)
    }
}

/// Prints it all; `false` when something is not well.
fn tell(all: &[CheckResult], as_json: bool) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    let ok = all.iter().all(CheckResult::is_ok);
    if as_json {
        let finding =
            |finding: &Finding| json!({"step": finding.step, "ok": finding.ok, "said": finding.said});
        let found = |found: &CheckResult| {
            let findings: Vec<_> = found.findings.iter().map(finding).collect();
            json!({"name": found.name, "ok": found.is_ok(), "findings": findings})
        };
        writeln!(out, "{:#}", json!({"ok": ok, "checked": all.iter().map(found).collect::<Vec<_>>()}))?;
        return Ok(ok);
    }
    for found in all {
        writeln!(out, "{}: {}", found.name, if found.is_ok() { "ok" } else { "NOT ok" })?;
        for Finding { step, ok, said } in &found.findings {
            writeln!(out, "  {} {step:<12} {said}", if *ok { "+" } else { "-" })?;
        }
    }
    Ok(ok)
}
