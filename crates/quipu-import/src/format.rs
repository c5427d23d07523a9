//! The formats, by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A format of files that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Session transcripts of Claude Code: `~/.claude/projects/PROJECT/SESSION.jsonl`, and those of its sub-agents.
    ClaudeCode,
    /// Session rollouts of Codex: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`.
    Codex,
    /// OTLP requests as JSON, one a file or one a line: what the Collector's file exporter writes.
    Otlp,
    /// Spans as Phoenix's API and clients give them.
    Phoenix,
    /// Observations and traces as Langfuse's API and exports give them.
    Langfuse,
}

/// A name that is no format's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a format; formats are claude-code, codex, otlp, phoenix, langfuse")]
pub struct UnknownFormat(String);

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::ClaudeCode, Self::Codex, Self::Otlp, Self::Phoenix, Self::Langfuse];

    /// The name, as people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Otlp => "otlp",
            Self::Phoenix => "phoenix",
            Self::Langfuse => "langfuse",
        }
    }

    /// Whether its files are one record a line, whatever the first line looks like.
    pub(crate) const fn is_by_line(self) -> bool {
        matches!(self, Self::ClaudeCode | Self::Codex)
    }

    /// Whether a line means nothing without those before it.
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
