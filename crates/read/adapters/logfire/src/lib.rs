//! Reads spans of Pydantic AI, and of the Logfire SDK's own instrumentations of model libraries.
//!
//! Verb: NORMALISE.
//! Takes: spans of the scopes `pydantic-ai` and `logfire.*`, and spans with their attributes.
//! Gives: their canonical values and messages; a stream's two records are one call.
//! Never: counts an agent's sums, or reads a span of two conventions twice.

mod adapter;
mod request;

pub use adapter::Logfire;
