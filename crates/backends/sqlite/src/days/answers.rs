//! Answers about a whole day that its state caches.

use compact_str::CompactString;
use quipu_core::TraceId;

use crate::codec::Figures;
use crate::folder::Day;

/// Number of traces of a day for each value of a field.
pub(crate) type Values = Vec<(CompactString, u64)>;

/// A row's position in the order, and its location.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
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
