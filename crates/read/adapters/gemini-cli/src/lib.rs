//! Reads Gemini CLI and its fork Qwen Code: spans, log records and metrics of one session.
//!
//! Verb: NORMALISE.
//! Takes: spans of the scopes `gemini-cli` and `qwen-code`, and log records and metrics named after them.
//! Gives: their canonical values, and spans for calls, tool runs and prompts reported by logs and metrics.
//! Never: reads the same call again from the GenAI log record that Gemini CLI writes in addition to its own.

mod adapter;
mod logs;
mod product;
mod tokens;

pub use adapter::GeminiCli;
