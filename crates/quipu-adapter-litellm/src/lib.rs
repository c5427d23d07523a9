//! Reads spans of `LiteLLM`'s callback and proxy.
//!
//! Verb: NORMALISE.
//! Takes: spans of the scope `litellm`, or with its keys.
//! Gives: what they mean, what was said in them, and how they were read.
//! Never: counts the provider's raw request, which is the call above it; does I/O; keeps state.

mod adapter;

pub use adapter::Litellm;
