//! What each counted call has added, so that a correction adds the difference only.

use std::num::NonZeroUsize;

use lru::LruCache;
use quipu_core::{Cost, SpanId, TraceId};

use super::Estimate;

/// Calls whose figures are remembered; a correction of an older one is taken as a first row only if it was never seen.
const REMEMBERED: usize = 8_192;

/// A change of what is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub before: Estimate,
    pub after: Estimate,
    /// The call is counted from now on, and was not before.
    pub begins: bool,
}

/// Figures by call.
pub(crate) struct Spent(LruCache<(TraceId, SpanId), Estimate>);

impl Default for Spent {
    fn default() -> Self {
        // One that begins with a bound has room for all of it at once.
        let mut known = LruCache::unbounded();
        known.resize(NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN));
        Self(known)
    }
}

/// What a row adds to spending: its computed cost, else the one that its source reported.
fn figures(cost: &Cost) -> Estimate {
    if !cost.counts() {
        return Estimate::default();
    }
    Estimate {
        usd: cost.amount.or(cost.reported).unwrap_or_default(),
        tokens: cost.usage.as_ref().map_or(0, |usage| usage.tokens().total()),
        calls: u64::from(cost.is_call()),
    }
}

impl Spent {
    /// Takes a row; `None` when it changes nothing.
    pub fn take(&mut self, cost: &Cost) -> Option<Change> {
        let key = (cost.trace_id, cost.span_id);
        let known = self.0.get(&key).copied();
        let after = figures(cost);
        if !cost.kind.is_call() && after == Estimate::default() && known.is_none() {
            return None;
        }
        self.0.put(key, after);
        let before = known.unwrap_or_default();
        let begins = cost.counts() && known.is_none_or(|known| known == Estimate::default());
        (before != after || (begins && known.is_none())).then_some(Change { before, after, begins })
    }
}
