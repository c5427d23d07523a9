//! The stored records, and their indexes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use quipu_answers::{Entry, Series, SeriesKey, Trace, started_at};
use quipu_core::{Conflicts, Event, Hold, Meeting, Timestamp, TraceId};

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
