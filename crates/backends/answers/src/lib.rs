//! Answers of a store, computed from whole traces: one implementation for the stores that read a trace at a
//! time.
//!
//! Verb: ANSWER.
//! Takes: a query, then the matching traces or events one by one.
//! Gives: the store's answer to the query.
//! Never: reads or writes a file or a connection, or keeps a record after the answer.

mod entry;
mod events;
mod failure;
mod matching;
mod metrics;
mod page;
mod question;
mod retention;
mod summary;
mod terms;
mod text;
mod traces;
mod usage;
mod work;
mod work_rows;

pub use entry::{Entry, Taken, Trace, started_at};
pub use events::EventList;
pub use metrics::{Series, SeriesKey, metric_names, series_of};
pub use question::Question;
pub use retention::{Fate, bare, day_report, fate};
pub use summary::Summed;
pub use text::{words, words_of};
pub use traces::{SessionList, SpanList, TraceList, shown, span_row, trace_cursor, trace_place};
pub use usage::{CostList, FacetCount, ToolSum, UsageSum, cost_cursor, is_usage, totals_of};
pub use work::WorkSum;
pub use work_rows::WorkRowList;
