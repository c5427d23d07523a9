//! Reads spans of the OpenTelemetry integration of `LlamaIndex`.
//!
//! Verb: NORMALISE.
//! Takes: spans named by class and method, with what happened in them as span events.
//! Gives: what they mean, what was said in them, and how they were read.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;
mod call;
mod step;

pub use adapter::Llamaindex;
