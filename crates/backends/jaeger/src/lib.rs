//! The backend `jaeger`: exports spans to Jaeger.
//!
//! Verb: DELIVER.
//! Takes: batches; it sends their ended spans, with the events of these spans.
//! Gives: OTLP to Jaeger 1.35 and later; with the feature `legacy-agent` Thrift to the agents and collectors
//! of older ones.
//! Never: retries a request by itself, sends a packet beyond the limit, or drops an oversized span without a
//! report.
//!
//! The feature's exporter and its OpenTelemetry 0.23 stay in the module `legacy`: none of their types leaves
//! it.

mod backend;
mod config;
mod fault;
#[cfg(doctest)]
mod guide;
#[cfg(feature = "legacy-agent")]
mod legacy;
#[cfg(not(feature = "legacy-agent"))]
#[path = "absent.rs"]
mod legacy;
mod otlp;
mod prepare;
mod state;

pub use backend::Jaeger;
pub use config::{Config, Protocol};
