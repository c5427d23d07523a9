//! Orphan spans and rootless traces among recent traces.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use quipu_core::{SpanId, Timestamp, TraceId};

use crate::seen::Joint;

/// A trace is judged after this time without a new span.
pub(crate) const SETTLED: i64 = 60 * Timestamp::SECOND;
/// Spans that began less than this time before a restart may have relatives in the earlier process.
const BEFORE_RESTART: i64 = Timestamp::HOUR;
/// Maximum number of followed traces.
const MOST_TRACES: usize = 2_048;
/// Maximum number of spans in all followed traces.
const MOST_SPANS: usize = 65_536;
/// Maximum number of spans of a trace; a larger trace is not judged.
const MOST_OF_A_TRACE: usize = 8_192;

/// Figures of the judged traces of a source. A trace belongs to the source of its first span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) spans: u64,
    pub(crate) orphans: u64,
    pub(crate) traces: u64,
    pub(crate) rootless: u64,
}

impl Judged {
    pub(crate) fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.orphans += other.orphans;
        self.traces += other.traces;
        self.rootless += other.rootless;
    }

    pub(crate) fn take_back(&mut self, other: Self) {
        self.spans = self.spans.saturating_sub(other.spans);
        self.orphans = self.orphans.saturating_sub(other.orphans);
        self.traces = self.traces.saturating_sub(other.traces);
        self.rootless = self.rootless.saturating_sub(other.rootless);
    }
}

/// A followed trace. It contains ids only.
#[derive(Debug)]
struct Trace {
    spans: HashSet<SpanId>,
    /// Parent and source of each span; a root has no parent.
    links: Vec<(Option<SpanId>, u64)>,
    first: (Timestamp, u64),
    arrived: Timestamp,
    /// Whether spans of it may be unknown; it is then not judged.
    partial: bool,
    judged: bool,
}

/// The followed traces.
///
/// If there are too many, one in two is followed, then one in four and so on. The trace id decides, so a
/// trace is followed with all its spans or not at all.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    traces: HashMap<TraceId, Trace>,
    spans: usize,
    /// One trace in `2^halved` is followed.
    halved: u32,
    latest: Timestamp,
    /// Start of this process, if an earlier process stored counts.
    pub(crate) resumed: Option<Timestamp>,
}

/// Figures to add to a source, or to subtract from it.
pub(crate) enum Figures {
    Add(u64, Judged),
    TakeBack(u64, Judged),
}

impl Traces {
    /// Adds a span. `source` is the number of its source. Figures that no longer hold are added to `told`.
    pub(crate) fn note(&mut self, joint: &Joint, source: u64, now: Timestamp, told: &mut Vec<Figures>) {
        if now.since(self.latest) >= SETTLED {
            self.halved = 0;
        }
        self.latest = self.latest.max(now);
        if !self.make_room(joint.trace) {
            return;
        }
        let resumed = |up: Timestamp| joint.start < up && up.since(joint.start) < BEFORE_RESTART;
        let partial = self.resumed.is_some_and(resumed);
        let trace = self.traces.entry(joint.trace).or_insert_with(|| Trace::new(joint.start, source, now));
        trace.partial |= partial;
        if trace.judged {
            trace.judged = false;
            told.extend(
                trace.figures().into_iter().map(|(source, judged)| Figures::TakeBack(source, judged)),
            );
        }
        self.spans += trace.note(joint, source, now);
        if trace.spans.len() > MOST_OF_A_TRACE {
            trace.partial = true;
            self.spans -= trace.forget();
        }
    }

    /// Judges the traces without recent spans.
    pub(crate) fn judge(&mut self, now: Timestamp) -> Vec<Figures> {
        let mut told = Vec::new();
        for trace in self.traces.values_mut() {
            if !trace.judged && !trace.partial && now.since(trace.arrived) >= SETTLED {
                trace.judged = true;
                told.extend(trace.figures().into_iter().map(|(source, judged)| Figures::Add(source, judged)));
            }
        }
        told
    }

    /// Whether the trace is followed; makes room for its next span.
    fn make_room(&mut self, trace: TraceId) -> bool {
        while self.is_followed(trace) {
            let fits = self.traces.len() < MOST_TRACES || self.traces.contains_key(&trace);
            if fits && self.spans < MOST_SPANS {
                return true;
            }
            self.drop_some();
        }
        false
    }

    fn is_followed(&self, trace: TraceId) -> bool {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(trace);
        hash.trailing_zeros() >= self.halved
    }

    /// Removes judged traces; if there are none, every second trace.
    fn drop_some(&mut self) {
        let before = self.traces.len();
        self.traces.retain(|_, trace| !trace.judged);
        if self.traces.len() == before {
            self.halved += 1;
            let mut traces = std::mem::take(&mut self.traces);
            traces.retain(|id, _| self.is_followed(*id));
            self.traces = traces;
        }
        self.spans = self.traces.values().map(|trace| trace.spans.len()).sum();
    }
}

