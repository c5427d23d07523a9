//! Questions to a store, and the rows that it answers with.

mod events;
mod metrics;
mod sessions;
mod spans;
mod traces;
mod usage;

pub use events::{EventPage, EventQuery};
pub use metrics::{MetricAggregate, MetricName, MetricQuery, MetricSeries};
pub use sessions::{SessionPage, SessionQuery, SessionRow};
pub use spans::{Detail, SpanPage, SpanQuery, SpanRow};
pub use traces::{
    Cursor, Facet, FacetField, Sort, TraceFilter, TracePage, TraceQuery, TraceRow, TraceStatus,
};
pub use usage::{GroupBy, ToolGroup, UsageGroup, UsageKey, UsageQuery, UsageTotals};
