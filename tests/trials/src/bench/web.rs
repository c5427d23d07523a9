//! `web`: speed of the dashboard in a real browser, on the whole load.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::json;

use super::{Figures, Setup, ingest, send};
use crate::browser::Browser;
use crate::integration::{Http, Server};
use crate::shell;

/// Spans of the large traces.
const LARGE: u64 = 10_000;
const HUGE: u64 = 100_000;
/// Minutes that the live page is watched, unless this variable says otherwise.
const MINUTES: &str = "QUIPU_BENCH_WEB_MINUTES";

/// Measures first load, filters, large traces, and memory of a page that follows what arrives.
///
/// # Errors
/// There is no browser, or a page does not come up.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    if !setup.data.exists() {
        ingest::run(setup, figures)?;
    }
    let cache = shell::target().join("xtask");
    std::fs::create_dir_all(&cache)?;
    let browser = Browser::find(&cache)?;
    let server = Server::on(&setup.binary, &setup.data, &[])?;
    send::all(&server, &send::bodies(setup.load.one_of(HUGE).into_iter()), setup.senders)?;
    send::wait_for_search(&server)?;
    let demo = Server::fresh(&setup.binary, &["--demo"])?;
    let minutes: f64 = std::env::var(MINUTES).map_or(Ok(1.0), |text| text.parse()).context(MINUTES)?;
    let plan = json!({
        "url": server.http, "demo": demo.http, "minutes": minutes,
        "large": of(&server, LARGE)?, "huge": of(&server, HUGE)?,
    });
    let found = browser.run("figures.mjs", &plan)?;
    for figure in found["figures"].as_array().into_iter().flatten() {
        let id = figure["id"].as_str().unwrap_or_default();
        let unit = match figure["unit"].as_str() {
            Some("kB") => "kB",
            Some("MiB") => "MiB",
            _ => "ms",
        };
        figures.add(id, figure["value"].as_f64().unwrap_or(f64::NAN), unit);
    }
    server.stop()
}

/// A stored trace of this many spans.
fn of(server: &Server, spans: u64) -> Result<String> {
    let question = server.api(&format!("traces?limit=1&filter=spans%3D{spans}"));
    let answer = Http::new(Duration::from_secs(60)).json(&question)?;
    let id = answer.pointer("/traces/0/trace_id").and_then(serde_json::Value::as_str);
    id.map(str::to_owned).ok_or_else(|| anyhow!("the store has no trace of {spans} spans"))
}