impl Trace {
    fn new(start: Timestamp, source: u64, now: Timestamp) -> Self {
        Self {
            spans: HashSet::new(),
            links: Vec::new(),
            first: (start, source),
            arrived: now,
            partial: false,
            judged: false,
        }
    }

    /// Adds a span, and returns the number of added ids.
    fn note(&mut self, joint: &Joint, source: u64, now: Timestamp) -> usize {
        self.arrived = self.arrived.max(now);
        if self.partial || !self.spans.insert(joint.span) {
            return 0;
        }
        self.links.push((joint.parent, source));
        self.first = self.first.min((joint.start, source));
        1
    }

    /// Removes the ids, and returns their number.
    fn forget(&mut self) -> usize {
        self.links = Vec::new();
        std::mem::take(&mut self.spans).len()
    }

    /// The figures of the trace by source.
    fn figures(&self) -> HashMap<u64, Judged> {
        let mut figures: HashMap<u64, Judged> = HashMap::new();
        let mut has_root = false;
        for (parent, source) in &self.links {
            let judged = figures.entry(*source).or_default();
            judged.spans += 1;
            judged.orphans += u64::from(parent.is_some_and(|parent| !self.spans.contains(&parent)));
            has_root |= parent.is_none();
        }
        let first = figures.entry(self.first.1).or_default();
        first.traces = 1;
        first.rootless = u64::from(!has_root);
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joint(trace: u64, span: u64, parent: Option<u64>) -> Joint {
        let id = |number: u64| SpanId::made_of(&[&number.to_string()]);
        Joint {
            trace: TraceId::made_of(&[&trace.to_string()]),
            span: id(span),
            parent: parent.map(id),
            start: Timestamp::from_nanos(span.cast_signed()),
            source: 0,
        }
    }

    fn total(told: &[Figures]) -> [i64; 4] {
        let mut sums = [0; 4];
        for one in told {
            let (sign, judged) = match one {
                Figures::Add(_, judged) => (1, judged),
                Figures::TakeBack(_, judged) => (-1, judged),
            };
            let parts = [judged.spans, judged.orphans, judged.traces, judged.rootless];
            for (sum, part) in sums.iter_mut().zip(parts) {
                *sum += sign * part.cast_signed();
            }
        }
        sums
    }

    #[test]
    fn a_late_parent_takes_its_orphans_back() {
        let (mut traces, mut told) = (Traces::default(), Vec::new());
        let later = Timestamp::from_nanos(SETTLED);
        for (span, parent) in [(2, Some(1)), (3, Some(2)), (3, Some(2)), (4, Some(1))] {
            traces.note(&joint(1, span, parent), 7, Timestamp::default(), &mut told);
        }
        assert_eq!(total(&traces.judge(Timestamp::default())), [0; 4], "the parent may still come");
        told.extend(traces.judge(later));
        assert_eq!(total(&told), [3, 2, 1, 1]);
        traces.note(&joint(1, 1, None), 7, later, &mut told);
        assert_eq!(total(&told), [0; 4]);
        told.extend(traces.judge(later.plus(SETTLED)));
        assert_eq!(total(&told), [4, 0, 1, 0]);
    }

    #[test]
    fn more_traces_than_fit_are_followed_whole_or_not_at_all() {
        let (mut traces, mut told) = (Traces::default(), Vec::new());
        for (span, parent) in [(1, None), (2, Some(1)), (3, Some(2))] {
            for trace in 0..20_000 {
                traces.note(&joint(trace, span, parent), 7, Timestamp::default(), &mut told);
            }
        }
        assert!(traces.traces.len() <= MOST_TRACES && traces.spans <= MOST_SPANS);
        told.extend(traces.judge(Timestamp::from_nanos(SETTLED)));
        let [spans, orphans, judged, rootless] = total(&told);
        assert!(judged > 500, "{judged} traces");
        assert_eq!((spans, orphans, rootless), (3 * judged, 0, 0));
    }

    #[test]
    fn spans_from_before_a_restart_are_not_judged() {
        let up = Timestamp::from_nanos(Timestamp::DAY);
        let (mut traces, mut told) = (Traces { resumed: Some(up), ..Traces::default() }, Vec::new());
        for (trace, start) in [(1, up.plus(-1)), (2, up)] {
            traces.note(&Joint { start, ..joint(trace, 2, Some(1)) }, 7, up, &mut told);
        }
        told.extend(traces.judge(up.plus(SETTLED)));
        assert_eq!(total(&told), [1, 1, 1, 1]);
    }
}
