//! HTTP requests to a Thrift collector.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Batch, ErrorKind, Finding, Result, Retry};
use quipu_otlp::outgoing::Mapping;
use quipu_send::{Http, Tls, reach};

use super::{aside, caught, convert, groups};
use crate::Config;
use crate::prepare::{self, Id};

/// Media type of Thrift at collectors
/// (<https://www.jaegertracing.io/docs/1.76/architecture/apis/#thrift-over-http-stable>).
const THRIFT: &str = "application/vnd.apache.thrift.binary";

/// A collector that accepts Thrift.
pub(crate) struct Collector {
    http: Http,
    url: String,
    tls: Tls,
    wait: Duration,
    mapping: Mapping,
    events: bool,
}

/// A request and its spans.
struct Body {
    bytes: Vec<u8>,
    spans: Vec<Id>,
}

impl Collector {
    pub fn open(config: &Config) -> Result<Self> {
        Ok(Self {
            http: Http::new(&config.connection())?,
            url: config.endpoint.clone(),
            tls: config.tls.clone(),
            wait: Duration::from_millis(config.timeout_ms),
            mapping: config.mapping,
            events: config.events,
        })
    }

    /// Sends one request for each process. Accepted requests are not repeated.
    pub async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let mut bodies = self.bodies(&batch).await?.into_iter();
        let (mut again, mut refused, mut failure) = (Vec::new(), Vec::new(), None);
        for body in bodies.by_ref() {
            let Err(error) = self.post(body.bytes).await else { continue };
            let repeat = error.retry() == Retry::Yes;
            if repeat { &mut again } else { &mut refused }.extend(body.spans);
            failure = Some(error);
            if repeat {
                break;
            }
        }
        again.extend(bodies.flat_map(|body| body.spans));
        let Some(error) = failure else { return Ok(()) };
        Err(error.leaving(prepare::left(&batch, &again, &refused, 0)))
    }

    async fn bodies(&self, batch: &Arc<Batch>) -> Result<Vec<Body>> {
        let (batch, mapping, events) = (Arc::clone(batch), self.mapping, self.events);
        aside(move || bodies(&batch, mapping, events)).await
    }

    async fn post(&self, body: Vec<u8>) -> Result<()> {
        let answer = self.http.post(&self.url, THRIFT, Default::default(), body).await?;
        if answer.is_success() { Ok(()) } else { Err(answer.error("send spans")) }
    }

    pub async fn probe(&self, check: Batch) -> Vec<Finding> {
        let mut findings = reach(&self.url, &self.tls, self.wait).await;
        if findings.iter().any(|finding| !finding.ok) {
            return findings;
        }
        let sent = self.write(Arc::new(check)).await;
        let said = match &sent {
            Ok(()) => "accepted the span `quipu check`".to_owned(),
            Err(error) => match error.kind() {
                ErrorKind::Denied => format!("{}: set username and password, or headers", error.context()),
                ErrorKind::NotFound => format!("{}: the path is /api/traces, on port 14268", error.context()),
                _ => error.to_string(),
            },
        };
        findings.push(Finding { step: "traces".to_owned(), ok: sent.is_ok(), said });
        findings
    }
}

fn bodies(batch: &Batch, mapping: Mapping, events: bool) -> Result<Vec<Body>> {
    let shown = prepare::shown(batch, mapping, events);
    let written = groups::groups(&shown).into_iter().map(|group| {
        let spans = group.spans.iter().map(|span| convert::span(span)).collect();
        let bytes = caught::body(&convert::process(&group.resource), spans)?;
        Ok(Body { bytes, spans: group.spans.iter().map(|span| (span.trace_id, span.span_id)).collect() })
    });
    written.collect()
}
