//! Formats of importable files, and their names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A format of importable files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Session transcripts of Claude Code: `~/.claude/projects/PROJECT/SESSION.jsonl`, and those of its
    /// sub-agents.
    ClaudeCode,
    /// Session rollouts of Codex: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`.
    Codex,
    /// OTLP requests as JSON, one for each file or line, as the Collector's file exporter writes them.
    Otlp,
    /// Spans as Phoenix's API and clients return them.
    Phoenix,
    /// Observations and traces as Langfuse's API and exports return them.
    Langfuse,
}

/// An error: the text is not the name of a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a format; formats are claude-code, codex, otlp, phoenix, langfuse")]
pub struct UnknownFormat(String);

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::ClaudeCode, Self::Codex, Self::Otlp, Self::Phoenix, Self::Langfuse];

    /// The name in commands and config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Otlp => "otlp",
            Self::Phoenix => "phoenix",
            Self::Langfuse => "langfuse",
        }
    }

    /// Whether its files have one record on each line, regardless of the first line.
    pub(crate) const fn is_by_line(self) -> bool {
        matches!(self, Self::ClaudeCode | Self::Codex)
    }

    /// Whether a line depends on the lines before it.
    pub(crate) const fn has_memory(self) -> bool {
        !matches!(self, Self::Otlp)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}
