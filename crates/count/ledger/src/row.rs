//! Ledger rows, and their versions.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use compact_str::CompactString;
use foldhash::fast::FixedState;
use quipu_core::{
    Arrival, CallMarks, Cost, Meeting, Rule, ScopeMark, Signal, SpanId, Timestamp, TraceId, Usage,
    meets_by_time,
};

use crate::names::are_apart;
use crate::unsent::Reader;

/// Fingerprint of all fields of a row that can change. Equal fingerprints mean that no write is needed. It
/// has 64 bits to keep traces small in memory.
pub(crate) type Print = u64;

/// Identity of a record: its span, or the span made from it.
pub(crate) type Id = (TraceId, SpanId);

/// A ledger row as decided by its trace alone, with the data that a meeting needs.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub cost: Cost,
    /// The meeting of the signals of its session.
    pub meeting: Option<Meeting>,
    /// The provider's id of the answer, the model's id of the tool call, or the name of the series.
    pub call_id: Option<CompactString>,
    /// The unique ids of the tool calls in the answer, as hashes.
    pub asked: Vec<u64>,
    /// Operation name; for a metric, the name of its family.
    pub operation: Option<CompactString>,
    /// The moment that may hold other records of the same call.
    pub moment: Option<Meeting>,
    /// The instrumentation that reported it.
    pub scope: ScopeMark,
    /// The instrumentations of the records that its trace joined with it.
    pub others: Vec<(ScopeMark, CompactString)>,
    /// The id of its parent span, whether that span is known or not.
    pub parent: Option<SpanId>,
    /// The parents of the records that its trace joined with it, if they are not among these records.
    pub parents: Vec<SpanId>,
    /// Whether no span above it is known.
    pub is_top: bool,
    /// Sender and arrival of the record whose price it has.
    pub arrival: Arrival,
    /// Whether it is the first row of its span.
    pub is_new: bool,
    /// Whether it is a call in whose trace tool runs have spans.
    pub has_runs: bool,
    /// Marks of the answer, the request and the failure.
    pub marks: CallMarks,
}

/// The records of one meeting, each with the row that its trace alone gives it. Rows are large, and a map has
/// room for several at once, but most answers have one record.
pub(crate) type Records = BTreeMap<Id, Box<Row>>;

/// The arrivals of the records whose prices the rows have.
pub(crate) type Arrivals = BTreeMap<Id, Arrival>;

/// Whether a row counts tokens.
pub(crate) fn tells(row: &Cost) -> bool {
    row.counts() && row.usage.as_ref().is_some_and(Usage::is_known)
}

/// Whether a row counts a reported cost.
pub(crate) fn reports(row: &Cost) -> bool {
    row.counts() && row.reported.is_some()
}

impl Row {
    /// The id of its record.
    pub const fn id(&self) -> Id {
        (self.cost.trace_id, self.cost.span_id)
    }

    /// Whether it may be one of several records of a call or of a tool run.
    pub fn may_pair(&self) -> bool {
        let cost = &self.cost;
        let may = cost.is_call() || cost.is_tool_run() || cost.rule == Rule::OrphanRollup;
        may && meets_by_time(cost.signal, &cost.convention)
    }

    /// Whether the two rows have no reporting instrumentation in common.
    pub fn is_apart_from(&self, other: &Self) -> bool {
        self.told_by().all(|one| other.told_by().all(|other| are_apart(one, other)))
    }

    /// The instrumentations that reported it: its own, and those of the records that its trace joined with
    /// it.
    fn told_by(&self) -> impl Iterator<Item = (ScopeMark, &str)> {
        let others = self.others.iter().map(|(scope, convention)| (*scope, convention.as_str()));
        std::iter::once((self.scope, self.cost.convention.as_str())).chain(others)
    }

    /// The instrumentations that reported it, as [`Row::others`] holds them.
    pub fn reporters(&self) -> Vec<(ScopeMark, CompactString)> {
        self.told_by().map(|(scope, convention)| (scope, convention.into())).collect()
    }

    /// Number of the instrumentation that reported it. Usage outside of calls has a separate number, because
    /// it may repeat a call of the same instrumentation.
    pub fn source(&self) -> u64 {
        let is_usage = self.cost.rule == Rule::OrphanRollup;
        FixedState::default().hash_one((self.scope, &self.cost.convention, is_usage))
    }

    /// The facts that show whether the provider sent usage.
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            convention: &self.cost.convention,
            usage: self.cost.usage.as_ref(),
            has_text: self.marks.text.is_some(),
            failed: self.cost.failed,
        }
    }

    /// Whether both are of one process, such as one service instance.
    pub fn is_of_process(&self, other: &Self) -> bool {
        is_one_process(self.moment, (other.moment, other.cost.time))
    }

    /// Whether it names a model.
    pub const fn names_model(&self) -> bool {
        self.cost.request_model.is_some() || self.cost.response_model.is_some()
    }

    /// Whether neither can be the parent of the other: they are in two traces, or have the same parent. A
    /// record within a wrapper of its call has the place of the wrapper, too.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.cost.trace_id != other.cost.trace_id
            || self.places().any(|place| other.places().any(|at| at == place))
    }

    fn places(&self) -> impl Iterator<Item = SpanId> {
        self.parent.into_iter().chain(self.parents.iter().copied())
    }

    /// Fingerprint of everything by which a moment decides, with the figures of `cost`.
    pub fn print_as(&self, cost: &Cost) -> Print {
        let place = (self.parent, &self.parents, self.is_top, self.has_runs, self.moment);
        let ids = (&self.call_id, &self.asked, self.scope, &self.others, self.marks);
        FixedState::default().hash_one((print(cost), place, ids))
    }

    /// Rank of a record within its call; the record with the lowest rank counts. A call precedes separate
    /// usage, then a span, then a record of an agent, then one within a trace, then the first.
    pub fn rank_in_call(&self, id: &Id) -> (bool, bool, bool, bool, Timestamp, Id) {
        let cost = &self.cost;
        let is_log = cost.signal != Signal::Span;
        (cost.rule == Rule::OrphanRollup, is_log, cost.agent.is_none(), self.is_top, cost.time, *id)
    }
}

/// Whether two records are compared by their moments, because they are of one process.
pub(crate) fn is_one_process(one: Option<Meeting>, (other, start): (Option<Meeting>, Timestamp)) -> bool {
    let here = |moment: Meeting| Some(moment.sums_around()[0].calls_at(start)) == other;
    one.is_some_and(here)
}

/// Fingerprint of all fields of a row that a meeting can change.
pub(crate) fn print(cost: &Cost) -> Print {
    let names = (&cost.service, &cost.framework, &cost.convention, &cost.agent, &cost.tool, &cost.provider);
    let models = (&cost.request_model, &cost.response_model, &cost.service_tier);
    let figures = (&cost.usage, cost.reported, cost.rule, cost.failed, cost.kind, cost.time, cost.duration);
    FixedState::default().hash_one((
        names,
        models,
        figures,
        cost.billing,
        &cost.inferred,
        &cost.estimate,
        &cost.scopes,
    ))
}

static VERSIONS: AtomicU64 = AtomicU64::new(1);

/// Returns a version above all earlier ones of this process and below all later ones.
pub fn next_version() -> u64 {
    VERSIONS.fetch_add(1, Ordering::Relaxed)
}

/// As [`next_version`], and above `known` as well: the new version of a row that an earlier process wrote.
pub fn version_above(known: u64) -> u64 {
    VERSIONS.fetch_max(known.min(u64::MAX / 2) + 1, Ordering::Relaxed);
    next_version()
}
