//! Reads spans of the AI SDK, versions 3 to 7.
//!
//! Verb: NORMALISE.
//! Takes: spans with `ai.*` attributes, or of the scopes `ai` and `gen_ai`.
//! Gives: their canonical values and messages; usage that a caller's span repeats never counts.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;
mod operation;
mod usage;

pub use adapter::VercelAi;
