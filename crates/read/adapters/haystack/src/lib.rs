//! Reads spans of Haystack's own tracing.
//!
//! Verb: NORMALISE.
//! Takes: spans with tags under `haystack.`.
//! Gives: their canonical values, messages and lens.
//! Never: uses sums in outputs of agents and pipelines as usage if their steps report it; does I/O; keeps
//! state.

mod adapter;
mod answer;
mod said;

pub use adapter::Haystack;
