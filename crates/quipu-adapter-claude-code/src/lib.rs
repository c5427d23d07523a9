//! Reads Claude Code and the Claude Agent SDK, which sends the same: spans, log records and metrics of one session.
//!
//! Verb: NORMALISE.
//! Takes: spans, log records and metrics named `claude_code.*`.
//! Gives: what they mean, and spans for the calls, tool runs and turns that logs and metrics tell of.
//! Never: counts; which of several signals of one call counts is the ledger's to say.

mod adapter;
mod logs;

pub use adapter::ClaudeCode;
