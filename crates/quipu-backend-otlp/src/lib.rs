//! The backend `otlp`: records to any program that speaks OTLP, over gRPC or HTTP, by settings, by OpenTelemetry's environment
//! variables or by the preset of a vendor.
//!
//! Verb: DELIVER.
//! Takes: batches.
//! Gives: export requests, as they came in or by today's conventions; what was not taken, told apart by what may be repeated.
//! Never: repeats by itself, says a secret, or sends a key that is meant for one place to another.

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
