//! Records of the same call with the evidence for it, read from the store for display.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::{Meeting, Result, SpanId, Store, Timestamp, TraceId};

use crate::ledger::Ledger;
use crate::row::{Id, Row};
use crate::standing::Standing;
use crate::trace::Trace;
use crate::{evidence, rows};

/// Another record of the same call or tool run.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its span.
    pub span_id: SpanId,
    /// Confidence, from 0 to 1.
    pub score: f64,
    /// The evidence, the strongest first.
    pub why: Vec<&'static str>,
}

impl Ledger {
    /// The other records of the calls and tool runs of a trace, by span. Reads the trace and the traces of
    /// its meetings from the store, and decides as the count does. Writes nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn joined(
        &mut self,
        trace: (TraceId, Timestamp),
        store: &dyn Store,
    ) -> Result<BTreeMap<SpanId, Vec<Joined>>> {
        self.recount(&[trace], store).await?;
        let mut groups = Groups::default();
        for id in self.traces_around(trace.0) {
            if let Some(trace) = self.traces.peek(&id) {
                let (pairs, rows) = trace.joined(id);
                pairs.into_iter().for_each(|(one, other)| groups.join(one, other));
                groups.know(rows);
            }
        }
        let (meetings, moments) = self.meetings_of(trace.0);
        for meeting in meetings {
            let (pairs, rows) = self.meetings.joined(meeting);
            pairs.into_iter().for_each(|(one, other)| groups.join(one, other));
            groups.know(rows);
        }
        for moment in moments {
            for rows in self.moments.joined(moment) {
                rows.iter().skip(1).for_each(|row| groups.join(rows[0].id(), row.id()));
                groups.know(rows);
            }
        }
        Ok(groups.of_trace(trace.0))
    }

    /// The trace, and the traces in memory that may hold records of its calls.
    fn traces_around(&self, trace: TraceId) -> BTreeSet<TraceId> {
        let (meetings, moments) = self.meetings_of(trace);
        let met = meetings.into_iter().flat_map(|meeting| self.meetings.joined(meeting).1);
        let beside = moments.into_iter().flat_map(|moment| self.moments.joined(moment)).flatten();
        met.chain(beside).map(|row| row.cost.trace_id).chain([trace]).collect()
    }

    fn meetings_of(&self, trace: TraceId) -> (BTreeSet<Meeting>, BTreeSet<Meeting>) {
        let rows = self.traces.peek(&trace).map(|known| known.joined(trace).1).unwrap_or_default();
        (
            rows.iter().filter_map(|row| row.meeting).collect(),
            rows.iter().filter_map(|row| row.moment).collect(),
        )
    }
}

impl Trace {
    /// The pairs of joined records, the counted one first, and all rows of the trace.
    fn joined(&self, id: TraceId) -> (Vec<(Id, Id)>, Vec<Row>) {
        let spans = || (0..).take(self.len());
        let pair = |at| {
            let entry = self.entry(at);
            let same = match entry.standing {
                Standing::Same(other) => Some(other),
                _ => None,
            };
            let counted = self.entry(entry.lost_to.or(same)?).node.span_id;
            Some(((id, counted), (id, entry.node.span_id)))
        };
        (
            spans().filter_map(pair).collect(),
            spans().filter_map(|at| Some(rows::of(self, id, at)?.0)).collect(),
        )
    }
}

/// Groups of records of one call, indexed by each of them.
#[derive(Default)]
struct Groups {
    rows: BTreeMap<Id, Row>,
    others: BTreeMap<Id, BTreeSet<Id>>,
}

impl Groups {
    /// Adds rows. The first row of an id is kept, so rows from their own trace are added first.
    fn know(&mut self, rows: Vec<Row>) {
        for row in rows {
            self.rows.entry(row.id()).or_insert(row);
        }
    }

    fn join(&mut self, one: Id, other: Id) {
        let mut all: BTreeSet<Id> = [one, other].into();
        for id in [one, other] {
            all.extend(self.others.get(&id).into_iter().flatten());
        }
        for id in &all {
            self.others.insert(*id, all.clone());
        }
    }

    fn of_trace(&self, trace: TraceId) -> BTreeMap<SpanId, Vec<Joined>> {
        let of_trace = self.others.iter().filter(|((of, _), _)| *of == trace);
        let of_span = |(id, all): (&Id, &BTreeSet<Id>)| {
            let others = all.iter().filter(|other| *other != id);
            (id.1, others.filter_map(|other| self.evidence(id, other)).collect())
        };
        of_trace.map(of_span).collect()
    }

    fn evidence(&self, one: &Id, other: &Id) -> Option<Joined> {
        let (score, why) = evidence::in_words(self.rows.get(one)?, self.rows.get(other)?);
        Some(Joined { trace_id: other.0, span_id: other.1, score, why })
    }
}
