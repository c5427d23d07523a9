//! A storm: 10,000 groups fire at once.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::trial::Trial;
use crate::integration::{Bench, Report};

const GROUPS: usize = 10_000;
/// Seconds between two messages.
const INTERVAL: u64 = 10;

/// One message for each channel and interval, with the number of the rest.
///
/// # Errors
/// `trial` does not build.
pub fn run(_: &Bench, _: &Path, report: Report) -> Result<Report> {
    let config = format!(
        "[alerts]\nevery = \"5s\"\ngroup_interval = \"{INTERVAL}s\"\n[alert.storm]\nkind = \"metric\"\n\
         metric = \"storm\"\ngroup_by = [\"instance\"]\ngroups = {GROUPS}\nwindow = \"1m\"\nabove = 0.5\n\
         channels = [\"hook\"]\n"
    );
    let values: Vec<Value> = (0..GROUPS).map(|group| json!([5, "storm", format!("i{group}"), 1.0])).collect();
    let script = json!({"config": config, "until_s": 25, "values": values});
    let answer = Trial::build()?.ask("scripts", &[script])?.remove(0);
    let messages = answer["messages"].as_array().cloned().unwrap_or_default();
    let mut wrong = Vec::new();
    if messages.len() != 1 {
        wrong.push(format!("{} messages, expected 1", messages.len()));
    }
    let first = messages.first().cloned().unwrap_or_default();
    let shown = first["notices"].as_array().map_or(0, Vec::len);
    if (shown, first["more"].as_u64()) != (10, Some(GROUPS as u64 - 10)) {
        wrong.push(format!("{shown} notices and {} more", first["more"]));
    }
    Ok(report.judged("10,000 groups are one message", &wrong))
}
