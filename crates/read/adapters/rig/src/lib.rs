//! Reads spans of Rig, the Rust framework, as `tracing`'s bridge to OpenTelemetry sends them.
//!
//! Verb: NORMALISE.
//! Takes: spans with a target or scope of Rig, and spans that a program passes to Rig.
//! Gives: their canonical values and messages.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;

pub use adapter::Rig;
