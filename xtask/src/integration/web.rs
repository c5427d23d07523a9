//! `web`: every page of the dashboard in a real browser, on the demo, and what can be changed in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::{Bench, Http, Report, Server};
use crate::shell;

const VISITOR: &str = include_str!("../../suites/web.mjs");
const PLAYWRIGHT: &str = "playwright-core@1";
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Opens each page in both themes at two widths: no console error, no failed request, nothing wider than the window.
/// Then a cost is explained, a budget made, changed and removed, and a re-pricing tried.
///
/// # Errors
/// The demo does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let report = Report::new();
    let Some(browser) = BROWSERS.iter().find_map(|name| shell::find(name)) else {
        return Ok(report.skipped("pages", "chromium is not installed"));
    };
    if shell::find("node").is_none() || shell::find("npm").is_none() {
        return Ok(report.skipped("pages", "node and npm are not installed"));
    }
    let playwright = match playwright(&bench.cache.join("playwright")) {
        Ok(playwright) => playwright,
        Err(error) => return Ok(report.skipped("pages", &format!("{error:#}"))),
    };
    let server = Server::fresh(&bench.binary, &["--demo"])?;
    let http = Http::new(Duration::from_secs(30));
    let shown = || {
        let traces = http.json(&server.api("traces?limit=3")).ok()?;
        (traces["traces"].as_array()?.len() == 3).then_some(())
    };
    shell::poll(Duration::from_secs(30), shown)
        .ok_or_else(|| anyhow!("the demo shows no three traces after 30 s"))?;
    let script = bench.cache.join("web.mjs");
    fs::write(&script, VISITOR)?;
    let shots = shell::target().join("shots");
    let mut visit = Command::new("node");
    visit.arg(&script).arg(&playwright).arg(&browser).arg(&server.http).arg(&shots);
    let said = shell::capture(&mut visit)?;
    let found: Value =
        serde_json::from_str(said.lines().last().unwrap_or_default()).context("the visitor's answer")?;
    let wrong = found["wrong"].as_array().cloned().unwrap_or_default();
    let wrong: Vec<String> = wrong.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect();
    println!("{} pages seen; screenshots in {}", found["pages"], shots.display());
    Ok(report.judged("pages", &wrong[..wrong.len().min(20)]))
}

/// playwright-core, from npm: it drives a browser that is there.
fn playwright(folder: &Path) -> Result<PathBuf> {
    let module = folder.join("node_modules/playwright-core");
    if !module.is_dir() {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
        let install = ["install", "--silent", "--no-audit", "--no-fund", PLAYWRIGHT];
        shell::capture(Command::new("npm").args(install).current_dir(folder)).context("npm")?;
    }
    Ok(module)
}
