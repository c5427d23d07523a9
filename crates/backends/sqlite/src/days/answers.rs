//! Answers about a whole day that its state caches.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use compact_str::CompactString;
use quipu_core::{GroupSums, TraceId};

use crate::codec::Figures;
use crate::folder::Day;
use crate::past::Room;

/// Maximum size of the cached answers of all days together, in bytes. Beyond it an answer is computed each
/// time.
const MOST_OF_ALL: usize = 16 << 20;

/// An answer that a day caches, within the limit of all days.
#[derive(Debug)]
pub(super) struct CachedAnswer<T> {
    pub(super) answer: Arc<T>,
    _room: Room,
}

impl<T: Cacheable> CachedAnswer<T> {
    /// `None` if the caches of all days are full.
    pub(super) fn new(answer: &Arc<T>, taken: &Arc<AtomicUsize>) -> Option<Self> {
        let room = Room::take(taken, answer.bytes(), MOST_OF_ALL)?;
        Some(Self { answer: Arc::clone(answer), _room: room })
    }
}

/// An answer with a known size.
pub(super) trait Cacheable {
    /// Size in memory in bytes, contents included.
    fn bytes(&self) -> usize;
}

impl Cacheable for Values {
    fn bytes(&self) -> usize {
        self.iter().map(|(value, _)| size_of::<(CompactString, u64)>() + value.len()).sum()
    }
}

impl Cacheable for ToolRuns {
    fn bytes(&self) -> usize {
        self.iter().map(|(tool, runs)| size_of::<CompactString>() + tool.len() + runs.bytes()).sum()
    }
}

impl Cacheable for Vec<RankedRow> {
    fn bytes(&self) -> usize {
        self.len() * size_of::<RankedRow>()
    }
}

/// Number of traces of a day for each value of a field.
pub(crate) type Values = Vec<(CompactString, u64)>;

/// A row's position in the order, and its location.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RankedRow {
    pub(crate) value: i64,
    pub(crate) trace: TraceId,
    pub(crate) day: Day,
    pub(crate) pk: i64,
}

/// Time, trace, span and message of a failed run.
pub(crate) type Failure = (i64, TraceId, i64, Option<String>);

/// The runs of each tool.
pub(crate) type ToolRuns = Vec<(CompactString, Runs)>;

/// Runs of one tool.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs {
    pub(crate) figures: Figures,
    pub(crate) failure: Option<Failure>,
}

impl Runs {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.heap_bytes()
    }
}

impl GroupSums for Runs {
    fn merge(&mut self, other: Self) {
        self.figures.add(&other.figures, 1);
        self.failure = self.failure.take().max(other.failure);
    }

    fn heap_bytes(&self) -> usize {
        let text = self.failure.as_ref().and_then(|(.., text)| text.as_ref());
        self.figures.heap_bytes() + text.map_or(0, String::len)
    }
}
