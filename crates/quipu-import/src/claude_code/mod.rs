//! Session transcripts of Claude Code.
//!
//! A line is an event of the session: what the user or a tool said, or a block of the model's answer. What is known of the format comes from
//! files as they are written and from the tools that read them, such as <https://github.com/ryoppippi/ccusage>:
//! - blocks of one answer stand on lines of their own with the same `message.id` and `requestId`, each with the usage so far: one call;
//! - `usage.input_tokens` does not hold what was read from or written to the cache;
//! - sub-agents write lines with `isSidechain`, into `SESSION/subagents/agent-ID.jsonl` with `agentId`, in older versions among the others;
//! - a session that goes on with another one begins with a copy of its lines.

mod call;
mod chain;
mod content;
mod line;
mod reader;
mod tool;

pub(crate) use reader::ClaudeCode;

/// The family of sources, as the adapter names it.
const FAMILY: &str = "claude-code";
/// Instrumentation scope of the spans made here.
const SCOPE: &str = "claude_code.transcript";
