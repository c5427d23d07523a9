//! Reads OpenTelemetry GenAI spans of every version since 1.26, and similar spans.
//!
//! Verb: NORMALISE.
//! Takes: a span with `gen_ai.*` or `mcp.*` attributes, or one that names a model and counts tokens.
//! Gives: its canonical values and messages.
//! Never: rejects a span because of its version of the conventions.

mod adapter;
mod details;
mod metrics;

pub use adapter::GenAi;
