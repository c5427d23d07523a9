//! Reads spans of the OpenTelemetry integration of `LlamaIndex`.
//!
//! Verb: NORMALISE.
//! Takes: spans named by class and method, with their details as span events.
//! Gives: their canonical values, messages and lens.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;
mod call;
mod step;

pub use adapter::Llamaindex;
