//! Reads runs that `LangSmith`'s exporter sends as spans.
//!
//! Verb: NORMALISE.
//! Takes: spans with a `langsmith.span.kind`, or of the exporter's scope.
//! Gives: their canonical values, messages and lens.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;

pub use adapter::Langsmith;
