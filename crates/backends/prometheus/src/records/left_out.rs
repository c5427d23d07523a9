//! Counts of series that are left out, by reason.

use std::collections::HashSet;

/// Name of the counter of left-out series.
pub(crate) const DROPPED: &str = "quipu_prometheus_dropped_series_total";
/// Name of the gauge of stored series.
pub(crate) const KEPT: &str = "quipu_prometheus_series";

/// Number of left-out series that are remembered, so that each counts once; beyond it, a series may count
/// again.
const REMEMBERED: usize = 20_000;

/// Reason why a series is not on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// The limit of series is reached.
    Limit,
    /// The page has its largest size.
    Size,
    /// Another family uses its translated name.
    Name,
    /// Its figures cannot be shown: not a number, below zero, or not valid for its instrument.
    Value,
    /// OpenTelemetry's meter API has a series with the same name and labels.
    Duplicate,
}

impl Reason {
    /// Every reason, in the order shown.
    pub(crate) const ALL: [Self; 5] = [Self::Duplicate, Self::Limit, Self::Name, Self::Size, Self::Value];

    /// The value of the label `reason`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Size => "size",
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
    /// Counts a series once for each reason, and logs the first of each reason.
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
                "series are omitted from the Prometheus page; see {DROPPED}"
            );
        }
    }

    /// Number of series left out for this reason.
    pub(crate) const fn count(&self, reason: Reason) -> u64 {
        self.counts[reason as usize]
    }
}
