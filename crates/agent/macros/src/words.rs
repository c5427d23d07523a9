//! Words of the arguments `kind` and `level`.

use syn::{Error, LitStr, Result};

/// Kinds of spans.
pub(crate) const KINDS: &[&str] = &[
    "span",
    "agent",
    "workflow",
    "task",
    "llm",
    "embedding",
    "rerank",
    "tool",
    "retrieval",
    "memory",
    "guardrail",
    "evaluator",
    "planning",
    "session",
    "context_assembly",
    "file_operation",
    "shell_command",
    "vcs",
];

/// Kinds with a model call.
const ASKING: &[&str] = &["llm", "embedding", "rerank"];

/// Levels and their variants.
const LEVELS: &[(&str, &str)] = &[
    ("trace", "Trace"),
    ("debug", "Debug"),
    ("info", "Info"),
    ("success", "Success"),
    ("warning", "Warning"),
    ("error", "Error"),
    ("critical", "Critical"),
];

/// Whether spans of this kind call a model.
pub(crate) fn asks_a_model(kind: &str) -> bool {
    ASKING.contains(&kind)
}

/// Rejects an unknown kind.
pub(crate) fn kind(word: &LitStr) -> Result<()> {
    let known = KINDS.contains(&word.value().as_str());
    if known { Ok(()) } else { Err(unknown("kind", word, KINDS.iter().copied())) }
}

/// Variant of a level.
pub(crate) fn level(word: &LitStr) -> Result<&'static str> {
    let value = word.value();
    // The spelling of `tracing` and `log`.
    let value = if value == "warn" { "warning" } else { &value };
    let found = LEVELS.iter().find(|(known, _)| *known == value);
    found
        .map(|(_, variant)| *variant)
        .ok_or_else(|| unknown("level", word, LEVELS.iter().map(|(word, _)| *word)))
}

fn unknown<'a>(what: &str, word: &LitStr, known: impl Iterator<Item = &'a str>) -> Error {
    let known: Vec<_> = known.map(|word| format!("`{word}`")).collect();
    Error::new(word.span(), format!("unknown {what} `{}`: it is one of {}", word.value(), known.join(", ")))
}
