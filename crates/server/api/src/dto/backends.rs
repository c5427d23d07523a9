//! State of the backends, and their dead letters.

use quipu_pipeline::{DeadLetter as Letter, Replayed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::BackendHealth;
use crate::paths::without_paths;

/// All backends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BackendsAnswer {
    /// Backends, the store first.
    pub backends: Vec<BackendHealth>,
}

/// A batch of records that a backend rejected for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// Number of the letter; later letters have higher numbers.
    pub id: u64,
    /// Time at which delivery was given up.
    pub at: String,
    /// `refused`, or `retries_exhausted`.
    pub reason: String,
    /// Error of the backend.
    pub said: String,
    /// Number of records in it.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

impl From<Letter> for DeadLetter {
    fn from(letter: Letter) -> Self {
        let Letter { id, at, reason, said, records, bytes } = letter;
        Self { id, at: at.to_string(), reason, said, records, bytes }
    }
}

impl DeadLetter {
    /// The same for those who may see paths of the host, and for others.
    #[must_use]
    pub(crate) fn seen_by(self, sees_host: bool) -> Self {
        if sees_host { self } else { Self { said: without_paths(&self.said), ..self } }
    }
}

/// Dead letters of a backend, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLettersAnswer {
    /// The dead letters.
    pub dead_letters: Vec<DeadLetter>,
}

/// Result of a replay of dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayAnswer {
    /// Number of dead letters sent again.
    pub letters: u64,
    /// Number of records in them.
    pub records: u64,
    /// Number of dead letters that remain because the queue is full or they are damaged.
    pub left: u64,
}

impl From<Replayed> for ReplayAnswer {
    fn from(replayed: Replayed) -> Self {
        let Replayed { letters, records, left } = replayed;
        Self { letters, records, left }
    }
}

/// Selection of dead letters to remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveDeadLetters {
    /// Numbers of the letters; empty for all letters.
    pub ids: Vec<u64>,
}

/// Result of a removal of dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedAnswer {
    /// Number of removed dead letters.
    pub removed: u64,
}
