//! The same program with other backends, by cargo features alone.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::krate::{Crate, ERRORS};
use crate::integration::{Http, Report, tools};
use crate::shell;

/// Twice the interval between two readings of the metrics.
const READING: Duration = Duration::from_secs(20);
/// Features that every variant keeps.
const KEPT: &str = "macros,primitives,tracing";
/// The config of the variant `backend-prometheus`: a free port in place of the default one, which suites keep
/// occupied. The feature alone still chooses the backend.
const CONFIG: &str = "quipu.toml";

/// A variant: a feature, and a test of the place where the records are.
type Variant = (&'static str, fn(&Path, &str) -> Result<Vec<String>>);

const VARIANTS: [Variant; 5] = [
    ("backend-sqlite", |folder, _| Ok(absent(folder.join(".quipu").is_dir(), "no store"))),
    ("backend-file", |folder, _| {
        let lines = fs::read_to_string(folder.join(".quipu/lines/quipu.jsonl")).context("no lines")?;
        Ok(lacking(&lines, &["chat gpt-4o", "execute_tool luggage", "rate_limit_exceeded", "0.0015"]))
    }),
    ("backend-console", |folder, _| {
        let lines = fs::read_to_string(folder.join(ERRORS))?;
        Ok(lacking(&lines, &["chat gpt-4o", "execute_tool luggage", "$0.0015", "the letter is written"]))
    }),
    ("backend-memory", |folder, _| Ok(absent(!folder.join(".quipu/days").exists(), "a store on disk"))),
    ("backend-prometheus", |folder, _| {
        let config: toml::Table = fs::read_to_string(folder.join(CONFIG))?.parse()?;
        let listen = config["backend"]["prometheus"]["listen"].as_str().context("no address")?;
        let (url, http) = (format!("http://{listen}/metrics"), Http::new(Duration::from_secs(10)));
        let names = ["quipu_llm_cost_usd_total{", "quipu_tool_runs_total{"];
        // The page has the figures of the last reading of the metrics.
        let wrong = || http.get(&url).map(|page| lacking(&page.text(), &names));
        match shell::poll(READING, || wrong().ok().filter(Vec::is_empty)) {
            Some(none) => Ok(none),
            None => wrong(),
        }
    }),
];

/// Builds and runs each variant. Nothing but the features changes.
///
/// # Errors
/// The crate cannot be made.
pub fn run(place: &Path) -> Result<Report> {
    let mut report = Report::new();
    for (feature, holds) in VARIANTS {
        let features = format!("{KEPT},{feature}");
        let new = Crate::make(place, &["--no-default-features", "--features", &features])?;
        if feature == "backend-prometheus" {
            let listen = format!("127.0.0.1:{}", tools::free_port()?);
            fs::write(new.folder.join(CONFIG), format!("[backend.prometheus]\nlisten = \"{listen}\"\n"))?;
        }
        report = match judged(&new, feature, holds) {
            Ok(wrong) => report.judged(feature, &wrong),
            Err(error) => report.failed(feature, &format!("{error:#}")),
        };
    }
    Ok(report)
}

/// Differences of one variant.
fn judged(new: &Crate, feature: &str, holds: fn(&Path, &str) -> Result<Vec<String>>) -> Result<Vec<String>> {
    new.build()?;
    let mut agent = new.start()?;
    let said = agent.said()?;
    let kind = feature.trim_start_matches("backend-");
    let mut wrong = lacking(&said, &[&format!("{kind}: ready"), "no room for a second letter"]);
    // The status names no other backend.
    let ready = said.lines().filter(|line| line.contains(": ready")).count();
    wrong.extend(absent(ready == 1, &format!("{ready} backends are ready")));
    wrong.extend(holds(&new.folder, &said)?);
    agent.end()?;
    Ok(wrong)
}

fn lacking(text: &str, words: &[&str]) -> Vec<String> {
    let missing = words.iter().filter(|word| !text.contains(**word));
    missing.map(|word| format!("{word:?} is not in:\n{text}")).collect()
}

fn absent(holds: bool, complaint: &str) -> Vec<String> {
    if holds { Vec::new() } else { vec![complaint.to_owned()] }
}
