//! The backend `otlp`: exports records to any OTLP server, over gRPC or HTTP. Its config comes from a file,
//! OpenTelemetry's environment variables or a vendor's preset.
//!
//! Verb: DELIVER.
//! Takes: batches.
//! Gives: export requests, unchanged or in the words of current conventions; unaccepted records, sorted by
//! whether a retry can help.
//! Never: retries by itself, prints a secret, or sends one destination's key to another.

mod auth;
mod backend;
mod config;
mod deliver;
mod environment;
#[cfg(doctest)]
mod guide;
mod layers;
mod outgoing;
mod preset;
mod probe;
mod targets;
mod variables;

pub use auth::{Auth, Bearer, Sigv4};
pub use backend::Otlp;
pub use config::{Config, SignalConfig};
pub use preset::{Preset, Variable};
pub use quipu_otlp::outgoing::Mapping;
