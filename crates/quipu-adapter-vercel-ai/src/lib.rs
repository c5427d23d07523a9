//! Reads spans of the AI SDK, versions 3 to 7.
//!
//! Verb: NORMALISE.
//! Takes: spans with `ai.*` attributes, or of the scopes `ai` and `gen_ai`.
//! Gives: what they mean and what was said in them; what a caller's span repeats of its calls never counts.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;
mod operation;
mod usage;

pub use adapter::VercelAi;
