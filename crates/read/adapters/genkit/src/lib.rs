//! Reads spans of Genkit, in JavaScript, Go and Python.
//!
//! Verb: NORMALISE.
//! Takes: spans of the scope `genkit-tracer`, or with attributes under `genkit:`.
//! Gives: their canonical values and messages.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;
mod content;

pub use adapter::Genkit;
