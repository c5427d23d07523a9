//! Stored spans, read by the adapters of this build.
//!
//! A store keeps a span as it was sent, together with the values of its first reading. Answers that show how
//! a span is read, or its messages, read it again here, so a newer adapter also serves older records.

use quipu_core::{Adapters, Span, SpanRow};

/// The whole span of the row, read again; `None` if the row has columns only.
pub(crate) fn reread<'a>(adapters: &Adapters, row: &'a mut SpanRow) -> Option<&'a Span> {
    let span = row.raw.as_mut()?;
    adapters.read(span);
    Some(span)
}
