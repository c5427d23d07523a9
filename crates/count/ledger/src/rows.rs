//! The rows of a trace: all of some kind, and those that changed.

use std::hash::BuildHasher;

use compact_str::CompactString;
use foldhash::fast::FixedState;
use quipu_core::{
    Arrival, Billing, Call, CallMarks, Charge, Cost, InferredRun, Kind, Meeting, Node, Provider, RecordScope,
    RequestMark, Rule, ScopeMark, SpanId, TraceId, Usage, UsageEstimate, Usd,
};

use crate::row::{Print, Row, next_version};
use crate::standing::{At, Standing};
use crate::trace::{Entry, Trace};
use crate::{decide, inferred, merge, senders};

impl Trace {
    /// Tool runs that the messages of a call tell of and no span does.
    pub fn inferred(&self, at: At) -> &[InferredRun] {
        self.inferred.get(&at).map_or(&[], Vec::as_slice)
    }

    /// Every row that belongs to a meeting, whether it changed or not.
    pub fn rows_that_meet(&self) -> impl Iterator<Item = Row> {
        (0..)
            .zip(&self.entries)
            .filter(|(_, entry)| entry.meeting.is_some())
            .filter_map(|(at, _)| Some(of(self, self.id, at)?.0))
    }

    /// Every row of a moment, whether it changed or not.
    pub fn rows_of(&self, moment: Meeting) -> impl Iterator<Item = Row> {
        let is_of =
            move |entry: &Entry| entry.node.call.as_ref().is_some_and(|call| call.moment == Some(moment));
        (0..)
            .zip(&self.entries)
            .filter(move |(_, entry)| is_of(entry))
            .filter_map(|(at, _)| Some(of(self, self.id, at)?.0))
    }

    /// Whether a span says of a tool run: its messages do, or it is one.
    fn matters(&self, at: At) -> bool {
        self.tellers.contains(&at) || merge::bare_tool(&self.entry(at).node).is_some()
    }

    /// Infers tool runs anew from the messages of calls; most traces have no call that tells of tools.
    fn infer(&mut self) {
        if self.tellers.is_empty() || !self.touched.iter().any(|at| self.matters(*at)) {
            return;
        }
        let now = inferred::infer(self, &self.tellers);
        let before = std::mem::replace(&mut self.inferred, now);
        let changed = |at: &&At| before.get(*at) != self.inferred.get(*at);
        let changed: Vec<At> = before.keys().chain(self.inferred.keys()).filter(changed).copied().collect();
        changed.into_iter().for_each(|at| self.touch_row(at));
    }

    /// Whether tool runs have spans.
    pub const fn has_runs(&self) -> bool {
        self.has_runs
    }

    /// Notes the first span of a tool run: rows of calls say that there is one.
    fn note_runs(&mut self) {
        let has_runs = self.all_runs().next().is_some();
        if self.has_runs != has_runs {
            self.has_runs = has_runs;
            let of_calls = (0..).zip(&self.entries).filter(|(_, entry)| entry.node.kind.is_call());
            let calls: Vec<At> = of_calls.map(|(at, _)| at).collect();
            calls.into_iter().for_each(|at| self.touch_row(at));
        }
    }

    /// Has the row of a span given by the next [`Trace::settle`], even if it is the same.
    pub fn return_again(&mut self, span: SpanId) {
        if let Some(at) = self.by_id.get(&span).copied() {
            let entry = self.entry_mut(at);
            // Another fingerprint, and not none: the row is not new, so its neighbors are decided again too.
            entry.emitted = entry.emitted.map(|print| !print);
            self.touch_row(at);
        }
    }

    /// Decides anew what may have changed, and gives the rows that are new or different.
    pub fn settle(&mut self) -> Vec<Row> {
        let dirty = self.take_dirty();
        decide::settle(self, dirty);
        self.infer();
        self.note_runs();
        if !self.touched.is_empty() {
            let estimated = std::mem::take(&mut self.estimated);
            estimated.iter().for_each(|at| self.touch(*at));
            self.estimated = estimated;
        }
        let mut rows = Vec::new();
        for at in self.take_touched() {
            let Some((row, print)) = of(self, self.id, at) else { continue };
            if self.entry(at).emitted.as_ref() != Some(&print) {
                self.entry_mut(at).emitted = Some(print);
                rows.push(row);
            }
        }
        rows.sort_unstable_by_key(|row: &Row| (row.cost.time, row.cost.span_id));
        rows
    }
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
    provider: Option<Provider>,
    service_tier: Option<CompactString>,
    arrival: Arrival,
    failed: bool,
    meeting: Option<Meeting>,
    is_top: bool,
    others: Vec<(ScopeMark, CompactString)>,
    parents: Vec<SpanId>,
    inferred: Vec<InferredRun>,
    estimate: Option<Box<UsageEstimate>>,
    has_runs: bool,
    scopes: Vec<RecordScope>,
}

