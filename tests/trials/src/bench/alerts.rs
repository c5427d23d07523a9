//! `alerts`: cost of a round of 1,000 rules with about 100 groups each, on a store of all spans of the load.
//!
//! Rules are evaluated once a minute. They ask 200 different queries, each for five figures: teams watch
//! errors, durations and cost alike. 150 of the queries look at the last hour of a service or a model, the
//! others at the last quarter of an hour with other filters. The store first gets the last 80 minutes of the
//! load once more, because a kept one is older than the windows. `alerts.groups` tells how many groups were
//! judged: 100,000 with 10,000,000 spans. A small load has few, and its `alerts.evaluate_s` proves little.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use super::load::{MODELS, SERVICES};
use super::{Figures, Load, Setup, export, send};
use crate::integration::{Http, Server};

/// Spans that are made and sent at a time.
const PIECE: usize = 50_000;
/// Rounds that are measured.
const ROUNDS: u32 = 3;
/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(60);
/// The part of the load that the store gets once more, in nanoseconds.
const RECENT: u64 = 80 * 60 * 1_000_000_000;
const FIGURES: [&str; 5] = [
    "kind = \"error_rate\"\nabove = 0.5",
    "kind = \"latency\"\nabove = 2950.0",
    "kind = \"calls\"\nabove = 10000.0",
    "kind = \"tokens\"\nabove = 100000000.0",
    "kind = \"cost\"\nabove = 1000.0",
];
/// Keys of rules about a service, and of others.
const KEYS: [&str; 5] =
    ["\"user\"", "\"session\"", "\"user\", \"model\"", "\"session\", \"model\"", "\"agent\", \"model\""];
/// Keys of rules about a model.
const KEYS_OF_MODELS: [&str; 5] = [
    "\"user\"",
    "\"session\"",
    "\"user\", \"service\"",
    "\"session\", \"service\"",
    "\"service\", \"agent\"",
];
const OTHERS: [&str; 10] = [
    "",
    "-status:error",
    "-model:gpt-4o",
    "agent:planner OR agent:writer OR agent:router",
    "-service:billing-assistant",
    "model:gpt-*",
    "-agent:planner",
    "-model:o3",
    "-service:doc-search",
    "-model:claude-*",
];
const RULES: usize = 1_000;
const STATES: [&str; 5] = ["firing", "error", "pending", "no_data", "ok"];
/// Most spans of a store for which the time of a back-test is stated.
const TESTED: u64 = 1_000_000;
const JSON: (&str, &str) = ("content-type", "application/json");

/// Measures processor time and memory of a round, against the same server without rules.
///
/// # Errors
/// The store cannot be filled, or not every rule was evaluated.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    if !setup.data.exists() {
        fill(setup)?;
    }
    let without = measured(setup, "")?;
    send_recent(setup)?;
    let with = measured(setup, &rules())?;
    figures.add("alerts.rules", RULES as f64, "rules");
    figures.add("alerts.groups", with.groups as f64, "groups");
    figures.add("alerts.idle_round_s", without.seconds, "s");
    let evaluate = (with.seconds - without.seconds).max(0.0);
    figures.add("alerts.evaluate_s", evaluate, "s");
    figures.add("alerts.memory_mib", (with.memory - without.memory).max(0.0), "MiB");
    if let Some(seconds) = with.back_test {
        figures.add("alerts.backtest_s", seconds, "s");
    }
    // Ingest can lose at most this share of a core.
    figures.ratio("alerts.share_of_core", evaluate / EVERY.as_secs_f64(), "one core");
    Ok(())
}

/// Sends the load piece by piece: the whole of it does not fit into memory.
fn fill(setup: &Setup) -> Result<()> {
    let load: &Load = &setup.load;
    println!("sending {} spans", load.spans());
    let server = Server::on(&setup.binary, &setup.data, &[])?;
    let mut spans = load.iter();
    loop {
        let piece: Vec<_> = spans.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            break;
        }
        send::all(&server, &send::bodies(piece.into_iter()), setup.senders)?;
    }
    server.stop()
}

