//! Reads Codex: its spans, its log records and its metrics.
//!
//! Verb: NORMALISE.
//! Takes: what scopes and services named `codex…` send, and log records and metrics named `codex.*`.
//! Gives: what they mean, and spans for the calls, tool runs and prompts that logs and metrics tell of.
//! Never: takes the operating system's thread for a conversation, or a turn's sum for a call.

mod adapter;
mod logs;

pub use adapter::Codex;
