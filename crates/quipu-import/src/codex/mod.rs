//! Session rollouts of Codex.
//!
//! A line is `{timestamp, type, payload}`. What is known of the format comes from the protocol's types
//! (<https://github.com/openai/codex>, `codex-rs/protocol`) and from the tools that read it:
//! - `event_msg` `token_count` tells the last call's usage and the session's total. The same total again is the same call told again;
//!   totals are never added. Newer versions also write a `token_usage_record` a call, with the id of the response;
//! - input tokens hold the cached ones, output tokens those spent on reasoning;
//! - the file of a fork or of a sub-agent begins with a copy of its parent's lines, some versions with new times: these are the parent's
//!   to tell (<https://github.com/ccusage/ccusage/issues/1370>).

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
