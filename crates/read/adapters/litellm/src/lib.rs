//! Reads spans of `LiteLLM`'s callback and proxy.
//!
//! Verb: NORMALISE.
//! Takes: spans of the scope `litellm`, or with its keys.
//! Gives: their canonical values, messages and lens.
//! Never: counts the provider's raw request, which repeats the call above it; does I/O; keeps state.

mod adapter;

pub use adapter::Litellm;
