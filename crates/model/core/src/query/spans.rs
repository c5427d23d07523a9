//! Queries for the spans of a trace.

use compact_str::CompactString;

use super::ROWS;
use crate::{Cost, Kind, MemoryHold, Span, SpanConflict, SpanId, Status, Timestamp, TraceId};

/// Requested detail of a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Columns only: enough for a waterfall.
    #[default]
    Summary,
    /// The whole span as it was sent.
    Full,
}

/// A query for a trace's spans.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanQuery {
    /// The trace.
    pub trace_id: TraceId,
    /// Position after this start and span.
    pub after: Option<(Timestamp, SpanId)>,
    /// Requested rows; at least 1.
    pub limit: usize,
    /// Requested detail of each span.
    pub detail: Detail,
}

impl SpanQuery {
    /// The first 100 spans of a trace, columns only.
    pub const fn of(trace_id: TraceId) -> Self {
        Self { trace_id, after: None, limit: ROWS, detail: Detail::Summary }
    }

    /// The same spans as they were sent.
    #[must_use]
    pub const fn in_full(self) -> Self {
        Self { detail: Detail::Full, ..self }
    }
}

/// A stored span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow {
    /// The span.
    pub span_id: SpanId,
    /// Its parent.
    pub parent_id: Option<SpanId>,
    /// Name.
    pub name: CompactString,
    /// Role of the span.
    pub kind: Kind,
    /// Start.
    pub start: Timestamp,
    /// Duration in nanoseconds; `None` while it runs.
    pub duration: Option<i64>,
    /// Status.
    pub status: Status,
    /// Agent named on it.
    pub agent: Option<CompactString>,
    /// Provider.
    pub provider: Option<CompactString>,
    /// Model.
    pub model: Option<CompactString>,
    /// Tool.
    pub tool: Option<CompactString>,
    /// Nanoseconds until the first token or chunk arrived, if the span reports it.
    pub first_token: Option<i64>,
    /// On a guardrail, whether it was triggered.
    pub triggered: Option<bool>,
    /// Its ledger row, if any.
    pub cost: Option<Cost>,
    /// Refused versions that differ from the final one, in order of arrival.
    pub conflicts: Vec<SpanConflict>,
    /// The span as it was sent (its `canonical` left default), with [`Detail::Full`].
    pub raw: Option<Box<Span>>,
}

impl SpanRow {
    /// Size in memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        let names = [&self.agent, &self.provider, &self.model, &self.tool];
        size_of::<Self>()
            + self.name.len()
            + names.into_iter().flatten().map(|name| name.len()).sum::<usize>()
            + self.cost.as_ref().map_or(0, Cost::heap_bytes)
            + self.raw.as_ref().map_or(0, |raw| raw.bytes())
            + self.conflicts.iter().map(SpanConflict::bytes).sum::<usize>()
    }
}

/// A page of spans.
#[derive(Debug, Default)]
pub struct SpanPage {
    /// Rows by start, then id.
    pub rows: Vec<SpanRow>,
    /// Position of the next page; `None` at the end.
    pub next: Option<(Timestamp, SpanId)>,
    /// Memory of the rows, charged to the request that reads them.
    pub hold: MemoryHold,
}
