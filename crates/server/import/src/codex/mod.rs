//! Session rollouts of Codex.
//!
//! A line is `{timestamp, type, payload}`. The format was derived from the protocol's types
//! (<https://github.com/openai/codex>, `codex-rs/protocol`) and from tools that read it:
//! - `event_msg` `token_count` reports the last call's usage and the session's total. A repeated total means
//!   a repeated report of the same call. Totals are never added. Newer versions also write a
//!   `token_usage_record` for each call, with the id of the response;
//! - input tokens include the cached ones, output tokens include reasoning;
//! - the file of a fork or of a sub-agent begins with a copy of its parent's lines, in some versions with new
//!   times. These lines are read from the parent's file only
//!   (<https://github.com/ccusage/ccusage/issues/1370>).

mod call;
mod content;
mod own;
mod reader;
mod tool;
mod usage;

pub(crate) use reader::Codex;

/// The family of sources, as the adapter names it.
const FAMILY: &str = "codex";
/// Instrumentation scope of the spans made here.
const SCOPE: &str = "codex_rollout";
