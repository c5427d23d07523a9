//! Limits of one question.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Limits of one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlLimits {
    /// Time, in milliseconds.
    pub time_ms: u64,
    /// Memory that the worker may add to that of its start, in bytes.
    pub memory_bytes: u64,
    /// Open files.
    pub files: u64,
    /// Rows of the answer. Further rows are left out, and the answer says so.
    pub rows: usize,
    /// Bytes of the answer's values. Further rows are left out, and the answer says so.
    pub bytes: usize,
}

impl SqlLimits {
    /// Bytes of a statement.
    pub const STATEMENT_BYTES: usize = 50_000;
    /// Parameters of a statement.
    pub const PARAMETERS: usize = 100;
    /// Columns of a result.
    pub const COLUMNS: usize = 200;

    /// The time.
    pub const fn time(&self) -> Duration {
        Duration::from_millis(self.time_ms)
    }
}

impl Default for SqlLimits {
    fn default() -> Self {
        Self { time_ms: 10_000, memory_bytes: 256 << 20, files: 512, rows: 10_000, bytes: 10 << 20 }
    }
}
