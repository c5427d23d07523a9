//! Reads OpenCode's runs, and enriches its model requests after the AI SDK's adapter.
//!
//! Verb: NORMALISE.
//! Takes: spans of OpenCode's process.
//! Gives: the agent's runs, their framework, and no user if OpenCode knew none.
//! Never: reads a request; the AI SDK's adapter does.

mod adapter;

pub use adapter::Opencode;
