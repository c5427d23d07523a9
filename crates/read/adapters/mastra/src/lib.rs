//! Reads spans of Mastra's OpenTelemetry exporters.
//!
//! Verb: NORMALISE.
//! Takes: spans with `mastra.*` attributes, or of the scopes `@mastra/*`.
//! Gives: their canonical values and messages.
//! Never: counts usage that an agent's generation or step repeats from its calls.

mod adapter;

pub use adapter::Mastra;
