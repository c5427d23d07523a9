//! OTLP as JSON (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>): one request on each
//! line, as the Collector's file exporter writes it, or one in a file.

use quipu_otlp::Signal;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Item;
use crate::reader::{Desk, Reader, not_json};

/// Passes requests on unchanged.
pub(crate) struct Otlp;

/// The signals in a request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Signals {
    #[serde(rename = "resourceSpans", alias = "resource_spans")]
    traces: Option<IgnoredAny>,
    #[serde(rename = "resourceLogs", alias = "resource_logs")]
    logs: Option<IgnoredAny>,
    #[serde(rename = "resourceMetrics", alias = "resource_metrics")]
    metrics: Option<IgnoredAny>,
}

impl Signals {
    /// The signals that are present.
    pub(crate) fn list(&self) -> Vec<Signal> {
        let all =
            [(Signal::Traces, &self.traces), (Signal::Logs, &self.logs), (Signal::Metrics, &self.metrics)];
        all.into_iter().filter(|(_, told)| told.is_some()).map(|(signal, _)| signal).collect()
    }
}

impl Reader for Otlp {
    fn record(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<(), String> {
        let signals = serde_json::from_slice::<Signals>(bytes).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                "not an OTLP request: not an object, or a field given twice".into()
            }
            _ => not_json(&error),
        })?;
        let signals = signals.list();
        if signals.is_empty() {
            return Err(
                "not an OTLP request: it has none of resourceSpans, resourceLogs, resourceMetrics".into()
            );
        }
        for signal in signals {
            desk.out.request(Item::Request { signal, body: bytes.to_vec() });
        }
        Ok(())
    }
}
