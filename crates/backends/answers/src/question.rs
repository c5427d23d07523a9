//! A query that is answered trace by trace.

use quipu_core::{Result, TraceId};

use crate::Trace;

/// A query under way. The caller passes every trace that may match, each once and whole, in any order.
/// Traces that do not match add nothing, so the caller may preselect with any weaker condition.
pub trait Question {
    /// The answer.
    type Answer;

    /// Adds one trace.
    ///
    /// # Errors
    /// No memory is left for the request.
    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()>;

    /// The answer over all added traces.
    ///
    /// # Errors
    /// No memory is left for the request.
    fn finish(self) -> Result<Self::Answer>;
}
