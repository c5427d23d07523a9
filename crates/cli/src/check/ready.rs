//! Check of a server, for containers and load balancers.

use std::time::Duration;

use anyhow::{Context, Result};
use quipu::core::Finding;
use serde_json::Value;

use super::{CheckResult, tell};
use crate::args::Ready;
use crate::client::Client;

/// Containers ask every few seconds: an answer that takes longer is a no.
const PATIENCE: Duration = Duration::from_secs(5);
/// Largest answer that is read.
const ANSWER_BYTES: usize = 1 << 20;

/// Queries `/readyz`; `false` when the server cannot be reached or is not ready.
pub fn run(server: &Ready) -> Result<bool> {
    let findings = match ask(&server.url) {
        Ok((ready, answer)) => findings(ready, &answer),
        Err(error) => vec![Finding { step: "reach".into(), ok: false, said: format!("{error:#}") }],
    };
    tell(&[CheckResult { name: server.url.clone(), findings }], server.json)
}

fn ask(url: &str) -> Result<(bool, Value)> {
    let url = format!("{}/readyz", url.trim_end_matches('/'));
    let answer = Client::of_quipu(Some(PATIENCE))?.get(&url, ANSWER_BYTES);
    let answer = answer.with_context(|| format!("{url} does not answer"))?;
    let body =
        serde_json::from_slice(&answer.body).with_context(|| format!("{url} is not a Quipu server"))?;
    Ok((answer.is_success(), body))
}

/// Only a store that is down makes a server not ready; an exporter that is down is reported, and retried.
fn findings(ready: bool, answer: &Value) -> Vec<Finding> {
    let status = answer["status"].as_str().unwrap_or("unknown");
    let mut findings = vec![Finding { step: "ready".into(), ok: ready, said: status.to_owned() }];
    for backend in answer["backends"].as_array().into_iter().flatten() {
        let text = |key: &str| backend[key].as_str().unwrap_or_default();
        let said = format!("{} {}", text("status"), text("detail")).trim_end().to_owned();
        findings.push(Finding { step: text("name").to_owned(), ok: ready, said });
    }
    findings
}
