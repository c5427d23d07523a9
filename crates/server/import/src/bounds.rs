//! Limits of an import, and facts that its files lack.

use quipu_core::Billing;

/// Limits of an import. Data over a limit is reported with the limit's name, and the import continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one line; a longer one is skipped without being held in memory.
    pub line_bytes: usize,
    /// Bytes of a file with one JSON document over several lines, which is read as a whole.
    pub document_bytes: u64,
    /// Number of files of one import.
    pub files: usize,
    /// Levels of folders below the named one.
    pub depth: usize,
    /// Bytes of one text of a message; a longer text is cut and marked as cut.
    pub text_bytes: usize,
    /// Problems of one file that are described; further ones are only counted.
    pub troubles: usize,
    /// Billing of calls in transcripts without this fact: Claude Code writes the same transcript with a plan
    /// and with a key.
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
