//! Where in a trace.

use quipu_core::{SpanId, TraceId};

/// The span that a context stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// Copied in whole words: overlapping halves would stall the load that follows.
#[repr(align(8))]
pub(crate) struct Place {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub sampled: bool,
    /// The span is another process's.
    pub remote: bool,
}
