//! What can be set.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// When a commit counts as safe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// A commit survives the death of the process at once, and that of the machine from the next checkpoint on.
    #[default]
    Process,
    /// A commit is forced to the disk before it is acknowledged: it survives a power cut. Slower.
    Machine,
}

/// Settings of the embedded store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the store; made when missing.
    pub path: PathBuf,
    /// When a commit counts as safe.
    pub durability: Durability,
    /// Whether full text search is kept up. Without it a search for words answers from what was indexed before.
    pub search: bool,
    /// Spans that one transaction takes at most when several batches wait (group commit).
    pub group_spans: usize,
    /// Batches that may wait for the writing thread.
    pub queue_batches: usize,
    /// Days that are open for writing at once.
    pub write_days: usize,
    /// Traces of which it is known without looking which day they are kept with.
    pub known_traces: usize,
    /// Connections for reading that stay open while nobody reads.
    pub read_connections: usize,
    /// KiB of page cache of each connection that writes.
    pub write_cache_kib: u32,
    /// KiB of page cache of each connection that reads.
    pub read_cache_kib: u32,
    /// Spans after which the store trains a compression dictionary of its own, and once more after 25 times as many; 0 for
    /// never.
    pub train_after_spans: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: PathBuf::from("quipu-data"),
            durability: Durability::default(),
            search: true,
            group_spans: 4_000,
            queue_batches: 64,
            write_days: 4,
            known_traces: 32_768,
            read_connections: 64,
            write_cache_kib: 4_096,
            read_cache_kib: 256,
            train_after_spans: 4_000,
        }
    }
}

impl Config {
    /// The defaults for a process that has other things to do than to keep records: less memory, for fewer records at once, and
    /// no training, which needs some 12 MiB while it lasts. Whoever opens the store later with the other defaults trains.
    pub fn lean() -> Self {
        Self {
            group_spans: 1_000,
            queue_batches: 8,
            write_days: 2,
            known_traces: 4_096,
            read_connections: 4,
            write_cache_kib: 1_024,
            train_after_spans: 0,
            ..Self::default()
        }
    }

    /// The defaults, in this folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }
}