/// Sends the last part of the load once more. A server of its own does that, because its memory is no part of
/// the rules'.
fn send_recent(setup: &Setup) -> Result<()> {
    let load = Load::new(setup.load.spans());
    let spans: Vec<_> = load.recent(RECENT).collect();
    println!("sending {} spans of the last 80 minutes", spans.len());
    let server = Server::on(&setup.binary, &setup.data, &[])?;
    send::all(&server, &send::bodies(spans.into_iter()), setup.senders)?;
    server.stop()
}

/// Processor seconds of a round, the most memory in MiB, and the judged groups.
struct Measured {
    seconds: f64,
    memory: f64,
    groups: u64,
    /// Seconds of a back-test over 30 days; `None` if the store has more spans than it is stated for.
    back_test: Option<f64>,
}

fn measured(setup: &Setup, rules: &str) -> Result<Measured> {
    let scratch = tempfile::tempdir()?;
    let server = Server::on(&setup.binary, &setup.data, &["--config", &config(scratch.path(), rules)?])?;
    // The first round comes at once and warms the caches; the others come at full minutes.
    std::thread::sleep(EVERY);
    let before = export::cpu(server.id())?;
    std::thread::sleep(EVERY * ROUNDS);
    let seconds = (export::cpu(server.id())? - before) / f64::from(ROUNDS);
    let memory = server.memory_mib("VmHWM")?;
    let (mut groups, mut back_test) = (0, None);
    if !rules.is_empty() {
        let listed = Http::new(EVERY).json(&server.api("alerts?limit=1"))?;
        let count = |state: &str| listed["counts"][state].as_u64().unwrap_or_default();
        let failed = count("error");
        groups = STATES.into_iter().map(count).sum();
        println!("{groups} groups, {failed} with an error");
        ensure!(failed == 0, "{failed} groups could not be evaluated");
        ensure!(groups > 0, "no rule has a group: the load is older than the windows");
        back_test = if setup.load.spans() <= TESTED { Some(tested(&server)?) } else { None };
    }
    server.stop()?;
    Ok(Measured { seconds, memory, groups, back_test })
}

/// The fastest of three back-tests over 30 days, evaluated as live.
fn tested(server: &Server) -> Result<f64> {
    let rule = json!({ "kind": "error_rate", "above": 0.05, "group_by": ["model"] });
    let body = json!({ "rule": rule, "since": "-30d" }).to_string();
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let begin = Instant::now();
        let answer = Http::new(EVERY).post(&server.api("alerts/backtest"), &[JSON], body.as_bytes())?;
        ensure!(answer.status == 200, "back-test: {} {}", answer.status, answer.text());
        best = best.min(begin.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// Writes a config file with these rules, and returns its path.
fn config(folder: &Path, rules: &str) -> Result<String> {
    let file = folder.join("quipu.toml");
    fs::write(&file, format!("[alerts]\nevery = \"{}s\"\n{rules}", EVERY.as_secs()))?;
    Ok(file.display().to_string())
}

/// Rules of 200 queries, with five figures in turn.
fn rules() -> String {
    let mut text = String::new();
    for number in 0..RULES {
        let (query, figure) = (number / FIGURES.len(), FIGURES[number % FIGURES.len()]);
        let (part, key, of) = (query / 50, query % 50 / 10, query % 10);
        let (filter, keys, window) = match part {
            0 => (format!("service:{}", SERVICES[of]), KEYS, "1h"),
            1 => (format!("service:{}", SERVICES[of]), KEYS, "50m"),
            2 => (format!("model:{}", MODELS[of].1), KEYS_OF_MODELS, "1h"),
            _ => (OTHERS[of].to_owned(), KEYS, "15m"),
        };
        let filter = if filter.is_empty() { filter } else { format!("filter = \"{filter}\"\n") };
        let _ = write!(
            text,
            "[alert.r{number}]\n{figure}\n{filter}group_by = [{}]\nwindow = \"{window}\"\n",
            keys[key],
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_a_table_each_with_200_queries() {
        let text = rules();
        let tables: toml::Table = text.parse().unwrap();
        let all = tables["alert"].as_table().unwrap();
        assert_eq!(all.len(), RULES);
        let query = |rule: &toml::Value| {
            ["filter", "group_by", "window"].map(|key| format!("{:?}", rule.get(key))).join(" ")
        };
        let mut queries: Vec<String> = all.values().map(query).collect();
        queries.sort_unstable();
        queries.dedup();
        assert_eq!(queries.len(), 200);
    }
}
