//! Reads Gemini CLI and Qwen Code, which grew from it: spans, log records and metrics of one session.
//!
//! Verb: NORMALISE.
//! Takes: what the scopes `gemini-cli` and `qwen-code` send, and log records and metrics named after them.
//! Gives: what they mean, and spans for the calls, tool runs and prompts that logs and metrics tell of.
//! Never: takes the same call a second time from the GenAI log record that Gemini CLI writes beside its own.

mod adapter;
mod logs;
mod product;
mod tokens;

pub use adapter::GeminiCli;
