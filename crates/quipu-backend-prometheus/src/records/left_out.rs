//! What was left out, and why.

use std::collections::HashSet;

/// Name of the counter of series that were left out.
pub(crate) const DROPPED: &str = "quipu_prometheus_dropped_series_total";
/// Name of the gauge of series that are kept.
pub(crate) const KEPT: &str = "quipu_prometheus_series";

/// Series that are remembered as left out, so that each counts once; beyond, counting starts to repeat.
const REMEMBERED: usize = 20_000;

/// Why a series is not on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// As many are kept as may be.
    Limit,
    /// Its translated name belongs to something else.
    Name,
    /// Its figures cannot be shown: not a number, falling below zero, or not those of its instrument.
    Value,
    /// The same name and labels came from OpenTelemetry's meter API too.
    Duplicate,
}

impl Reason {
    /// All of them, in the order shown.
    pub(crate) const ALL: [Self; 4] = [Self::Duplicate, Self::Limit, Self::Name, Self::Value];

    /// The value of the label `reason`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Name => "name",
            Self::Value => "value",
            Self::Duplicate => "duplicate",
        }
    }
}

/// Counts by reason.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    counts: [u64; Reason::ALL.len()],
    known: HashSet<(Reason, u64)>,
}

impl LeftOut {
    /// Counts a series once for each reason, and notes the first of each reason in the log.
    pub(crate) fn add(&mut self, reason: Reason, key: u64) {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        if !self.known.insert((reason, key)) {
            return;
        }
        let count = &mut self.counts[reason as usize];
        *count += 1;
        if *count == 1 {
            tracing::warn!(
                reason = reason.word(),
                "series are left out of the Prometheus page; see {DROPPED}"
            );
        }
    }

    /// Series left out for this reason.
    pub(crate) const fn count(&self, reason: Reason) -> u64 {
        self.counts[reason as usize]
    }
}
