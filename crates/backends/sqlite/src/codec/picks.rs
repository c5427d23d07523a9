//! Selection of the spans that give a trace its name, session and other fields. It is stored in the trace's
//! row, so a new or removed span does not require reading all others again.

use quipu_core::{Status, TraceStatus};
use serde::{Deserialize, Serialize};

use crate::codec::SpanFacts;

/// The span that a trace is named after: the first root, or the first span if there is no root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lead {
    pub(crate) root: bool,
    pub(crate) start: i64,
    pub(crate) id: i64,
    pub(crate) name: i64,
    pub(crate) service: Option<i64>,
    pub(crate) framework: Option<i64>,
    pub(crate) convention: Option<i64>,
    pub(crate) session: Option<i64>,
    pub(crate) user: Option<i64>,
}

impl Lead {
    const fn key(&self) -> (bool, i64, i64) {
        (!self.root, self.start, self.id)
    }
}

/// The first span with a name of some kind, and that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pick {
    pub(crate) start: i64,
    pub(crate) id: i64,
    pub(crate) value: i64,
}

impl Pick {
    const fn key(&self) -> (i64, i64) {
        (self.start, self.id)
    }
}

/// All selections and counts over a trace's spans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Picks {
    pub(crate) lead: Option<Lead>,
    pub(crate) framework: Option<Pick>,
    pub(crate) convention: Option<Pick>,
    pub(crate) session: Option<Pick>,
    pub(crate) user: Option<Pick>,
    /// Earliest start.
    pub(crate) start: i64,
    /// Latest known end.
    pub(crate) end: Option<i64>,
    /// Number of spans, without those that were made from another signal and do not count.
    pub(crate) spans: i64,
    /// Number of failed ones among them.
    pub(crate) errors: i64,
    pub(crate) roots: i64,
    pub(crate) roots_ended: i64,
    pub(crate) roots_ok: i64,
    pub(crate) roots_failed: i64,
}

fn choose(pick: &mut Option<Pick>, span: &SpanFacts, value: Option<i64>) {
    let Some(value) = value else { return };
    if pick.is_none_or(|pick| span.key() <= pick.key()) {
        *pick = Some(Pick { start: span.start, id: span.id, value });
    }
}

impl Picks {
    fn count(&mut self, span: &SpanFacts, sign: i64) {
        let when = |condition: bool| if condition { sign } else { 0 };
        if span.shown() {
            self.show(span.status == Status::Error, sign);
        }
        self.roots += when(span.root);
        self.roots_ended += when(span.root && span.duration.is_some());
        self.roots_ok += when(span.root && span.status == Status::Ok);
        self.roots_failed += when(span.root && span.status == Status::Error);
    }

    /// Adds (`sign` 1) or removes (-1) one span of the trace's count.
    pub(crate) const fn show(&mut self, failed: bool, sign: i64) {
        self.spans += sign;
        if failed {
            self.errors += sign;
        }
    }

    fn consider(&mut self, span: &SpanFacts) {
        if self.lead.is_none() || span.start < self.start {
            self.start = span.start;
        }
        self.end = self.end.max(span.end());
        let lead = Lead {
            root: span.root,
            start: span.start,
            id: span.id,
            name: span.name,
            service: span.service,
            framework: span.framework,
            convention: span.convention,
            session: span.session,
            user: span.user,
        };
        if self.lead.as_ref().is_none_or(|known| lead.key() <= known.key()) {
            self.lead = Some(lead);
        }
        choose(&mut self.framework, span, span.framework);
        choose(&mut self.convention, span, span.convention);
        choose(&mut self.session, span, span.session);
        choose(&mut self.user, span, span.user);
    }

    /// Adds a span.
    pub(crate) fn add(&mut self, span: &SpanFacts) {
        self.consider(span);
        self.count(span, 1);
    }

    /// Replaces a copy of a span by another one. `false` if the new copy lacks a selected value of the old
    /// one, so all spans must be read again.
    #[must_use]
    pub(crate) fn replace(&mut self, old: &SpanFacts, new: &SpanFacts) -> bool {
        let lost = |pick: Option<Pick>, value: Option<i64>| {
            pick.is_some_and(|pick| pick.key() == old.key() && (value.is_none() || new.key() > old.key()))
        };
        let was_lead = self.lead.as_ref().is_some_and(|lead| (lead.start, lead.id) == old.key());
        let incomplete = (old.start == self.start && new.start > old.start)
            || (old.end().is_some() && old.end() == self.end && new.end() < old.end())
            || (was_lead && (new.key() > old.key() || (old.root && !new.root)))
            || lost(self.framework, new.framework)
            || lost(self.convention, new.convention)
            || lost(self.session, new.session)
            || lost(self.user, new.user);
        self.count(old, -1);
        self.add(new);
        !incomplete
    }

    /// The trace's status.
    pub(crate) const fn status(&self) -> TraceStatus {
        match self {
            Self { roots: 0, errors: 1.., .. } | Self { roots_failed: 1.., .. } => TraceStatus::Error,
            Self { roots_ended: 0, .. } => TraceStatus::Running,
            Self { roots_ok: 1.., .. } => TraceStatus::Ok,
            _ => TraceStatus::Unset,
        }
    }

    /// Nanoseconds from the earliest start to the latest known end.
    pub(crate) fn duration(&self) -> i64 {
        self.end.map_or(0, |end| end.saturating_sub(self.start).max(0))
    }

    pub(crate) fn name(&self) -> Option<i64> {
        self.lead.as_ref().map(|lead| lead.name)
    }

    pub(crate) fn service(&self) -> Option<i64> {
        self.lead.as_ref().and_then(|lead| lead.service)
    }

    /// The lead's value, otherwise the first value of any span.
    fn told(&self, lead: fn(&Lead) -> Option<i64>, any: Option<Pick>) -> Option<i64> {
        self.lead.as_ref().and_then(lead).or(any.map(|pick| pick.value))
    }

    pub(crate) fn framework(&self) -> Option<i64> {
        self.told(|lead| lead.framework, self.framework)
    }

    pub(crate) fn convention(&self) -> Option<i64> {
        self.told(|lead| lead.convention, self.convention)
    }

    pub(crate) fn session(&self) -> Option<i64> {
        self.told(|lead| lead.session, self.session)
    }

    pub(crate) fn user(&self) -> Option<i64> {
        self.told(|lead| lead.user, self.user)
    }
}

/// The stored number of a status.
pub(crate) const fn trace_status_number(status: TraceStatus) -> i64 {
    match status {
        TraceStatus::Unset => 0,
        TraceStatus::Ok => 1,
        TraceStatus::Error => 2,
        TraceStatus::Running => 3,
    }
}

/// The status of a stored number.
pub(crate) const fn trace_status_of(number: i64) -> TraceStatus {
    match number {
        1 => TraceStatus::Ok,
        2 => TraceStatus::Error,
        3 => TraceStatus::Running,
        _ => TraceStatus::Unset,
    }
}
