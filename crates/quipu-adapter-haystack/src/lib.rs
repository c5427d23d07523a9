//! Reads spans of Haystack's own tracing.
//!
//! Verb: NORMALISE.
//! Takes: spans with tags under `haystack.`.
//! Gives: what they mean, what was said in them, and how they were read.
//! Never: takes the sums in outputs of agents and pipelines for usage where their steps tell it; does I/O; keeps state.

mod adapter;
mod answer;
mod said;

pub use adapter::Haystack;
