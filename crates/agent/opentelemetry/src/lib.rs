//! Both ways between `opentelemetry_sdk` and Quipu within the process, without a network.
//!
//! Verb: FEED.
//! Takes: finished spans, log records and metrics of an application's `opentelemetry_sdk` providers.
//! Gives: the same records to an [`quipu_core::Intake`], as if they had arrived by OTLP; and Quipu's spans
//! to a tracer provider.
//! Never: reads or counts a record itself, or opens a connection.
//!
//! The types here are those of `opentelemetry_sdk` 0.33, and change with its versions.

mod feed;
mod logs;
mod metrics;
mod shared_context;
mod spans;
mod tracer;

pub use logs::LogExporter;
pub use metrics::MetricExporter;
pub use shared_context::{MirrorTaken, share_context};
pub use spans::SpanExporter;
pub use tracer::{IdGenerator, TracerExporter};