/// The row of a span and its fingerprint; `None` for spans without a row.
pub(crate) fn of(trace: &Trace, trace_id: TraceId, at: At) -> Option<(Row, Print)> {
    let rule = decide::rule(trace, at)?;
    let entry = trace.entry(at);
    let call = entry.node.call.as_deref()?;
    let records = || records(trace, at).into_iter().map(|at| &trace.entry(at).node);
    let merged = rule == Rule::Merged;
    let (charge, arrival) = if merged {
        senders::of_nodes(&records().collect::<Vec<_>>())
    } else {
        (Charge::of_call(call), entry.node.arrival)
    };
    let is_unanswered = entry.node.kind == Kind::Tool || charge.usage.is_none();
    let facts = Facts {
        rule,
        agent: agent(trace, at),
        tool: tool(trace, at, merged),
        billing: charge.billing,
        usage: match entry.standing {
            Standing::Rest => decide::rest(trace, at),
            _ => charge.usage,
        },
        reported: charge.reported,
        request_model: charge.request_model.or_else(|| model_above(trace, at)),
        response_model: charge.response_model,
        provider: charge.provider,
        service_tier: charge.service_tier,
        arrival,
        // The framework may report a failed tool run as a success, and a client a stream that broke off after
        // it began. A call with an unusable answer was still answered.
        failed: call.failed || (merged && is_unanswered && records().any(has_failed)),
        meeting: entry.meeting,
        is_top: entry.parent.is_none(),
        others: if merged { told_by(records().skip(1)) } else { Vec::new() },
        parents: if merged { parents(&records().collect::<Vec<_>>()) } else { Vec::new() },
        inferred: trace.inferred(at).to_vec(),
        estimate: estimate(trace, at, merged),
        has_runs: entry.node.kind.is_call() && trace.has_runs(),
        scopes: if trace.is_shared { scopes(trace, at, merged) } else { Vec::new() },
    };
    let print = FixedState::default().hash_one((&entry.node, &facts));
    let row = Row {
        meeting: entry.meeting,
        call_id: call.response_id.clone(),
        asked: asked(call),
        operation: call.operation.clone(),
        moment: call.moment,
        scope: call.scope,
        others: facts.others.clone(),
        parent: entry.node.parent_id,
        parents: facts.parents.clone(),
        is_top: facts.is_top,
        arrival,
        is_new: entry.is_new(),
        has_runs: facts.has_runs,
        marks: marks(call),
        cost: cost(trace_id, &entry.node, call, facts),
    };
    Some((row, print))
}

/// Scopes of the records of other credentials whose money is in the row: other records of the call, and spans
/// above it that report its tokens.
fn scopes(trace: &Trace, at: At, merged: bool) -> Vec<RecordScope> {
    let node = &trace.entry(at).node;
    let has_money = |at: &At| {
        let other = &trace.entry(*at).node;
        let spends = other.call.as_deref().is_some_and(|call| Charge::of_call(call).spends());
        spends && other.arrival.credentials() != node.arrival.credentials()
    };
    let is_taken = |at: &At| {
        let Entry { node: above, standing, .. } = trace.entry(*at);
        matches!(standing, Standing::Repeats | Standing::Rest)
            && senders::is_later(node.arrival, above.arrival)
    };
    let others = merged.then(|| records(trace, at)).into_iter().flatten();
    let above = std::iter::successors(trace.entry(at).parent, |at| trace.entry(*at).parent);
    let of_record = |at: At| {
        let call = trace.entry(at).node.call.as_deref();
        RecordScope {
            trace_id: trace.id,
            service: call.and_then(|call| call.service.clone()),
            framework: call.and_then(|call| call.framework.clone()),
            agent: agent(trace, at),
        }
    };
    let mut scopes: Vec<RecordScope> =
        others.chain(above.filter(is_taken)).filter(has_money).map(of_record).collect();
    let own = of_record(at);
    scopes.retain(|scope| *scope != own);
    scopes.sort_by(|a, b| (&a.service, &a.framework, &a.agent).cmp(&(&b.service, &b.framework, &b.agent)));
    scopes.dedup();
    scopes.truncate(Cost::MOST_SCOPES);
    scopes
}

/// The marks of a call. Some sources have the request's id only, under the name of the answer's.
fn marks(call: &Call) -> CallMarks {
    let request = || RequestMark::of(call.response_id.as_deref().filter(|id| id.starts_with("req_"))?, true);
    CallMarks { request: call.marks.request.or_else(request), ..call.marks }
}

/// The unique ids of the tool calls in an answer, as hashes.
fn asked(call: &Call) -> Vec<u64> {
    let asked = call.told.iter().flat_map(|told| &told.asked);
    asked.filter(|asked| asked.id != 0 && asked.id == asked.key).map(|asked| asked.id).collect()
}

fn told_by<'a>(nodes: impl Iterator<Item = &'a Node>) -> Vec<(ScopeMark, CompactString)> {
    nodes.filter_map(|node| node.call.as_ref()).map(|call| (call.scope, call.convention.clone())).collect()
}

/// The parents of the joined records that are not among these records themselves.
fn parents(records: &[&Node]) -> Vec<SpanId> {
    let others = records.iter().skip(1).filter_map(|node| node.parent_id);
    others.filter(|parent| records.iter().all(|node| node.span_id != *parent)).collect()
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
        provider: facts.provider,
        request_model: facts.request_model,
        response_model: facts.response_model,
        service_tier: facts.service_tier,
        billing: facts.billing,
        usage: facts.usage,
        amount: None,
        unpriced: None,
        price: None,
        reported: facts.reported,
        inferred: facts.inferred,
        estimate: facts.estimate,
        scopes: facts.scopes,
    }
}
