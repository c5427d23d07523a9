//! OTLP requests to Jaeger 1.35 and later.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Batch, Error, ErrorKind, Finding, Result, Retry, Span};
use quipu_otlp::outgoing::Mapping;
use quipu_otlp::{Encoding, Signal, encode_traces};
use quipu_send::{OtlpSender, Protocol, Refusal, Tls, reach};

use crate::Config;
use crate::prepare::{self, Id};

/// A Jaeger server that accepts OTLP.
pub(crate) struct Otlp {
    sender: OtlpSender,
    encoding: Encoding,
    endpoint: String,
    tls: Tls,
    wait: Duration,
    mapping: Mapping,
    events: bool,
}

/// The results of a batch's spans.
#[derive(Default)]
struct Course {
    again: Vec<Id>,
    refused: Vec<Id>,
    unnamed: u64,
    failure: Option<Error>,
}

impl Otlp {
    pub fn open(config: &Config, protocol: Protocol) -> Result<Self> {
        Ok(Self {
            sender: OtlpSender::new(&config.endpoint, protocol, &config.connection())?,
            encoding: protocol.encoding(),
            endpoint: config.endpoint.clone(),
            tls: config.tls.clone(),
            wait: Duration::from_millis(config.timeout_ms),
            mapping: config.mapping,
            events: config.events,
        })
    }

    pub async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let spans = prepare::shown(&batch, self.mapping, self.events);
        if spans.is_empty() {
            return Ok(());
        }
        let Course { again, refused, unnamed, failure } = self.send(&spans).await;
        match failure {
            None => Ok(()),
            // Nothing was accepted: the batch is unchanged.
            Some(error) if again.len() == spans.len() => Err(error),
            Some(error) => Err(error.leaving(prepare::left(&batch, &again, &refused, unnamed))),
        }
    }

    /// Sends spans, in halves if a request is too large: gRPC servers accept 4 MiB by default, proxies often
    /// less.
    async fn send(&self, spans: &[Span]) -> Course {
        let ids =
            |part: &[Span]| -> Vec<Id> { part.iter().map(|span| (span.trace_id, span.span_id)).collect() };
        let (mut parts, mut course) = (vec![spans], Course::default());
        while let Some(part) = parts.pop() {
            let error = match self.sender.ask(Signal::Traces, encode_traces(part, self.encoding)).await {
                Ok(Ok(partial)) if partial.rejected == 0 => continue,
                Ok(Ok(partial)) => {
                    course.unnamed += partial.rejected;
                    let context = format!("{} of {} spans were rejected", partial.rejected, part.len());
                    course.failure = Some(Error::new(ErrorKind::Invalid, "send spans", context));
                    continue;
                }
                Ok(Err(refusal)) if refusal.is_too_large() && part.len() > 1 => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                    continue;
                }
                Ok(Err(refusal)) => refusal.error("send spans"),
                Err(error) => error,
            };
            if error.retry() == Retry::Yes {
                course.again = parts.iter().rev().fold(ids(part), |all, part| [all, ids(part)].concat());
                parts.clear();
            } else {
                course.refused.extend(ids(part));
            }
            course.failure = Some(error);
        }
        course
    }

    pub async fn probe(&self, check: Batch) -> Vec<Finding> {
        let url = self.sender.url(Signal::Traces).unwrap_or(&self.endpoint);
        let mut findings = reach(url, &self.tls, self.wait).await;
        if findings.iter().any(|finding| !finding.ok) {
            return findings;
        }
        let body = encode_traces(&check.spans, self.encoding);
        let (ok, said) = match self.sender.ask(Signal::Traces, body).await {
            Ok(Ok(partial)) if partial.rejected == 0 => (true, "accepted the span `quipu check`".to_owned()),
            Ok(Ok(_)) => (false, "answered, but rejected the span `quipu check`".to_owned()),
            Ok(Err(refusal)) => (false, advice(&refusal)),
            Err(error) => (false, error.to_string()),
        };
        findings.push(Finding { step: "traces".to_owned(), ok, said });
        findings
    }
}

fn advice(refusal: &Refusal) -> String {
    let error = refusal.error("send spans");
    match error.kind() {
        ErrorKind::Denied => format!("{}: set username and password, or headers", error.context()),
        ErrorKind::NotFound | ErrorKind::Unsupported => format!(
            "{}: no OTLP here; Jaeger supports it since 1.35, over gRPC on 4317 and HTTP on 4318",
            error.context()
        ),
        _ => error.context().to_owned(),
    }
}
