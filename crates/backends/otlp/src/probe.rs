//! Connection check of the OTLP server: reachability, access and acceptance of records.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_core::{
    Attributes, Clock as _, Event, Finding, Level, Resource, Scope, Span, SpanId, SystemClock, TraceId, Value,
};
use quipu_otlp::{Encoding, Signal, encode_logs, encode_metrics, encode_traces};
use quipu_send::{Code, OtlpSender, Partial, Refusal, Status, reach};

use crate::config::Config;
use crate::outgoing::Resources;

/// Name of the records of a check.
const CALLED: &str = "quipu check";
/// Bytes of the shortest word that may be a token.
const TOKEN: usize = 16;
/// Timeout of one network step.
const STEP: Duration = Duration::from_secs(5);

/// Returns one finding for each step: `reach`, `tls` and `auth` once for each host, then the signals. A host
/// that cannot be reached or denies access is not asked again.
pub(crate) async fn look(sender: &OtlpSender, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut hosts, mut shut) = (HashSet::new(), HashSet::new());
    for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
        let (Some(url), Some(encoding)) = (sender.url(signal), sender.encoding(signal)) else { continue };
        if shut.contains(&host(url)) {
            continue;
        }
        let first = hosts.insert(host(url));
        let began = Instant::now();
        let asked = sender.ask(signal, body(signal, encoding, config)).await;
        let took = began.elapsed().as_millis();
        match asked {
            Ok(answer) => {
                let denied = answer.as_ref().is_err_and(Refusal::is_denied);
                if first {
                    findings.extend(answered(url, took));
                    if answer.is_ok() {
                        findings.push(finding("auth", true, "let in"));
                    }
                }
                let step = if first && denied { "auth" } else { signal.as_str() };
                findings.push(verdict(step, signal, answer, config));
                if first && denied {
                    shut.insert(host(url));
                }
            }
            Err(error) if first => {
                let tls =
                    config.signal(signal).tls.clone().or_else(|| config.tls.clone()).unwrap_or_default();
                let way = reach(url, &tls, STEP).await;
                let open = way.iter().all(|finding| finding.ok);
                shut.insert(host(url));
                findings.extend(way);
                if open {
                    let hint =
                        "the connection works: is the protocol right (gRPC and HTTP have different ports)?";
                    findings.push(finding(signal.as_str(), false, format!("{error}; {hint}")));
                }
            }
            Err(error) => findings.push(finding(signal.as_str(), false, error.to_string())),
        }
    }
    findings
}

/// Scheme, host and port.
fn host(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    format!("{scheme}://{}", host.rsplit('@').next().unwrap_or_default())
}

/// The findings of a server that answered.
fn answered(url: &str, took: u128) -> Vec<Finding> {
    let mut findings = vec![finding("reach", true, format!("{} answered in {took} ms", host(url)))];
    if url.starts_with("https") {
        findings.push(finding("tls", true, "the certificate is trusted"));
    }
    findings
}

fn verdict(step: &str, signal: Signal, answer: Result<Partial, Refusal>, config: &Config) -> Finding {
    match answer {
        Ok(Partial { rejected: 0, .. }) => finding(step, true, "taken"),
        Ok(Partial { message, .. }) => {
            let said = quoted(&message, config);
            finding(step, false, format!("the request was accepted, its {} rejected{said}", signal.item()))
        }
        // Some servers reject an empty request, which proves nothing about a full one.
        Err(refusal) if signal == Signal::Metrics && refusal.status == Status::Http(400) => {
            finding(step, true, "access granted; no test metric was sent")
        }
        Err(refusal) => {
            let (status, advice) = (status(refusal.status), advice(&refusal));
            finding(step, false, format!("{status}{advice}{}", quoted(&refusal.said, config)))
        }
    }
}

fn status(status: Status) -> String {
    match status {
        Status::Http(status) => format!("answered {status}"),
        Status::Grpc(code) => format!("answered gRPC {code:?}"),
    }
}

fn advice(refusal: &Refusal) -> &'static str {
    if refusal.is_denied() {
        return ": check the key or token, and its write permissions";
    }
    match refusal.status {
        Status::Http(200..=299) => ", but with a web page or gRPC: are the protocol and the address right?",
        Status::Http(404 | 405) => {
            ": no OTLP at this path; set the endpoint without /v1/traces, or the whole address for the signal"
        }
        Status::Http(415) => {
            ": it does not support this format; try protocol = \"http/protobuf\" or compression = \"none\""
        }
        Status::Http(429) => ": it is overloaded",
        Status::Http(500..) => ": the server failed",
        Status::Grpc(Code::Unimplemented) => {
            ": no OTLP over gRPC at this address, or not with this compression"
        }
        _ => "",
    }
}

/// The server's text without secrets; it received only the check's records.
fn quoted(said: &str, config: &Config) -> String {
    let signals = [&config.traces, &config.metrics, &config.logs];
    let headers = signals.iter().flat_map(|signal| signal.headers.values()).chain(config.headers.values());
    let mut text = said.to_owned();
    for secret in headers.map(|secret| secret.expose()).filter(|secret| secret.len() > 3) {
        for word in secret.split_whitespace().filter(|word| word.len() > 3) {
            text = text.replace(word, "***");
        }
    }
    if config.auth.is_some() {
        // Tokens and signatures are not in the config, so every word that may be one is masked.
        let words = text.split_whitespace().map(|word| if word.len() >= TOKEN { "***" } else { word });
        text = words.collect::<Vec<_>>().join(" ");
    }
    if text.is_empty() { text } else { format!("; its text: {text}") }
}

fn body(signal: Signal, encoding: Encoding, config: &Config) -> Vec<u8> {
    let now = SystemClock.now();
    let mut attributes = Attributes::new();
    attributes.push("service.name", "quipu");
    let resource = Arc::new(Resource { attributes, ..Resource::default() });
    let scope = Arc::new(Scope { name: "quipu".into(), ..Scope::default() });
    let mut resources = Resources::new(&config.resource);
    match signal {
        Signal::Traces => {
            let (trace, span) = ids();
            let span = Span { resource, scope, ..Span::new(trace, span, CALLED, now, now) };
            encode_traces(&resources.add(vec![span].into()), encoding)
        }
        Signal::Logs => {
            let event = Event {
                time: now,
                level: Level::Info,
                name: CALLED.into(),
                trace_id: None,
                span_id: None,
                session: None,
                agent: None,
                framework: None,
                body: Value::String(CALLED.to_owned()),
                attributes: Attributes::new(),
                wire: None,
                resource,
                scope,
            };
            encode_logs(&resources.add(vec![event].into()), encoding)
        }
        Signal::Metrics => encode_metrics(&[], encoding),
    }
}

fn ids() -> (TraceId, SpanId) {
    let name = fastrand::u128(..).to_string();
    (TraceId::made_of(&[CALLED, &name]), SpanId::made_of(&[CALLED, &name]))
}

fn finding(step: &str, ok: bool, said: impl Into<String>) -> Finding {
    Finding { step: step.to_owned(), ok, said: said.into() }
}
