//! Queries that read spans in storage order, for callers that filter rows by themselves.

use compact_str::CompactString;

use super::{Detail, ROWS, WorkRow};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
