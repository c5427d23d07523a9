//! What is kept.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Cost, Event, Instrument, Point, Span, SpanId, Temporality, Timestamp, TraceId};

/// One span with its ledger row.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) span: Arc<Span>,
    pub(crate) cost: Option<Cost>,
}

/// The spans of one trace.
pub(crate) type Trace = BTreeMap<SpanId, Entry>;

/// What a series is known by: metric name, then the text of everything else that tells it from others.
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
pub(crate) struct Held {
    pub(crate) traces: BTreeMap<TraceId, Trace>,
    /// Events by the number that they were given.
    pub(crate) events: BTreeMap<i64, Event>,
    /// Texts of all events that are kept: identity is the whole content.
    pub(crate) event_texts: HashSet<String>,
    pub(crate) next_event: i64,
    pub(crate) series: BTreeMap<SeriesKey, Series>,
    /// Traces dropped for want of room, latest last: a correction that comes late for them is no mistake.
    pub(crate) dropped: VecDeque<TraceId>,
    pub(crate) dropped_traces: u64,
}

impl Held {
    /// Spans kept.
    pub(crate) fn spans(&self) -> usize {
        self.traces.values().map(BTreeMap::len).sum()
    }

    /// Starts of the days that have data: a trace belongs to the day of its earliest start.
    pub(crate) fn days(&self) -> BTreeSet<Timestamp> {
        let traces = self.traces.values().filter_map(started_at);
        let points = self.series.values().flat_map(|series| series.points.keys().copied());
        let times = traces.chain(self.events.values().map(|event| event.time)).chain(points);
        times.map(|time| time.floor(Timestamp::DAY)).collect()
    }

    /// Removes the days that end at or before a time; gives how many.
    pub(crate) fn purge(&mut self, before: Timestamp) -> u64 {
        let ends = |time: Timestamp| time.floor(Timestamp::DAY).plus(Timestamp::DAY);
        let gone = self.days().into_iter().filter(|day| ends(*day) <= before).count();
        self.traces.retain(|_, trace| started_at(trace).is_some_and(|time| ends(time) > before));
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
