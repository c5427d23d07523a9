//! Reads OpenCode's runs, and adds to what the AI SDK's adapter read of their requests what OpenCode means by it.
//!
//! Verb: NORMALISE.
//! Takes: spans that OpenCode's process sent.
//! Gives: the agent's runs, their framework, and no user where OpenCode knew none.
//! Never: reads a request; OpenCode's are the AI SDK's.

mod adapter;

pub use adapter::Opencode;
