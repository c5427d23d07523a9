//! Reads spans of Mastra's OpenTelemetry exporters.
//!
//! Verb: NORMALISE.
//! Takes: spans with `mastra.*` attributes, or of the scopes `@mastra/*`.
//! Gives: what they mean and what was said in them.
//! Never: counts what an agent's generation or step repeats of its calls.

mod adapter;

pub use adapter::Mastra;
