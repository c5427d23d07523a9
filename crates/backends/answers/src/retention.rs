//! Outcome of retention for a trace.

use std::collections::BTreeMap;

use quipu_core::{
    Attributes, DayFate, Retention, RetentionSignal, RetiredDay, RetiredFor, Span, Timestamp, TraceId,
};

use crate::entry::{Trace, started_at};
use crate::summary::Summed;

/// Outcome of retention for a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its contents go; its ledger rows stay.
    Thinned,
    /// All of it goes.
    Goes,
}

/// Outcome of the rules for a trace with its earliest start; `None` if it stays.
pub fn fate(id: TraceId, trace: &Trace, rules: &Retention, now: Timestamp) -> Option<(Fate, Timestamp)> {
    let row = Summed::of(id, trace)?.row;
    let day = row.started_at.floor(Timestamp::DAY).plus(Timestamp::DAY);
    let end = day.max(row.started_at.plus(row.duration));
    let past = |signal| rules.keep(signal, row.service.as_deref(), row.project.as_deref()).is_past(end, now);
    if day > now || !past(RetentionSignal::Traces) {
        return None;
    }
    let has_costs = trace.values().any(|entry| entry.cost.is_some());
    let fate = if has_costs && !past(RetentionSignal::Costs) { Fate::Thinned } else { Fate::Goes };
    Some((fate, started_at(trace)?))
}

/// The span without the contents that sampling removes.
pub fn bare(span: &Span) -> Span {
    let mut bare = span.clone();
    bare.attributes = Attributes::with_capacity(1);
    bare.attributes.push(Span::SAMPLED, false);
    (bare.events, bare.links, bare.status_message) = (Vec::new(), Vec::new(), String::new());
    bare.canonical.notes = Vec::new();
    bare
}

/// The report on the day of a time; an empty one is added first.
pub fn day_report(told: &mut BTreeMap<Timestamp, RetiredDay>, time: Timestamp) -> &mut RetiredDay {
    let day = time.floor(Timestamp::DAY);
    told.entry(day).or_insert(RetiredDay {
        day,
        fate: DayFate::Thinned,
        why: RetiredFor::Age,
        traces: 0,
        spans: 0,
        costs: 0,
        events: 0,
        points: 0,
        held: 0,
        bytes: 0,
        freed: 0,
    })
}
