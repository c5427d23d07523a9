//! Exporters of `opentelemetry_sdk` that feed Quipu within the process, without a network.
//!
//! Verb: FEED.
//! Takes: finished spans, log records and metrics of an application's `opentelemetry_sdk` providers.
//! Gives: the same records to an [`quipu_core::Intake`], as if they had arrived by OTLP.
//! Never: reads or counts a record itself, or opens a connection.
//!
//! The types here are those of `opentelemetry_sdk` 0.33, and change with its versions.

mod feed;
mod logs;
mod metrics;
mod spans;

pub use logs::LogExporter;
pub use metrics::MetricExporter;
pub use spans::SpanExporter;
