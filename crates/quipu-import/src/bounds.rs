//! How much is read at most, and what is said of it that the files do not say.

use quipu_core::Billing;

/// Bounds on what is read. What is over one is reported with the bound's name, and the rest goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one line; a longer one is skipped without being held in memory.
    pub line_bytes: usize,
    /// Bytes of a file that is one JSON document over several lines, which is read as a whole.
    pub document_bytes: u64,
    /// Files of one import.
    pub files: usize,
    /// Levels of folders below the one that was named.
    pub depth: usize,
    /// Bytes of one text of a message; the rest of a longer one is left out, and the text says so.
    pub text_bytes: usize,
    /// Troubles of one file that are told in words; all are counted.
    pub troubles: usize,
    /// Who pays for the calls of transcripts that do not say: those of Claude Code are the same with a plan and with a key.
    pub billing: Option<Billing>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            line_bytes: 64 << 20,
            document_bytes: 256 << 20,
            files: 100_000,
            depth: 32,
            text_bytes: 1 << 20,
            troubles: 16,
            billing: None,
        }
    }
}
