//! The stored records, and their indexes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{
    Conflicts, Cost, Event, Hold, Instrument, Meeting, Point, Signal, Span, SpanConflict, SpanId,
    Temporality, Timestamp, TraceId,
};

/// One span with its ledger row.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) span: Arc<Span>,
    pub(crate) cost: Option<Cost>,
    /// Refused versions of it.
    pub(crate) conflicts: Vec<SpanConflict>,
}

impl Entry {
    /// Whether the entry is a sent span, or was made from another signal and counts: its trace then lists it.
    /// Spans that sampling left out are excluded.
    pub(crate) fn is_one(&self) -> bool {
        self.span.is_sampled() && self.has_told()
    }

    fn has_told(&self) -> bool {
        self.span.canonical.signal == Signal::Span || self.cost.as_ref().is_some_and(Cost::counts)
    }

    /// Keeps a rejected version, unless it is stored already or the limit is reached; returns whether it is
    /// kept. A span whose contents were removed gets no others.
    pub(crate) fn refuse(&mut self, version: SpanConflict) -> bool {
        let is_new = !self.conflicts.iter().any(|known| known.is_same(&version));
        if !is_new || !self.span.is_sampled() {
            return false;
        }
        let replaced = SpanConflict::to_replace(&self.conflicts, &version);
        replaced.into_iter().for_each(|at| drop(self.conflicts.remove(at)));
        self.conflicts.push(version);
        replaced.is_none()
    }

    /// Whether pages of spans include the entry. Excluded are entries made from another signal whose ledger
    /// row does not count, and spans that sampling left out.
    pub(crate) fn is_shown(&self) -> bool {
        self.span.is_sampled() && (self.cost.is_none() || self.is_one())
    }
}

/// The spans of one trace.
pub(crate) type Trace = BTreeMap<SpanId, Entry>;

/// Key of a series: metric name, then the text of all other identifying fields.
pub(crate) type SeriesKey = (CompactString, String);

/// One series.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) unit: CompactString,
    pub(crate) description: String,
    pub(crate) instrument: Instrument,
    pub(crate) temporality: Temporality,
    pub(crate) labels: BTreeMap<CompactString, String>,
    pub(crate) points: BTreeMap<Timestamp, Point>,
}

/// Everything that is kept.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) traces: BTreeMap<TraceId, Trace>,
    /// Traces that had a span of a meeting; a better copy of the span may be of another one.
    pub(crate) meetings: HashMap<Meeting, BTreeSet<TraceId>>,
    /// Events by the number that they were given.
    pub(crate) events: BTreeMap<i64, Event>,
    /// Texts of all events that are kept: identity is the whole content.
    pub(crate) event_texts: HashSet<String>,
    pub(crate) next_event: i64,
    pub(crate) series: BTreeMap<SeriesKey, Series>,
    /// Traces dropped because the store was full, latest last: a late correction for them is no error.
    pub(crate) dropped: VecDeque<TraceId>,
    pub(crate) dropped_traces: u64,
    /// Traces that no rule of retention removes.
    pub(crate) holds: BTreeMap<TraceId, Hold>,
    /// Refused versions of spans since they were last asked for.
    pub(crate) conflicts: Conflicts,
    /// How often traces were forgotten or purged.
    pub(crate) removals: u64,
}

impl Records {
    /// Spans kept.
    pub(crate) fn spans(&self) -> usize {
        self.traces.values().map(BTreeMap::len).sum()
    }

    /// The traces with a span of a meeting, each with the start of one.
    pub(crate) fn traces_of(&self, meeting: Meeting) -> Vec<(TraceId, Timestamp)> {
        let of_it = |entry: &&Entry| entry.span.meetings().any(|of| of == meeting);
        let start = |id: &TraceId| Some((*id, self.traces.get(id)?.values().find(of_it)?.span.start));
        self.meetings.get(&meeting).into_iter().flatten().filter_map(start).collect()
    }

    /// Forgets the traces of meetings that are gone.
    pub(crate) fn forget_meetings(&mut self) {
        self.meetings.retain(|_, traces| {
            traces.retain(|id| self.traces.contains_key(id));
            !traces.is_empty()
        });
    }

    /// Starts of the days that have data: a trace belongs to the day of its earliest start.
    pub(crate) fn days(&self) -> BTreeSet<Timestamp> {
        let traces = self.traces.values().filter_map(started_at);
        let points = self.series.values().flat_map(|series| series.points.keys().copied());
        let times = traces.chain(self.events.values().map(|event| event.time)).chain(points);
        times.map(|time| time.floor(Timestamp::DAY)).collect()
    }

    /// Removes traces with their events, and what points of metrics tell of them; gives of how many there was
    /// a span or event.
    pub(crate) fn forget(&mut self, traces: &[TraceId]) -> u64 {
        let mut known = BTreeSet::new();
        let wanted: BTreeSet<TraceId> = traces.iter().copied().collect();
        known.extend(wanted.iter().filter(|id| self.traces.remove(id).is_some()));
        self.holds.retain(|id, _| !wanted.contains(id));
        let texts = &mut self.event_texts;
        self.events.retain(|_, event| match event.trace_id.filter(|id| wanted.contains(id)) {
            None => true,
            Some(id) => {
                texts.remove(&format!("{event:?}"));
                known.insert(id);
                false
            }
        });
        let points = self.series.values_mut().flat_map(|series| series.points.values_mut());
        points.for_each(|point| point.exemplars.retain(|exemplar| !wanted.contains(&exemplar.trace_id)));
        self.forget_meetings();
        self.removals += 1;
        u64::try_from(known.len()).unwrap_or(u64::MAX)
    }

    /// Removes the days that end at or before a time; gives how many.
    pub(crate) fn purge(&mut self, before: Timestamp) -> u64 {
        let ends = |time: Timestamp| time.floor(Timestamp::DAY).plus(Timestamp::DAY);
        let gone = self.days().into_iter().filter(|day| ends(*day) <= before).count();
        self.traces.retain(|_, trace| started_at(trace).is_some_and(|time| ends(time) > before));
        self.forget_meetings();
        self.removals += 1;
        self.events.retain(|_, event| ends(event.time) > before);
        self.event_texts = self.events.values().map(|event| format!("{event:?}")).collect();
        self.series.values_mut().for_each(|series| series.points.retain(|time, _| ends(*time) > before));
        self.series.retain(|_, series| !series.points.is_empty());
        u64::try_from(gone).unwrap_or(u64::MAX)
    }
}

/// A trace's earliest start.
pub(crate) fn started_at(trace: &Trace) -> Option<Timestamp> {
    trace.values().map(|entry| entry.span.start).min()
}
