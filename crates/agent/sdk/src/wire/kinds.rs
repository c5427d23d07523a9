//! OpenTelemetry's names and span kinds for each kind of guard.
//!
//! Operations, span names (`{operation} {subject}`) and span kinds are those of the OpenTelemetry semantic
//! conventions for generative AI (<https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/>). A kind
//! without such a convention uses the given name.

use super::Key;

/// One kind.
#[derive(Debug)]
pub(super) struct Row {
    /// The kind's word in records.
    pub word: &'static str,
    /// `gen_ai.operation.name`; empty for kinds without an operation in OpenTelemetry.
    pub operation: &'static str,
    /// Attribute that completes the span's name.
    pub subject: Key,
    /// Whether it calls another system.
    pub client: bool,
}

const fn row(word: &'static str, operation: &'static str, subject: Key, client: bool) -> Row {
    Row { word, operation, subject, client }
}

/// Kinds by number. The first is for unknown words.
pub(super) const ROWS: &[Row] = &[
    row("other", "", Key::SUBJECT, false),
    row("agent", "invoke_agent", Key::AGENT_NAME, false),
    row("workflow", "invoke_workflow", Key::AGENT_NAME, false),
    row("task", "", Key::SUBJECT, false),
    row("llm", "chat", Key::REQUEST_MODEL, true),
    row("embedding", "embeddings", Key::REQUEST_MODEL, true),
    row("rerank", "rerank", Key::REQUEST_MODEL, true),
    row("tool", "execute_tool", Key::TOOL_NAME, false),
    row("retrieval", "retrieval", Key::DATA_SOURCE, true),
    row("memory", "", Key::SUBJECT, false),
    row("guardrail", "", Key::SUBJECT, false),
    row("evaluator", "", Key::EVALUATION, false),
    row("planning", "plan", Key::SUBJECT, false),
    row("session", "", Key::SUBJECT, false),
    row("context_assembly", "", Key::SUBJECT, false),
    row("file_operation", "", Key::SUBJECT, false),
    row("shell_command", "", Key::SUBJECT, false),
    row("vcs", "", Key::SUBJECT, false),
];

/// Number of spans of another instrumentation, which have no kind.
pub(crate) const FOREIGN: u8 = 255;

/// Number of a kind's word, computed at compile time.
pub(crate) const fn number(word: &str) -> u8 {
    let mut at = 0;
    while at < ROWS.len() {
        if same(ROWS[at].word.as_bytes(), word.as_bytes()) {
            return at as u8;
        }
        at += 1;
    }
    0
}

/// Key for the name that a guard was given.
pub(crate) const fn subject(kind: u8) -> Key {
    if (kind as usize) < ROWS.len() { ROWS[kind as usize].subject } else { Key::NAME }
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
