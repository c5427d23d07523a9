//! Check of a Prometheus that should scrape the server or hold its rules.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use quipu::core::Finding;
use quipu_provision::ProvisionConfig;
use serde_json::{Value, json};

use super::{CheckResult, tell};
use crate::args::Scraper;
use crate::ask::escape;
use crate::client::Client;
use crate::table::clean;

/// How long Prometheus may take to answer one query: its own limit is 2 minutes.
const PATIENCE: Duration = Duration::from_secs(150);
/// Step of a query that gives no series.
const NO_DATA: &str = "no data yet";
/// Largest answer that is read.
const ANSWER_BYTES: usize = 64 << 20;

/// Whether it scrapes Quipu.
pub fn scrapes(scraper: &Scraper) -> Result<bool> {
    let asked = ask(scraper, "count(quipu_received_requests_total) or count(quipu_stored_records_total)");
    let finding = match asked {
        Ok(series) if series > 0 => finding("scrape", true, "it has Quipu's metrics"),
        Ok(_) => finding(
            "scrape",
            false,
            "it has no metrics of Quipu: add the job from `quipu generate prometheus` to its scrape_configs",
        ),
        Err(error) => finding("reach", false, &format!("{error:#}")),
    };
    tell(&[CheckResult { name: scraper.prometheus.clone(), findings: vec![finding] }], scraper.json)
}

/// Whether Prometheus can answer the dashboards' queries. A query without data is only reported; an invalid
/// query fails.
pub fn answers(scraper: &Scraper) -> Result<bool> {
    tell(&judged_dashboards(scraper), scraper.json)
}

/// The same in one line.
pub fn verdict(scraper: &Scraper) -> Result<bool> {
    let found = judged_dashboards(scraper);
    let all: Vec<&Finding> = found.iter().flat_map(|dashboard| &dashboard.findings).collect();
    let refused: Vec<&&Finding> = all.iter().filter(|finding| !finding.ok).collect();
    let empty = all.iter().filter(|finding| finding.step == NO_DATA).count();
    let (ok, queries, dashboards) = (refused.is_empty(), all.len(), found.len());
    let mut out = std::io::stdout().lock();
    if scraper.json {
        let answer = json!({"ok": ok, "dashboards": dashboards, "queries": queries, "refused": refused.len(),
            "without_data": empty});
        writeln!(out, "{answer:#}")?;
    } else if let Some(first) = refused.first() {
        let (count, said) = (refused.len(), clean(&first.said));
        writeln!(
            out,
            "NOT ok: {count} of {queries} queries are refused, first: {said}; `quipu check grafana` lists all"
        )?;
    } else {
        writeln!(
            out,
            "ok: {queries} queries of {dashboards} dashboards are accepted, {empty} have no data yet"
        )?;
    }
    Ok(ok)
}

fn judged_dashboards(scraper: &Scraper) -> Vec<CheckResult> {
    let dashboards = quipu_provision::grafana::dashboards(&ProvisionConfig::default());
    dashboards
        .iter()
        .map(|dashboard| {
            let mut expressions = Vec::new();
            collect(dashboard, &mut expressions);
            let findings = expressions.iter().map(|expression| judged(scraper, expression)).collect();
            CheckResult { name: dashboard["title"].as_str().unwrap_or_default().to_owned(), findings }
        })
        .collect()
}

/// Collects a dashboard's queries, with values for Grafana's variables: every value, and the width of a
/// panel.
fn collect(value: &Value, expressions: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(expression) = map.get("expr").and_then(Value::as_str) {
                expressions.push(filled(expression));
            }
            map.values().for_each(|value| collect(value, expressions));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, expressions)),
        _ => {}
    }
}

fn filled(expression: &str) -> String {
    let widths = ["$__rate_interval", "$__interval", "$__range"];
    let text = widths.iter().fold(expression.to_owned(), |text, width| text.replace(width, "5m"));
    let mut parts = text.split('$');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_{}:".contains(c));
        text + ".*" + rest
    })
}

fn judged(scraper: &Scraper, expression: &str) -> Finding {
    match ask(scraper, expression) {
        Ok(0) => finding(NO_DATA, true, expression),
        Ok(series) => finding(&format!("{series} series"), true, expression),
        Err(error) => finding("refused", false, &format!("{expression}: {error:#}")),
    }
}

/// The number of series that a query gives.
fn ask(scraper: &Scraper, query: &str) -> Result<usize> {
    let url = format!("{}/api/v1/query", scraper.prometheus.trim_end_matches('/'));
    let client = Client::of_others(Some(PATIENCE))?;
    let answer = client.get(&format!("{url}?query={}", escape(query)), ANSWER_BYTES);
    let answer = answer.with_context(|| format!("{url} does not answer"))?;
    let body: Value =
        serde_json::from_slice(&answer.body).with_context(|| format!("{url} is not a Prometheus server"))?;
    if body["status"] != "success" {
        return Err(anyhow!("{}", body["error"].as_str().unwrap_or("refused")));
    }
    Ok(body["data"]["result"].as_array().map_or(0, Vec::len))
}

fn finding(step: &str, ok: bool, said: &str) -> Finding {
    Finding { step: step.to_owned(), ok, said: said.to_owned() }
}
