//! Reads spans of Langfuse's SDKs.
//!
//! Verb: NORMALISE.
//! Takes: spans with attributes under `langfuse.observation.`.
//! Gives: what they mean, what was said in them, and how they were read.
//! Never: reads spans of others that Langfuse only tagged, does I/O, or keeps state.

mod adapter;
mod usage;

pub use adapter::Langfuse;
