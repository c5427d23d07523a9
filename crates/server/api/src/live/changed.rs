//! Changed traces that wait for the live feed.

use std::collections::HashSet;

use quipu_core::TraceId;

/// Limit of summaries per look.
const PER_TICK: usize = 100;
/// Limit of changed traces that wait; older ones are reported as missed.
const WAITING: usize = 2_000;

/// Traces that changed since the last look, each once, the latest change last.
#[derive(Default)]
pub(super) struct Changed {
    order: Vec<TraceId>,
    /// Traces and notices that were left out.
    pub(super) missed: u64,
}

impl Changed {
    pub(super) fn add(&mut self, traces: &[TraceId]) {
        let new: HashSet<&TraceId> = traces.iter().collect();
        self.order.retain(|known| !new.contains(known));
        self.order.extend(traces);
        let over = self.order.len().saturating_sub(WAITING);
        self.order.drain(..over);
        self.missed += over as u64;
    }

    /// The latest changes, newest first.
    pub(super) fn take(&mut self) -> Vec<TraceId> {
        let from = self.order.len().saturating_sub(PER_TICK);
        self.order.drain(from..).rev().collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn ids(range: std::ops::Range<u64>) -> Vec<TraceId> {
        range.map(|id| TraceId::from_bytes(u128::from(id + 1).to_be_bytes()).unwrap()).collect()
    }

    #[test]
    fn a_trace_waits_once_and_the_newest_go_first() {
        let mut changed = Changed::default();
        changed.add(&ids(0..3));
        changed.add(&ids(1..2));
        let want: Vec<TraceId> = [1, 2, 0].iter().flat_map(|at| ids(*at..*at + 1)).collect();
        assert_eq!(changed.take(), want);
        assert!(changed.take().is_empty());
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut changed = Changed::default();
        changed.add(&ids(0..2_500));
        assert_eq!((changed.order.len(), changed.missed), (WAITING, 500));
        assert_eq!(changed.take().first(), ids(2_499..2_500).first());
        assert_eq!(changed.order.len(), WAITING - PER_TICK);
    }
}
