//! Converts complete config into the endpoint of each signal.

use std::sync::Arc;

use quipu_core::Result;
use quipu_otlp::Signal;
use quipu_send::{Authorize, HttpConfig, OtlpSender, Protocol, Target};

use crate::config::{Config, SignalConfig};
use crate::layers::headers;
use crate::variables::wrong;

const TIMEOUT_MS: u64 = 10_000;

impl Config {
    /// The overrides of a signal.
    pub(crate) const fn signal(&self, signal: Signal) -> &SignalConfig {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        }
    }

    /// The sender, for the enabled signals.
    pub(crate) fn sender(&self) -> Result<OtlpSender> {
        let authorize = self.auth.as_ref().map(crate::Auth::open).transpose()?;
        let mut targets = Vec::new();
        for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
            if self.signal(signal).send.unwrap_or(true) {
                targets.push((signal, self.target(signal, authorize.clone())?));
            }
        }
        if targets.is_empty() {
            return Err(wrong("no signal is sent: omit send = false for one of traces, metrics and logs"));
        }
        OtlpSender::with_targets(targets)
    }

    fn target(&self, signal: Signal, authorize: Option<Arc<dyn Authorize>>) -> Result<Target> {
        let own = self.signal(signal);
        let connection = HttpConfig {
            headers: headers(&self.headers, &own.headers),
            timeout_ms: own.timeout_ms.or(self.timeout_ms).unwrap_or(TIMEOUT_MS),
            tls: own.tls.clone().or_else(|| self.tls.clone()).unwrap_or_default(),
            compression: own.compression.or(self.compression).unwrap_or_default(),
        };
        if connection.timeout_ms == 0 {
            return Err(wrong("timeout_ms: expected at least 1, got 0"));
        }
        let insecure = own.insecure.or(self.insecure).unwrap_or(false);
        let said = own.protocol.or(self.protocol);
        if let Some(endpoint) = &own.endpoint {
            let (url, protocol) = spelt(endpoint, said, insecure);
            return Ok(Target { url, protocol, connection, authorize });
        }
        let Some(endpoint) = &self.endpoint else {
            return Err(wrong(format!(
                "no endpoint for {}: set endpoint, a preset, or OTEL_EXPORTER_OTLP_ENDPOINT",
                signal.as_str()
            )));
        };
        let (endpoint, protocol) = spelt(endpoint, said, insecure);
        Ok(Target { authorize, ..Target::below(&endpoint, signal, protocol, &connection) })
    }
}

/// An address as a URL, with the protocol from its scheme or the config.
fn spelt(endpoint: &str, said: Option<Protocol>, insecure: bool) -> (String, Protocol) {
    for (short, long) in [("grpc://", "http://"), ("grpcs://", "https://")] {
        if let Some(rest) = endpoint.strip_prefix(short) {
            return (format!("{long}{rest}"), Protocol::Grpc);
        }
    }
    let protocol = said.unwrap_or_default();
    if protocol == Protocol::Grpc && !endpoint.contains("://") {
        return (format!("{}://{endpoint}", if insecure { "http" } else { "https" }), protocol);
    }
    (endpoint.to_owned(), protocol)
}
