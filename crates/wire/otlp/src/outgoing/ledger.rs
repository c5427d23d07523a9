//! Ledger rows of the spans of a batch.

use std::collections::HashMap;

use quipu_core::{Batch, Billing, Cost, Span, SpanId, TraceId, Usage, Usd};

/// The latest row of each span.
pub(super) struct Rows<'a>(HashMap<(TraceId, SpanId), &'a Cost>);

/// The figures that a span may export.
pub(super) enum Figures<'a> {
    /// It counts, or has no row.
    Counted {
        /// Tokens of the span.
        usage: Option<&'a Usage>,
        /// Cost of the span, and its billing.
        cost: Option<(Usd, Billing)>,
    },
    /// It does not count, by the rule of this word.
    Uncounted(&'static str),
}

impl<'a> Rows<'a> {
    pub(super) fn of(batch: &'a Batch) -> Self {
        let mut rows: HashMap<_, &Cost> = HashMap::with_capacity(batch.costs.len());
        for row in &batch.costs {
            let newest = rows.entry((row.trace_id, row.span_id)).or_insert(row);
            if row.version > newest.version {
                *newest = row;
            }
        }
        Self(rows)
    }

    /// Whether the span counts, or has no row.
    pub(super) fn counts(&self, span: &Span) -> bool {
        self.0.get(&(span.trace_id, span.span_id)).is_none_or(|row| row.counts())
    }

    pub(super) fn figures(&self, span: &'a Span) -> Figures<'a> {
        let read = span.canonical.usage.as_ref();
        match self.0.get(&(span.trace_id, span.span_id)) {
            None => Figures::Counted { usage: read, cost: None },
            Some(row) if row.counts() => Figures::Counted {
                usage: row.usage.as_ref().or(read),
                cost: row.amount.map(|amount| (amount, row.billing)),
            },
            Some(row) => Figures::Uncounted(row.rule.word()),
        }
    }
}
