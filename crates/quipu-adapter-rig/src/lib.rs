//! Reads spans of Rig, the Rust framework, as `tracing`'s bridge to OpenTelemetry sends them.
//!
//! Verb: NORMALISE.
//! Takes: spans whose target or scope is one of Rig's, and spans that a program lends to Rig.
//! Gives: what they mean and what was said in them.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;

pub use adapter::Rig;
