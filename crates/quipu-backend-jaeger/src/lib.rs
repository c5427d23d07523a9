//! The backend `jaeger`: spans to Jaeger.
//!
//! Verb: DELIVER.
//! Takes: batches, of which it sends the spans that have ended and the events that belong to them.
//! Gives: OTLP to Jaeger 1.35 and later; with the feature `legacy-agent` Thrift to the agents and collectors of older ones.
//! Never: repeats a request by itself, sends a packet beyond the limit, or loses a span that does not fit one without saying so.
//!
//! The exporter of the feature and its OpenTelemetry 0.23 stay in the module `legacy`: none of their types leaves it.

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
