//! Export of records to a server, by OTLP.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method};
use quipu::core::{Batch, Error, ErrorKind, Intake, Result};
use quipu_otlp::{Encoding, Signal};

use crate::client::{Answer, Client};

/// How long a server may take to answer one request.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest answer that is read.
const ANSWER_BYTES: usize = 1 << 20;

/// A server that takes OTLP.
pub struct Remote {
    client: Client,
    url: String,
}

impl Remote {
    /// The server at this address.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let url = format!("{}/v1/traces", url.trim_end_matches('/'));
        Ok(Self { client: Client::of_quipu(Some(PATIENCE))?, url })
    }
}

/// A retryable error: the records stay for a later attempt.
fn unsent(context: String) -> Error {
    Error::new(ErrorKind::Unavailable, "send records", context)
}

fn send(client: &Client, url: &str, body: Vec<u8>) -> Result<()> {
    let protobuf = HeaderValue::from_static("application/x-protobuf");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, protobuf)]);
    let answer = client.ask(Method::POST, url, headers, body, ANSWER_BYTES);
    let Answer { status, body: said } = answer.map_err(|error| unsent(format!("{url}: {error:#}")))?;
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
        let (client, url) = (self.client.clone(), self.url.clone());
        let sent = tokio::task::spawn_blocking(move || {
            send(&client, &url, quipu_otlp::encode_traces(&batch.spans, Encoding::Protobuf))
        });
        sent.await.map_err(|error| unsent(error.to_string()))?
    }
}
