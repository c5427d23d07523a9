//! Queries that read spans or ledger rows in storage order, for callers that filter rows by themselves.

use compact_str::CompactString;

use super::{CostRow, Detail, ROWS, TraceFilter, WorkRow};
use crate::{Kind, Timestamp, TraceId};

/// A field of a span that a scan can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScanField {
    /// Name of the span.
    Name,
    /// Agent named on the span.
    Agent,
    /// Provider.
    Provider,
    /// Model.
    Model,
    /// Tool.
    Tool,
    /// Service of its resource.
    Service,
    /// Framework.
    Framework,
    /// Session of the trace.
    Session,
    /// User of the trace.
    User,
    /// Project of the trace.
    Project,
}

/// A query for spans in storage order. Every condition that is set must hold. It returns the spans of
/// [`Store::spans`](crate::Store::spans) and no others. The default reads the first 100 of all.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanScan {
    /// Start at or after.
    pub since: Option<Timestamp>,
    /// Start before.
    pub until: Option<Timestamp>,
    /// Trace.
    pub trace_id: Option<TraceId>,
    /// Role of the span.
    pub kind: Option<Kind>,
    /// Fields with their exact values.
    pub named: Vec<(ScanField, String)>,
    /// Requested detail of each span.
    pub detail: Detail,
    /// Requested rows; at least 1.
    pub limit: usize,
    /// Position after this row.
    pub cursor: Option<ScanCursor>,
}

impl Default for SpanScan {
    fn default() -> Self {
        Self {
            since: None,
            until: None,
            trace_id: None,
            kind: None,
            named: Vec::new(),
            detail: Detail::Summary,
            limit: ROWS,
            cursor: None,
        }
    }
}

/// Position at the end of a page: the day and the number of its last row in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScanCursor {
    /// Days since the epoch.
    pub day: i32,
    /// Number of the row in the day.
    pub number: i64,
}

/// A span with facts of its trace and its resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ScannedSpan {
    /// The span.
    pub row: WorkRow,
    /// Project of the trace.
    pub project: Option<CompactString>,
}

/// A page of spans.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanPage {
    /// Rows, newest day first; within a day in the order of their arrival.
    pub rows: Vec<ScannedSpan>,
    /// Position of the next page; `None` at the end.
    pub next: Option<ScanCursor>,
}

/// A query for the ledger rows of [`Store::costs`](crate::Store::costs) in storage order. The default reads
/// the first 100 of all.
#[derive(Debug, Clone, PartialEq)]
pub struct CostScan {
    /// Filter of the calls.
    pub filter: TraceFilter,
    /// Trace.
    pub trace_id: Option<TraceId>,
    /// Facts of a row that take another look-up each.
    pub facts: CostFacts,
    /// Requested rows; at least 1.
    pub limit: usize,
    /// Position after this row.
    pub cursor: Option<CostScanCursor>,
}

impl Default for CostScan {
    fn default() -> Self {
        Self {
            filter: TraceFilter::default(),
            trace_id: None,
            facts: CostFacts { span: true, owner: true },
            limit: ROWS,
            cursor: None,
        }
    }
}

/// Requested facts of a ledger row. An id without its fact has no meaning, and a name is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostFacts {
    /// Id of the span.
    pub span: bool,
    /// Id, session and user of the trace.
    pub owner: bool,
}

/// Position of a ledger row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostScanCursor {
    /// Day and number of the row in the store.
    pub row: ScanCursor,
    /// Time of the row, if the day is read by time.
    pub time: Option<Timestamp>,
}

/// A ledger row, and the day and number that identify it in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct ScannedCost {
    /// The row.
    pub row: CostRow,
    /// Day and number.
    pub at: ScanCursor,
}

/// A page of ledger rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostScanPage {
    /// Rows, newest day first.
    pub rows: Vec<ScannedCost>,
    /// Position of the next page; `None` at the end.
    pub next: Option<CostScanCursor>,
}
