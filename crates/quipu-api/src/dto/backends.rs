//! State of the backends, and their dead letters.

use quipu_pipeline::{DeadLetter as Letter, Replayed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::BackendHealth;
use crate::paths::without_paths;

/// Every backend.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BackendsAnswer {
    /// The store first.
    pub backends: Vec<BackendHealth>,
}

/// A batch of records that the server of a backend rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// Its number; later ones have higher numbers.
    pub id: u64,
    /// When it was given up.
    pub at: String,
    /// `refused`, or `retries_exhausted`.
    pub reason: String,
    /// Error of the backend.
    pub said: String,
    /// Records in it.
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
    /// Dead letters.
    pub dead_letters: Vec<DeadLetter>,
}

/// Result of a replay of dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayAnswer {
    /// Dead letters.
    pub letters: u64,
    /// Records in them.
    pub records: u64,
    /// Dead letters that stay, because the queue is full or they are damaged.
    pub left: u64,
}

impl From<Replayed> for ReplayAnswer {
    fn from(replayed: Replayed) -> Self {
        let Replayed { letters, records, left } = replayed;
        Self { letters, records, left }
    }
}

/// Which dead letters are to go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveDeadLetters {
    /// Numbers of the letters; empty for all.
    pub ids: Vec<u64>,
}

/// Result of a removal of dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedAnswer {
    /// Dead letters.
    pub removed: u64,
}
