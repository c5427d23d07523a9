//! Limits of bytes for each trace, so no trace grows without bound.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use quipu_core::{Span, TraceId};
use quipu_otlp::{Decoded, Rejection};

/// Traces whose bytes are known: the most recent ones.
const TRACES: NonZeroUsize = NonZeroUsize::MIN.saturating_add((1 << 16) - 1);

/// The bytes of each trace.
pub(crate) struct TraceBytes {
    most: u64,
    stored: Mutex<LruCache<TraceId, u64>>,
}

impl TraceBytes {
    pub(crate) fn new(most: u64) -> Self {
        Self { most, stored: Mutex::new(LruCache::unbounded()) }
    }

    /// Rejects spans that would bring a trace above the limit.
    pub(crate) fn admit(&self, decoded: &mut Decoded) {
        let Decoded { batch, rejected, .. } = decoded;
        let mut sums: HashMap<TraceId, u64> = HashMap::new();
        let stored = self.lock();
        batch.spans.retain(|span| {
            let sum = sums
                .entry(span.trace_id)
                .or_insert_with(|| stored.peek(&span.trace_id).copied().unwrap_or_default());
            let after = sum.saturating_add(bytes(span));
            if after <= self.most {
                *sum = after;
                return true;
            }
            rejected.add("trace_bytes", || Rejection {
                what: "span",
                where_: span.span_id.to_string(),
                why: format!(
                    "trace {} holds more than {} bytes (limit trace_bytes); begin a new trace",
                    span.trace_id, self.most
                ),
            });
            false
        });
    }

    /// Counts stored spans.
    pub(crate) fn note(&self, sums: &[(TraceId, u64)]) {
        let mut stored = self.lock();
        for (trace, bytes) in sums {
            let known = stored.get_or_insert_mut(*trace, || 0);
            *known = known.saturating_add(*bytes);
            if stored.len() > TRACES.get() {
                stored.pop_lru();
            }
        }
    }

    /// The bytes of spans by trace.
    pub(crate) fn of(spans: &[Span]) -> Vec<(TraceId, u64)> {
        let mut sums: HashMap<TraceId, u64> = HashMap::new();
        for span in spans {
            *sums.entry(span.trace_id).or_default() += bytes(span);
        }
        sums.into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<TraceId, u64>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes(span: &Span) -> u64 {
    u64::try_from(span.own_bytes()).unwrap_or(u64::MAX)
}
