//! Tail sampling: the decision on a trace falls after its end, with its errors and duration known.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use foldhash::{HashMap, HashMapExt};
use quipu_core::{Meter, Span, Status, Timestamp, TraceId};

/// Config of tail sampling, and its memory limits.
#[derive(Debug, Clone, PartialEq)]
pub struct TailSampling {
    /// A root that takes longer is kept, in nanoseconds.
    pub slow: i64,
    /// Share of the other traces to keep, 0 to 1. It depends on the trace id, so all processes decide alike.
    pub ratio: f64,
    /// Most held spans; beyond that the oldest trace is decided early.
    pub spans: usize,
    /// Longest time to hold a trace; then the decision uses the spans at hand.
    pub hold: Duration,
    /// Remembered decisions, so late spans follow the decision on their trace.
    pub remembered: usize,
}

impl Default for TailSampling {
    fn default() -> Self {
        Self {
            slow: 10 * Timestamp::SECOND,
            ratio: 0.1,
            spans: 16_384,
            hold: Duration::from_secs(30),
            remembered: 65_536,
        }
    }
}

struct HeldTrace {
    since: Timestamp,
    spans: Vec<Span>,
    failed: bool,
}

/// Holds the spans of a trace until its root has ended, then releases all of them. They stay unchanged if one
/// of them failed, the root was slow, or the ratio selects the trace. Otherwise they are marked as unsampled
/// ([`Span::SAMPLED`]) and are only counted.
///
/// A trace ends when a span without a parent arrives. If the root is in another process, the time limit
/// decides.
pub struct Tail {
    settings: TailSampling,
    held: HashMap<TraceId, HeldTrace>,
    order: VecDeque<(TraceId, Timestamp)>,
    spans: usize,
    decided: lru::LruCache<TraceId, bool>,
    meter: Arc<dyn Meter>,
    keeps_all: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Tail {
    /// Creates an empty holder.
    pub fn new(settings: TailSampling, meter: Arc<dyn Meter>) -> Self {
        // A bounded cache would allocate its whole capacity at once.
        let mut decided = lru::LruCache::unbounded();
        decided
            .resize(std::num::NonZeroUsize::new(settings.remembered).unwrap_or(std::num::NonZeroUsize::MIN));
        let keeps_all = Arc::new(|| false);
        Self { settings, held: HashMap::new(), order: VecDeque::new(), spans: 0, decided, meter, keeps_all }
    }

    /// Keeps all traces while `keeps_all` says so.
    #[must_use]
    pub fn keeping(mut self, keeps_all: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.keeps_all = Arc::new(keeps_all);
        self
    }

    /// Number of held spans.
    pub const fn held(&self) -> usize {
        self.spans
    }

    /// Accepts spans and returns those that are decided now. Unsampled spans pass at once.
    pub fn take(&mut self, spans: Vec<Span>, now: Timestamp) -> Vec<Span> {
        let mut out = Vec::with_capacity(spans.len());
        let mut ended = Vec::new();
        for mut span in spans {
            if !span.is_sampled() {
                out.push(span);
            } else if let Some(keep) = self.fate_of(&span) {
                if !keep {
                    leave_out(&mut span);
                }
                out.push(span);
            } else {
                if is_root(&span) {
                    ended.push(span.trace_id);
                }
                self.hold(span, now);
            }
        }
        ended.into_iter().for_each(|trace| self.decide(trace, None, &mut out));
        self.make_room(now, &mut out);
        out
    }

    /// Decides on all held traces.
    pub fn end(&mut self) -> Vec<Span> {
        let mut out = Vec::with_capacity(self.spans);
        while let Some((trace, _)) = self.order.pop_front() {
            self.decide(trace, Some("shutdown"), &mut out);
        }
        out
    }

    /// Earlier decision on a late span's trace; a late error is always kept.
    fn fate_of(&mut self, span: &Span) -> Option<bool> {
        let keep = *self.decided.get(&span.trace_id)?;
        let keep = keep || span.status == Status::Error;
        self.decided.put(span.trace_id, keep);
        Some(keep)
    }

    fn hold(&mut self, span: Span, now: Timestamp) {
        let held = self.held.entry(span.trace_id).or_insert_with(|| {
            self.order.push_back((span.trace_id, now));
            HeldTrace { since: now, spans: Vec::new(), failed: false }
        });
        held.failed |= span.status == Status::Error;
        held.spans.push(span);
        self.spans += 1;
    }

    fn make_room(&mut self, now: Timestamp, out: &mut Vec<Span>) {
        let hold = i64::try_from(self.settings.hold.as_nanos()).unwrap_or(i64::MAX);
        while let Some((trace, since)) = self.order.front().copied() {
            let is_held = self.held.get(&trace).is_some_and(|held| held.since == since);
            let reason = match (is_held, self.spans > self.settings.spans, now.since(since) >= hold) {
                // The trace was decided meanwhile.
                (false, ..) => None,
                (true, true, _) => Some("memory"),
                (true, false, true) => Some("time"),
                (true, false, false) => return,
            };
            self.order.pop_front();
            if reason.is_some() {
                self.decide(trace, reason, out);
            }
        }
    }

    /// Decides on a trace; `early` gives the reason for a decision before its end.
    fn decide(&mut self, trace: TraceId, early: Option<&'static str>, out: &mut Vec<Span>) {
        let Some(held) = self.held.remove(&trace) else { return };
        self.spans -= held.spans.len();
        let root = held.spans.iter().filter(|span| is_root(span)).filter_map(Span::duration).max();
        // Without a root, the longest span counts.
        let took = root.or_else(|| held.spans.iter().filter_map(Span::duration).max());
        let reason = if held.failed {
            "error"
        } else if took.is_some_and(|took| took > self.settings.slow) {
            "slow"
        } else if self.by_ratio(trace) {
            "ratio"
        } else if (self.keeps_all)() {
            "keep_all"
        } else {
            "left_out"
        };
        let keep = reason != "left_out";
        self.decided.put(trace, keep);
        let labels = [("reason", reason), ("early", early.unwrap_or("no"))];
        self.meter.add("quipu_tail_traces_total", &labels, 1);
        out.extend(held.spans.into_iter().map(|mut span| {
            if !keep {
                leave_out(&mut span);
            }
            span
        }));
    }

    /// Decides by the lower half of the trace id, like OpenTelemetry's `TraceIdRatioBased` and like head
    /// sampling.
    fn by_ratio(&self, trace: TraceId) -> bool {
        let low = trace.as_bytes().iter().skip(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        self.settings.ratio >= 1.0
            || (low >> 1) < (self.settings.ratio.max(0.0) * (1_u64 << 63) as f64) as u64
    }
}

const fn is_root(span: &Span) -> bool {
    span.parent_id.is_none()
}

/// Marks a span as unsampled. Its attributes stay until the count, because metrics are derived from them.
fn leave_out(span: &mut Span) {
    span.attributes.push(Span::SAMPLED, false);
    span.events = Vec::new();
    span.links = Vec::new();
}
