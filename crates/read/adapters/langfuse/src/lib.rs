//! Reads spans of Langfuse's SDKs.
//!
//! Verb: NORMALISE.
//! Takes: spans with attributes under `langfuse.observation.`.
//! Gives: their canonical values, messages and lens.
//! Never: reads spans of other sources that Langfuse only tagged, does I/O, or keeps state.

mod adapter;
mod usage;

pub use adapter::Langfuse;
