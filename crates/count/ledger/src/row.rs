//! Ledger row of a span, and its version.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use compact_str::CompactString;
use foldhash::fast::FixedState;
use quipu_core::{
    Billing, Call, Cost, InferredRun, Kind, Meeting, Node, Rule, ScopeMark, Signal, SpanId, Timestamp,
    TraceId, Usage, UsageEstimate, Usd,
};

use crate::decide::Standing;
use crate::trace::{At, Trace};
use crate::{decide, evidence, merge, place};

/// Fingerprint of all fields of a row that can change. Equal fingerprints mean that no write is needed. It
/// has 64 bits to keep traces small in memory.
pub(crate) type Print = u64;

/// A ledger row as decided by its trace alone, with the data that a meeting needs.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub cost: Cost,
    /// The meeting of the signals of its session.
    pub meeting: Option<Meeting>,
    /// The provider's id of the answer, the model's id of the tool call, or the name of the series.
    pub call_id: Option<CompactString>,
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
    /// Whether no span above it is known.
    pub is_top: bool,
    /// Whether it is the first row of its span.
    pub is_new: bool,
    /// Whether it is a call in whose trace tool runs have spans.
    pub has_runs: bool,
}

impl Row {
    /// The id of its record.
    pub const fn id(&self) -> place::Id {
        (self.cost.trace_id, self.cost.span_id)
    }

    /// Whether it may be one of several records of a call or of a tool run.
    pub fn may_pair(&self) -> bool {
        let cost = &self.cost;
        let may = cost.is_call() || cost.is_tool_run() || cost.rule == Rule::OrphanRollup;
        may && cost.signal == Signal::Span
    }

    /// Whether the two rows have no reporting instrumentation in common.
    pub fn is_apart_from(&self, other: &Self) -> bool {
        self.told_by().all(|one| other.told_by().all(|other| evidence::are_apart(one, other)))
    }

    /// The instrumentations that reported it: its own, and those of the records that its trace joined with
    /// it.
    fn told_by(&self) -> impl Iterator<Item = (ScopeMark, &str)> {
        let others = self.others.iter().map(|(scope, convention)| (*scope, convention.as_str()));
        std::iter::once((self.scope, self.cost.convention.as_str())).chain(others)
    }

    /// Number of the instrumentation that reported it. Usage outside of calls has a separate number.
    pub fn source(&self) -> u64 {
        FixedState::default().hash_one((self.scope, &self.cost.convention, self.cost.kind.is_call()))
    }

    /// Whether it names a model.
    pub const fn names_model(&self) -> bool {
        self.cost.request_model.is_some() || self.cost.response_model.is_some()
    }

    /// Whether neither can be the parent of the other: they are in two traces, or have the same parent.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.cost.trace_id != other.cost.trace_id || (self.parent.is_some() && self.parent == other.parent)
    }

    /// Rank of a record within its call; the record with the lowest rank counts. A call precedes separate
    /// usage, then a record of an agent, then one within a trace, then the first.
    pub fn rank_in_call(&self, id: &place::Id) -> (bool, bool, bool, Timestamp, place::Id) {
        let cost = &self.cost;
        (cost.rule == Rule::OrphanRollup, cost.agent.is_none(), self.is_top, cost.time, *id)
    }
}

/// Fingerprint of all fields of a row that a meeting can change.
pub(crate) fn print(cost: &Cost) -> Print {
    let names = (&cost.service, &cost.framework, &cost.convention, &cost.agent, &cost.tool, &cost.provider);
    let models = (&cost.request_model, &cost.response_model, &cost.service_tier);
    let figures = (&cost.usage, cost.reported, cost.rule, cost.failed, cost.kind, cost.time, cost.duration);
    FixedState::default().hash_one((names, models, figures, cost.billing, &cost.inferred, &cost.estimate))
}

/// Data of a row in addition to its span.
#[derive(Hash)]
struct Facts {
    rule: Rule,
    agent: Option<CompactString>,
    tool: Option<CompactString>,
    billing: Billing,
    usage: Option<Usage>,
    reported: Option<Usd>,
    request_model: Option<CompactString>,
    response_model: Option<CompactString>,
    failed: bool,
    meeting: Option<Meeting>,
    is_top: bool,
    others: Vec<(ScopeMark, CompactString)>,
    inferred: Vec<InferredRun>,
    estimate: Option<Box<UsageEstimate>>,
    has_runs: bool,
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

/// The row of a span and its fingerprint; `None` for spans without a row.
pub(crate) fn of(trace: &Trace, trace_id: TraceId, at: At) -> Option<(Row, Print)> {
    let rule = decide::rule(trace, at)?;
    let entry = trace.entry(at);
    let call = entry.node.call.as_deref()?;
    let records = || records(trace, at).into_iter().map(|at| &trace.entry(at).node);
    let merged = rule == Rule::Merged;
    let facts = Facts {
        rule,
        agent: agent(trace, at),
        tool: tool(trace, at, merged),
        billing: if merged { records().map(billing).max().unwrap_or_default() } else { call.billing },
        usage: match entry.standing {
            Standing::Rest => decide::rest(trace, at),
            _ if merged => merge::best(records()),
            _ => call.usage.clone(),
        },
        reported: if merged {
            records().find_map(|node| node.call.as_ref()?.reported)
        } else {
            call.reported
        },
        request_model: call.request_model.clone().or_else(|| model_above(trace, at)),
        response_model: if merged {
            records().find_map(|node| node.call.as_ref()?.response_model.clone())
        } else {
            call.response_model.clone()
        },
        // The framework may report a failed tool run as a success. A call with an unusable answer was still
        // answered.
        failed: call.failed || (merged && entry.node.kind == Kind::Tool && records().any(has_failed)),
        meeting: entry.meeting,
        is_top: entry.parent.is_none(),
        others: if merged { told_by(records().skip(1)) } else { Vec::new() },
        inferred: trace.inferred(at).to_vec(),
        estimate: estimate(trace, at, merged),
        has_runs: entry.node.kind.is_call() && trace.has_runs(),
    };
    let print = FixedState::default().hash_one((&entry.node, &facts));
    let row = Row {
        meeting: entry.meeting,
        call_id: call.response_id.clone(),
        operation: call.operation.clone(),
        moment: call.moment,
        scope: call.scope,
        others: facts.others.clone(),
        parent: entry.node.parent_id,
        is_top: facts.is_top,
        is_new: entry.is_new(),
        has_runs: facts.has_runs,
        cost: cost(trace_id, &entry.node, call, facts),
    };
    Some((row, print))
}

fn told_by<'a>(nodes: impl Iterator<Item = &'a Node>) -> Vec<(ScopeMark, CompactString)> {
    nodes.filter_map(|node| node.call.as_ref()).map(|call| (call.scope, call.convention.clone())).collect()
}

