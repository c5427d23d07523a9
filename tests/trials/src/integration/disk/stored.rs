//! Comparison of stored and acknowledged data of a workload.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::work::{INPUT, Span, Work, trace_id};
use crate::integration::{Http, Server};
use crate::shell;

/// Limit of reported findings per look.
const TOLD: usize = 4;

/// Compares a running server with the workload: data acknowledged until `mark` is stored, nothing is stored
/// twice, and the sums match the stored data.
///
/// # Errors
/// The server does not answer.
pub fn differs(server: &Server, work: &Work, mark: u64) -> Result<Vec<String>> {
    let http = Http::new(Duration::from_secs(60));
    let mut wrong = Vec::new();
    let acknowledged: BTreeSet<Span> = work
        .acknowledged
        .iter()
        .filter(|(_, at)| **at <= mark)
        .flat_map(|(request, _)| work.spans(*request))
        .collect();
    let (mut calls, mut alone) = (0, 0);
    for trace in 0..work.traces() {
        let ids = ids(&http, server, trace)?;
        let (child, parent) = (Span { trace, parent: false }, Span { trace, parent: true });
        for span in [child, parent] {
            match ids.get(&span.id()) {
                None if acknowledged.contains(&span) => wrong.push(format!("{span:?} is lost")),
                Some(times) if *times > 1 => wrong.push(format!("{span:?} is stored {times} times")),
                _ => {}
            }
        }
        calls += u64::from(ids.contains_key(&child.id()));
        // Without its child a parent counts itself.
        alone += u64::from(ids.contains_key(&parent.id()) && !ids.contains_key(&child.id()));
    }
    let total = http.json(&server.api("usage?service=disk"))?["total"].clone();
    let found = (total["llm_calls"].as_u64(), total["tokens"]["input"].as_u64());
    let want = (Some(calls), Some((calls + alone) * INPUT));
    if found != want {
        wrong.push(format!("calls and input tokens are {found:?}, stored are {want:?}"));
    }
    let budgets = http.json(&server.api("budgets"))?;
    let known: BTreeSet<&str> =
        budgets["budgets"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
    let lost = work.budgets.iter().filter(|(name, at)| **at <= mark && !known.contains(name.as_str()));
    wrong.extend(lost.map(|(name, _)| format!("the budget {name} is lost")));
    wrong.truncate(TOLD);
    Ok(wrong)
}

/// Ids of the stored spans of a trace, and how often each is there.
fn ids(http: &Http, server: &Server, trace: u64) -> Result<BTreeMap<String, u64>> {
    let answer = http.get(&server.api(&format!("traces/{}?limit=100", trace_id(trace))))?;
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut ids = BTreeMap::new();
    for id in document["spans"].as_array().into_iter().flatten().filter_map(|span| span["span_id"].as_str()) {
        *ids.entry(id.to_owned()).or_default() += 1;
    }
    Ok(ids)
}

/// Findings of `quipu check store --deep` in a folder.
pub fn damage(binary: &Path, data: &Path, more: &[&str]) -> Vec<String> {
    let mut check = Command::new(binary);
    check.args(["check", "store", "--deep", "--data-dir"]).arg(data).args(more);
    let found = shell::capture(check.env_remove("QUIPU_URL")).err();
    found.map(|error| format!("check store --deep: {error:#}")).into_iter().collect()
}
