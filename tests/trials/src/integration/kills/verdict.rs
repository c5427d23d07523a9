//! Verdict on the stored data, against sent and acknowledged data.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::load::{Log, SPANS, trace_id};
use crate::integration::{Http, Server};

/// Fewer acknowledged batches a kill than this prove little.
const ENOUGH: u64 = 3;

/// Errors, one text each.
pub struct Counted {
    /// Acknowledged batches that are not there whole.
    pub lost: Vec<String>,
    /// Batches with a span that is stored more than once, or was never sent.
    pub doubled: Vec<String>,
    /// Sums that are not those of whole batches.
    pub uncounted: Vec<String>,
}

/// Whether too little was acknowledged.
pub fn too_few(kills: u64, log: &Log) -> Vec<String> {
    let few = log.acknowledged() < ENOUGH * kills;
    few.then(|| format!("only {} batches acknowledged", log.acknowledged())).into_iter().collect()
}

/// Looks at every batch that was sent, and at the sums.
///
/// # Errors
/// The server does not answer.
pub fn count(server: &Server, log: &Log) -> Result<Counted> {
    let http = Http::new(Duration::from_secs(60));
    let (mut lost, mut doubled) = (Vec::new(), Vec::new());
    let acknowledged = log.numbers();
    let mut there = 0;
    for batch in 1..=log.sent() {
        let answer = http.get(&server.api(&format!("traces/{}?limit=100", trace_id(batch))))?;
        let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let ids: Vec<&str> = document["spans"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|span| span["span_id"].as_str())
            .collect();
        let wanted: BTreeSet<String> =
            (0..SPANS).map(|index| format!("{:016x}", batch * 1_000 + index + 1)).collect();
        let distinct: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        there += distinct.len() as u64;
        if distinct.len() != ids.len() || !distinct.is_subset(&wanted) {
            doubled.push(format!("batch {batch}: {} spans, {} of them different", ids.len(), distinct.len()));
        }
        if distinct.len() as u64 != SPANS && (acknowledged.contains(&batch) || !distinct.is_empty()) {
            lost.push(format!("batch {batch}: {} spans, answer {}", distinct.len(), answer.status));
        }
    }
    Ok(Counted { lost, doubled, uncounted: sums(&http, server, there)? })
}

fn sums(http: &Http, server: &Server, spans: u64) -> Result<Vec<String>> {
    let total = http.json(&server.api("usage?service=kills"))?["total"].clone();
    let calls = total["llm_calls"].as_u64().unwrap_or_default();
    let mut wrong = Vec::new();
    if calls != spans || !calls.is_multiple_of(SPANS) {
        wrong.push(format!("{calls} calls are counted, {spans} are there"));
    }
    if total["tokens"]["input"].as_u64() != Some(calls * 3) {
        wrong.push(format!("{} input tokens for {calls} calls of 3", total["tokens"]["input"]));
    }
    Ok(wrong)
}
