//! Session transcripts of Claude Code.
//!
//! A line is an event of the session: input from the user or a tool, or a block of the model's answer. The
//! format was derived from real files and from tools that read them, such as
//! <https://github.com/ryoppippi/ccusage>:
//! - blocks of one answer are on separate lines with the same `message.id` and `requestId`, each with the
//!   usage so far: one call;
//! - `usage.input_tokens` excludes cache reads and writes;
//! - sub-agents write lines with `isSidechain`, into `SESSION/subagents/agent-ID.jsonl` with `agentId`; older
//!   versions write them among the other lines;
//! - a session that continues another one begins with a copy of its lines.

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
