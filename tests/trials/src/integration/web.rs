//! `web`: every page of the dashboard in a real browser. The cases cover demo data, no data, many spans,
//! markup, errors, and a server that is killed and restarts. Others cover login, held, thinned and forgotten
//! data, an empty server that gets its first trace, and a first visit on a slow line.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::{Bench, Http, Report, Server};
use crate::bench::{Load, send};
use crate::browser::Browser;
use crate::shell;

const CASES: [&str; 13] = [
    "demo", "empty", "failing", "large", "walks", "corners", "hostile", "load", "restart", "access", "data",
    "first", "behind",
];
/// Cases that only run when they are named: one takes long, one takes the pictures of the guide.
const ON_DEMAND: [&str; 2] = ["widths", "pictures"];
/// Rules that fire over the demo, and an objective.
const WATCHING: &str = r#"
[alert.failing_calls]
kind = "error_rate"
group_by = ["model"]
window = "1h"
above = 0.05
channels = ["log"]

[alert.slow_answers]
kind = "latency"
window = "1h"
above = 1.0
severity = "critical"

[slo.answers]
objective = 0.99
of = "kind:llm"
good = "kind:llm status:ok"
"#;
const SENDERS: usize = 3;
/// Findings of a case that are printed.
const TOLD: usize = 25;

/// Opens each page in both themes and at two widths, and performs its actions. Checks: no console error, no
/// failed request, none to another origin, no finding of axe, no telemetry that runs.
///
/// # Errors
/// A server does not come up, or the browser's script fails.
pub fn run(bench: &Bench) -> Result<Report> {
    let report = Report::new();
    let browser = match Browser::find(&bench.cache) {
        Ok(browser) => browser,
        Err(error) => return Ok(report.skipped("pages", &format!("{error:#}"))),
    };
    let named = |name: &&str| bench.only.iter().any(|only| only == name);
    let wanted = |name: &&str| bench.only.is_empty() || named(name);
    let cases: Vec<&str> =
        CASES.into_iter().filter(wanted).chain(ON_DEMAND.into_iter().filter(named)).collect();
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("watching.toml");
    std::fs::write(&config, WATCHING)?;
    let demo = demo(bench, &config)?;
    let (empty, hostile, large) = (bare(bench)?, bare(bench)?, large(bench, &cases)?);
    let plan = json!({
        "cases": cases, "binary": bench.binary, "folder": folder.path(),
        "urls": { "demo": demo.http, "empty": empty.http, "hostile": hostile.http, "large": large.http },
    });
    let found = browser.run("main.mjs", &plan)?;
    println!("screenshots in {}", browser.shots.display());
    let cases = found["cases"].as_array().cloned().unwrap_or_default();
    Ok(cases.iter().fold(report, judged))
}

fn judged(report: Report, case: &Value) -> Report {
    let wrong = case["wrong"].as_array().cloned().unwrap_or_default();
    let wrong: Vec<String> = wrong.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect();
    let name = format!("{} ({})", case["name"].as_str().unwrap_or_default(), case["seen"]);
    report.judged(&name, &wrong[..wrong.len().min(TOLD)])
}

/// The recorded workload, once its latest traces are there.
fn demo(bench: &Bench, config: &Path) -> Result<Server> {
    let server = Server::fresh(&bench.binary, &["--demo", "--config", &config.to_string_lossy()])?;
    let http = Http::new(Duration::from_secs(30));
    // The demo is filled from its oldest trace to its newest.
    let filled = || {
        let traces = http.json(&server.api("traces?since=-10m&limit=1")).ok()?;
        (traces["traces"].as_array()?.len() == 1).then_some(())
    };
    shell::poll(Duration::from_secs(90), filled)
        .ok_or_else(|| anyhow!("the demo shows no trace of the last ten minutes after 90 s"))?;
    Ok(server)
}

fn bare(bench: &Bench) -> Result<Server> {
    Server::fresh(&bench.binary, &[])
}

/// A store of as many spans as are asked for; of none where no case needs it.
fn large(bench: &Bench, cases: &[&str]) -> Result<Server> {
    let server = bare(bench)?;
    if cases.contains(&"large") || cases.contains(&"widths") {
        println!("sending {} spans", bench.spans);
        send::all(&server, &send::bodies(Load::new(bench.spans).iter()), SENDERS)?;
        send::wait_for_search(&server)?;
    }
    Ok(server)
}
