//! Parts of a question to the budgets: its purpose, its budgets, and its call.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{SpanId, TraceId};

use crate::definition::Definition;

/// A budget that is asked, and the names of its accounts that the call would be in.
pub(crate) type AskedBudget = (Arc<Definition>, Vec<CompactString>);

/// Purpose of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A call is about to be made.
    Spend,
    /// A dry run: nothing is reserved, remembered or reported.
    Look,
}

/// The call of a reservation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub trace_id: TraceId,
    pub span_id: SpanId,
}
