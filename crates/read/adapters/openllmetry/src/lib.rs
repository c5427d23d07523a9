//! Reads spans of OpenLLMetry (Traceloop), current and older releases, in any language.
//!
//! Verb: NORMALISE.
//! Takes: a span with Traceloop attributes or from a Traceloop scope.
//! Gives: its canonical values and messages.
//! Never: claims a span of OpenTelemetry's own instrumentations, which share the prefix of the scope names.

mod adapter;

pub use adapter::OpenLlmetry;
