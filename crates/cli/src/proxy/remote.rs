//! Export of records to a server, by OTLP.

use std::time::Duration;

use async_trait::async_trait;
use quipu::core::{Batch, Error, ErrorKind, Intake, Result};
use quipu_otlp::{Encoding, Signal};
use ureq::Agent;

use crate::client;

/// How long a server may take to answer one request.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest answer that is read.
const ANSWER_BYTES: u64 = 1 << 20;

/// A server that takes OTLP.
pub struct Remote {
    agent: Agent,
    url: String,
}

impl Remote {
    /// The server at this address.
    pub fn new(url: &str) -> Self {
        let url = format!("{}/v1/traces", url.trim_end_matches('/'));
        Self { agent: client::agent(Some(PATIENCE)), url }
    }
}

/// A retryable error: the records stay for a later attempt.
fn unsent(context: String) -> Error {
    Error::new(ErrorKind::Unavailable, "send records", context)
}

fn send(agent: &Agent, url: &str, body: &[u8]) -> Result<()> {
    let request = agent.post(url).header("content-type", "application/x-protobuf");
    let mut answer = request.send(body).map_err(|error| unsent(format!("{url}: {error}")))?;
    let status = answer.status().as_u16();
    let said = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
    let said = said.map_err(|error| unsent(format!("{url}: {error}")))?;
    match status {
        200 => {
            let (refused, words) = quipu_otlp::refused(Signal::Traces, Encoding::Protobuf, &said);
            if refused > 0 {
                tracing::warn!(refused, words, "the server rejected records");
            }
            Ok(())
        }
        // A rejected key may be fixed later: waiting records are kept.
        401 | 403 | 429 | 500.. => Err(unsent(format!("{url} answers with status {status}"))),
        _ => {
            Err(Error::new(ErrorKind::Invalid, "send records", format!("{url} answers with status {status}")))
        }
    }
}

#[async_trait]
impl Intake for Remote {
    /// Does nothing: the server reads the spans.
    fn read(&self, _batch: &mut Batch) {}

    async fn submit(&self, batch: Batch) -> Result<()> {
        // Only spans are sent. Notices of budgets would be lost.
        for event in &batch.events {
            let told: Vec<_> =
                event.attributes.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
            tracing::warn!(event = %event.name, "{}", told.join(" "));
        }
        if batch.spans.is_empty() {
            return Ok(());
        }
        let (agent, url) = (self.agent.clone(), self.url.clone());
        let sent = tokio::task::spawn_blocking(move || {
            send(&agent, &url, &quipu_otlp::encode_traces(&batch.spans, Encoding::Protobuf))
        });
        sent.await.map_err(|error| unsent(error.to_string()))?
    }
}
