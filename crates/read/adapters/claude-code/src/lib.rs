//! Reads Claude Code and the Claude Agent SDK, which sends the same: spans, log records and metrics of one
//! session.
//!
//! Verb: NORMALISE.
//! Takes: spans, log records and metrics named `claude_code.*`.
//! Gives: their canonical values, and spans for calls, tool runs and turns reported by logs and metrics.
//! Never: counts; the ledger decides which of several signals of one call counts.

mod adapter;
mod logs;
mod names;

pub use adapter::ClaudeCode;
