//! Adds to what the AI SDK's adapter read what OpenCode is known to mean by it.
//!
//! Verb: ENRICH.
//! Takes: spans of the AI SDK that OpenCode's process sent.
//! Gives: their framework, and no user where OpenCode knew none.
//! Never: reads a span of its own; OpenCode's calls are the AI SDK's.

mod adapter;

pub use adapter::Opencode;
