//! Reads spans, log records and metrics of Codex.
//!
//! Verb: NORMALISE.
//! Takes: spans of scopes and services named `codex…`, and log records and metrics named `codex.*`.
//! Gives: their canonical values, and spans for calls, tool runs and prompts reported by logs and metrics.
//! Never: uses the operating system's thread as a conversation, or a turn's sum as a call.

mod adapter;
mod logs;
mod names;

pub use adapter::Codex;
