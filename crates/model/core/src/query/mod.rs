//! Queries to a store, and the rows of its answers.

mod events;
mod metrics;
#[cfg_attr(not(feature = "patterns"), path = "pattern_off.rs")]
mod pattern;
mod scan;
mod sessions;
mod spans;
mod terms;
mod traces;
mod usage;
mod work;
mod work_rows;

/// Default number of rows.
const ROWS: usize = 100;

pub use events::{EventPage, EventQuery};
pub use metrics::{MetricAggregate, MetricName, MetricQuery, MetricSeries};
pub use pattern::Pattern;
pub use scan::{
    CostFacts, CostScan, CostScanCursor, CostScanPage, ScanCursor, ScanField, ScanPage, ScannedCost,
    ScannedSpan, SpanScan,
};
pub use sessions::{SessionPage, SessionQuery, SessionRow};
pub use spans::{Detail, SpanPage, SpanQuery, SpanRow};
pub use terms::{Criterion, FigureRange, Term, TraceFigure, Wanted, has_attribute};
pub use traces::{
    Cursor, Facet, FacetField, Sort, TraceFilter, TracePage, TraceQuery, TraceRow, TraceStatus,
};
pub use usage::{
    CostCursor, CostPage, CostQuery, CostRow, GroupBy, ToolGroup, UsageGroup, UsageKey, UsageQuery,
    UsageTotals,
};
pub use work::{WorkGroup, WorkKey, WorkQuery, WorkTotals, Worked};
pub use work_rows::{
    WorkRow, WorkRowCursor, WorkRowField, WorkRowPage, WorkRowQuery, WorkRowSort, WorkRowState,
};

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::TraceId;

    #[test]
    fn a_question_that_says_no_more_gets_a_page() {
        let trace_id = TraceId::from_bytes([7; 16]).unwrap();
        let spans = SpanQuery::of(trace_id);
        assert_eq!((spans.trace_id, spans.limit, spans.detail), (trace_id, ROWS, Detail::Summary));
        assert_eq!(spans.clone().in_full(), SpanQuery { detail: Detail::Full, ..spans });
        let events = EventQuery::of(trace_id);
        assert_eq!(events, EventQuery { trace_id: Some(trace_id), ..EventQuery::default() });
        let limits = (events.limit, TraceQuery::default().limit, SessionQuery::default().limit);
        assert_eq!(limits, (ROWS, ROWS, ROWS));
    }
}
