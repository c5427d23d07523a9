//! Limits of bytes and spans for each trace, so no trace grows without bound.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use quipu_core::{Intake, Limits, Span, TraceId};
use quipu_otlp::{Decoded, Rejection};

/// Traces whose sizes are known: the most recent ones.
const TRACES: NonZeroUsize = NonZeroUsize::MIN.saturating_add((1 << 16) - 1);

/// Size of a trace, or of its spans in one request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TraceSize {
    /// Bytes since the start of the process, unpacked.
    bytes: u64,
    spans: u64,
}

impl TraceSize {
    const fn with(self, more: Self) -> Self {
        let (bytes, spans) = (self.bytes.saturating_add(more.bytes), self.spans.saturating_add(more.spans));
        Self { bytes, spans }
    }
}

/// The sizes of recent traces.
pub(crate) struct TraceSizes {
    most: TraceSize,
    stored: Mutex<LruCache<TraceId, TraceSize>>,
}

impl TraceSizes {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = TraceSize { bytes: limits.trace_bytes, spans: limits.trace_spans };
        Self { most, stored: Mutex::new(LruCache::unbounded()) }
    }

    /// Looks up the stored spans of traces that are not known, and of those that would exceed their limit:
    /// a span that was sent twice is stored once. Without an answer of the store a trace counts as new.
    pub(crate) async fn learn(&self, spans: &[Span], intake: &dyn Intake) {
        let unsure = self.unsure(spans);
        if unsure.is_empty() {
            return;
        }
        let counts = match intake.span_counts(&unsure).await {
            Ok(counts) => counts,
            Err(error) => return tracing::warn!(%error, "the sizes of stored traces are unknown"),
        };
        for (trace, spans) in unsure.into_iter().zip(counts).filter(|(_, spans)| *spans > 0) {
            self.set(trace, spans);
        }
    }

    fn unsure(&self, spans: &[Span]) -> Vec<TraceId> {
        let mut more: HashMap<TraceId, u64> = HashMap::new();
        for span in spans {
            *more.entry(span.trace_id).or_default() += 1;
        }
        let stored = self.lock();
        let is_sure = |trace: &TraceId, more: u64| {
            stored.peek(trace).is_some_and(|known| known.spans.saturating_add(more) <= self.most.spans)
        };
        more.into_iter().filter(|(trace, more)| !is_sure(trace, *more)).map(|(trace, _)| trace).collect()
    }

    fn set(&self, trace: TraceId, spans: u64) {
        let mut stored = self.lock();
        stored.get_or_insert_mut(trace, TraceSize::default).spans = spans;
        Self::shrink(&mut stored);
    }

    /// Rejects spans that would bring a trace above a limit.
    pub(crate) fn admit(&self, decoded: &mut Decoded) {
        let Decoded { batch, rejected, .. } = decoded;
        let mut sums: HashMap<TraceId, TraceSize> = HashMap::new();
        let stored = self.lock();
        batch.spans.retain(|span| {
            let sum = sums
                .entry(span.trace_id)
                .or_insert_with(|| stored.peek(&span.trace_id).copied().unwrap_or_default());
            let after = sum.with(size(span));
            let (limit, most, unit) = match after {
                after if after.bytes > self.most.bytes => ("trace_bytes", self.most.bytes, "bytes"),
                after if after.spans > self.most.spans => ("trace_spans", self.most.spans, "spans"),
                after => {
                    *sum = after;
                    return true;
                }
            };
            rejected.add(limit, || Rejection {
                what: "span",
                where_: span.span_id.to_string(),
                why: format!(
                    "trace {} holds more than {most} {unit} (limit {limit}); begin a new trace",
                    span.trace_id
                ),
            });
            false
        });
    }

    /// Counts stored spans.
    pub(crate) fn note(&self, sums: &[(TraceId, TraceSize)]) {
        let mut stored = self.lock();
        for (trace, more) in sums {
            let known = stored.get_or_insert_mut(*trace, TraceSize::default);
            *known = known.with(*more);
            Self::shrink(&mut stored);
        }
    }

    fn shrink(stored: &mut LruCache<TraceId, TraceSize>) {
        if stored.len() > TRACES.get() {
            stored.pop_lru();
        }
    }

    /// The sizes of spans by trace.
    pub(crate) fn of(spans: &[Span]) -> Vec<(TraceId, TraceSize)> {
        let mut sums: HashMap<TraceId, TraceSize> = HashMap::new();
        for span in spans {
            let sum = sums.entry(span.trace_id).or_default();
            *sum = sum.with(size(span));
        }
        sums.into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<TraceId, TraceSize>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(span: &Span) -> TraceSize {
    TraceSize { bytes: u64::try_from(span.own_bytes()).unwrap_or(u64::MAX), spans: 1 }
}
