//! Statements of SQL over the store of the load: sums by user, and by model and hour, a trace by its id, and
//! the calls of a day one by one. The route of usage answers the first for comparison.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use super::{Figures, Load};
use crate::integration::{Http, Server};

/// Statements of each kind. Each starts a process.
const RUNS: usize = 20;
const BY_USER: &str =
    "SELECT user, sum(calls), usd_sum(cost_usd) FROM usage WHERE started_at >= :since GROUP BY user";
const BY_MODEL: &str = "SELECT model, hour, sum(calls), usd_sum(cost_usd) FROM usage WHERE started_at >= :since GROUP BY model, hour";
const CALLS: &str =
    "SELECT user, count(*), usd_sum(cost_usd) FROM calls WHERE started_at >= :since GROUP BY user";
const BY_ID: &str = "SELECT count(*) FROM spans WHERE trace_id = ?";
/// Names of the figures that a ratio compares: the same sum by `/api/v1/usage`.
const USAGE: &str = "usage_by_user_30d";

/// Times the statements, and the route with the same sum. The figures' ids begin with `prefix`.
///
/// # Errors
/// A statement is not answered, or has no rows.
pub fn run(server: &Server, load: &Load, prefix: &str, figures: &mut Figures) -> Result<()> {
    let http = Http::new(Duration::from_secs(60));
    let trace = load.traces().next().ok_or_else(|| anyhow!("the load has no trace"))?.hex();
    for (id, body) in [
        ("sql_by_user_30d", json!({"query": BY_USER, "since": "-30d"})),
        ("sql_by_model_hour_30d", json!({"query": BY_MODEL, "since": "-30d"})),
        ("sql_calls_24h", json!({"query": CALLS, "since": "-24h"})),
        ("sql_trace", json!({"query": BY_ID, "params": [trace]})),
    ] {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            times.push(asked(&http, server, &body)?);
        }
        println!("{prefix}.{id}: {} answers", times.len());
        figures.times(&format!("{prefix}.{id}"), &mut times);
    }
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        http.json(&server.api("usage?group_by=user&since=-30d"))?;
        times.push(begun.elapsed());
    }
    figures.times(&format!("{prefix}.{USAGE}"), &mut times);
    let median = |id: &str| figures.value(&format!("{prefix}.{id}.p50_ms"));
    if let (Some(sql), Some(usage)) = (median("sql_by_user_30d"), median(USAGE)) {
        figures.ratio(format!("{prefix}.sql_vs_usage"), sql / usage, format!("{prefix}.{USAGE}"));
    }
    Ok(())
}

fn asked(http: &Http, server: &Server, body: &Value) -> Result<Duration> {
    let url = server.api("sql");
    let begun = Instant::now();
    let answer = http.post(&url, &[("content-type", "application/json")], body.to_string().as_bytes())?;
    let taken = begun.elapsed();
    let rows: Value = serde_json::from_slice(&answer.body)?;
    if answer.status != 200 || rows["rows"].as_array().is_none_or(Vec::is_empty) {
        bail!("POST {url}: {} {}", answer.status, answer.text());
    }
    Ok(taken)
}
