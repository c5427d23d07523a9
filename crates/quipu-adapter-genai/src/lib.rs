//! Reads OpenTelemetry GenAI spans of every version since 1.26, and anything that looks like them.
//!
//! Verb: NORMALISE.
//! Takes: a span with `gen_ai.*` or `mcp.*` attributes, or one that names a model and counts tokens.
//! Gives: its canonical values and messages.
//! Never: refuses a span for the release of the conventions that it follows.

mod adapter;
mod details;
mod metrics;

pub use adapter::GenAi;
