//! Set of signals: the kinds of records that a backend takes.

use crate::Batch;

/// A set of signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalSet(u8);

impl SignalSet {
    /// No signal.
    pub const NONE: Self = Self(0);
    /// Spans.
    pub const SPANS: Self = Self(1);
    /// Events.
    pub const EVENTS: Self = Self(2);
    /// Metrics.
    pub const METRICS: Self = Self(4);
    /// Ledger rows.
    pub const COSTS: Self = Self(8);
    /// Every signal.
    pub const ALL: Self = Self(15);

    /// The signals of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all signals of `other` are in this set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Number of a batch's records that are of these signals.
    pub fn records(self, batch: &Batch) -> usize {
        let signals = [
            (Self::SPANS, batch.spans.len()),
            (Self::EVENTS, batch.events.len()),
            (Self::METRICS, batch.metrics.len()),
            (Self::COSTS, batch.costs.len()),
        ];
        signals.iter().filter(|(signal, _)| self.has(*signal)).map(|(_, records)| records).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Batch, SignalSet, Span, SpanId, Timestamp, TraceId};

    #[test]
    fn a_set_has_the_signals_of_its_parts_and_counts_their_records() {
        let both = SignalSet::SPANS.and(SignalSet::COSTS);
        assert!(both.has(SignalSet::SPANS) && both.has(SignalSet::COSTS) && both.has(SignalSet::NONE));
        assert!(!both.has(SignalSet::EVENTS) && !both.has(SignalSet::ALL) && SignalSet::ALL.has(both));
        let at = Timestamp::from_nanos(0);
        let (trace, span) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let span = Span::new(trace, span, "chat", at, at);
        let batch = Batch { spans: vec![span.clone(), span], ..Batch::default() };
        let counts =
            [SignalSet::ALL, both, SignalSet::EVENTS, SignalSet::NONE].map(|set| set.records(&batch));
        assert_eq!(counts, [2, 2, 0, 0]);
    }
}
