//! A place in a trace.

use quipu_core::{SpanId, TraceId};

/// The current span of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// Aligned, because it is copied in whole words: overlapping halves would stall the next load.
#[repr(align(8))]
pub(crate) struct CurrentSpan {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub sampled: bool,
    /// The span belongs to another process.
    pub remote: bool,
}