/// The estimated usage of a call, from its messages or those of another record of it. Calls below a span that
/// holds their usage have none.
fn estimate(trace: &Trace, at: At, merged: bool) -> Option<Box<UsageEstimate>> {
    let of_one = |at: At| trace.entry(at).node.call.as_ref()?.estimate.clone();
    let found = of_one(at).or_else(|| {
        let others = merged.then(|| records(trace, at)).into_iter().flatten();
        others.filter_map(of_one).next()
    })?;
    let above = std::iter::successors(trace.entry(at).parent, |at| trace.entry(*at).parent);
    let mut holds = above.map(|at| matches!(trace.entry(at).standing, Standing::Orphan | Standing::Rest));
    (!holds.any(|holds| holds)).then_some(found)
}

fn billing(node: &Node) -> Billing {
    node.call.as_ref().map(|call| call.billing).unwrap_or_default()
}

fn has_failed(node: &Node) -> bool {
    node.call.as_ref().is_some_and(|call| call.failed)
}

/// This record and all records merged into it: those that it won over, and their wrappers. Its own comes
/// first and wins a tie. The order of the rest does not depend on the order of arrival.
fn records(trace: &Trace, at: At) -> Vec<At> {
    let mut others = Vec::new();
    for partner in &trace.entry(at).partners {
        others.push(*partner);
        others.extend_from_slice(&trace.entry(*partner).partners);
    }
    others.sort_unstable_by_key(|other| (trace.entry(*other).node.start, trace.entry(*other).node.span_id));
    std::iter::once(at).chain(others).collect()
}

fn agent(trace: &Trace, at: At) -> Option<CompactString> {
    let entry = trace.entry(at);
    let above = || trace.entry(entry.agent?).node.agent.clone();
    entry.node.agent.clone().or_else(above)
}

/// A tool run's own name. For other spans, the tool that it or another record of it names, otherwise the
/// enclosing tool run.
fn tool(trace: &Trace, at: At, merged: bool) -> Option<CompactString> {
    if trace.entry(at).node.kind == Kind::Tool {
        return trace.entry(at).node.tool.clone();
    }
    let of_one = |at: At| {
        let entry = trace.entry(at);
        entry.node.tool.clone().or_else(|| trace.entry(entry.within?).node.tool.clone())
    };
    let own = of_one(at);
    if own.is_some() || !merged {
        return own;
    }
    records(trace, at).into_iter().find_map(of_one)
}

/// The model of a span above, for a call without one: Codex names the model on the turn only.
fn model_above(trace: &Trace, at: At) -> Option<CompactString> {
    let entry = trace.entry(at);
    let call =
        entry.node.call.as_ref().filter(|call| entry.node.kind.is_call() && call.response_model.is_none())?;
    let above = trace.entry(entry.model?).node.call.as_ref()?;
    // A wrapper may be of another provider than the wrapped call.
    let same = call.provider.is_none() || above.provider.is_none() || call.provider == above.provider;
    above.request_model.clone().filter(|_| same)
}

fn cost(trace_id: TraceId, node: &Node, call: &Call, facts: Facts) -> Cost {
    Cost {
        trace_id,
        span_id: node.span_id,
        version: next_version(),
        time: node.start,
        duration: node.duration,
        kind: node.kind,
        signal: node.signal,
        rule: facts.rule,
        failed: facts.failed,
        service: call.service.clone(),
        framework: call.framework.clone(),
        convention: call.convention.clone(),
        agent: facts.agent,
        tool: facts.tool,
        provider: call.provider.clone(),
        request_model: facts.request_model,
        response_model: facts.response_model,
        service_tier: call.service_tier.clone(),
        billing: facts.billing,
        usage: facts.usage,
        amount: None,
        unpriced: None,
        price: None,
        reported: facts.reported,
        inferred: facts.inferred,
        estimate: facts.estimate,
    }
}
