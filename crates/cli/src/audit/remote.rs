//! The audit log of a remote server, over its HTTP interface, with an administrator's key.

use std::io::Write;

use anyhow::{Context, Result, bail};
use quipu::core::Timestamp;
use quipu_audit::Head;
use serde_json::{Value, json};

use crate::args::AuditList;
use crate::ask::{Question, ask_server, escape};
use crate::client::Client;

/// Bytes of a problem that are read.
const PROBLEM: usize = 64 << 10;

/// Pages until there are as many as were asked for.
pub fn entries(url: &str, list: &AuditList, span: [Option<Timestamp>; 2]) -> Result<Value> {
    let [since, until] = span.map(|time| time.map(|time| time.to_string()));
    let (mut all, mut before) = (Vec::new(), list.before);
    loop {
        let limit = list.limit.saturating_sub(all.len());
        let question = Question::get("/api/v1/audit")
            .with("since", &since)
            .with("until", &until)
            .with("actor", &list.actor)
            .with("action", &list.action)
            .with("object", &list.object)
            .with("project", &list.project)
            .with("outcome", &list.outcome)
            .with("before", &before.map(|before| before.to_string()))
            .with("limit", &Some(limit.to_string()));
        let mut page = ask_server(url, &question)?;
        if let Some(Value::Array(entries)) = page.get_mut("entries").map(Value::take) {
            all.extend(entries);
        }
        before = page["next"].as_u64();
        if before.is_none() || all.len() >= list.limit {
            return Ok(json!({"entries": all, "next": before}));
        }
    }
}

/// The last entry, as `SEQ:HASH`.
pub fn last(url: &str) -> Result<Head> {
    Ok(entry(url, None)?.unwrap_or_default())
}

/// The server's findings, and whether the entries in `heads` are unchanged.
pub fn verify(url: &str, heads: &[Head]) -> Result<Value> {
    let mut verdict = ask_server(url, &Question::get("/api/v1/audit/verify"))?;
    for head in heads.iter().filter(|head| head.seq > 0) {
        if entry(url, Some(head.seq))? != Some(*head) {
            verdict["holds"] = false.into();
            if let Some(faults) = verdict["faults"].as_array_mut() {
                faults.push(format!("the entry {head} is not in the record").into());
            }
        }
    }
    Ok(verdict)
}

/// The entry of a number, or the last one.
fn entry(url: &str, seq: Option<u64>) -> Result<Option<Head>> {
    let before = seq.map(|seq| seq.saturating_add(1).to_string());
    let question = Question::get("/api/v1/audit").with("before", &before).with("limit", &Some("1".into()));
    let page = ask_server(url, &question)?;
    let Some(found) = page["entries"].get(0) else { return Ok(None) };
    let text = format!("{}:{}", found["seq"], found["hash"].as_str().unwrap_or_default());
    text.parse()
        .map(Some)
        .map_err(|_| anyhow::anyhow!("the server's answer names no entry: is it a Quipu server?"))
}

/// Writes the lines out; gives how many there were.
pub fn export(url: &str, span: [Option<Timestamp>; 2], out: &mut dyn Write) -> Result<u64> {
    let params: Vec<String> = ["since", "until"]
        .iter()
        .zip(span)
        .filter_map(|(name, time)| Some(format!("{name}={}", escape(&time?.to_string()))))
        .collect();
    let url = format!("{}/api/v1/audit/export?{}", url.trim_end_matches('/'), params.join("&"));
    let (mut lines, mut last) = (0_u64, b'\n');
    let rejected = Client::of_quipu(None)?.pieces(&url, PROBLEM, |bytes| {
        out.write_all(bytes)?;
        lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        last = bytes.last().copied().unwrap_or(last);
        Ok(())
    });
    let rejected = rejected.with_context(|| format!("cannot export from {url}: the file is incomplete"))?;
    if let Some(answer) = rejected {
        let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        bail!("{url} says {}: {}", answer.status, problem["detail"].as_str().unwrap_or("nothing more"));
    }
    if last != b'\n' {
        bail!("the export was interrupted: the file is incomplete");
    }
    Ok(lines)
}
