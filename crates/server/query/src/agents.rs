//! Usage of each agent of a trace: its own, and with all agents below it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use compact_str::CompactString;
use quipu_core::{Kind, SpanId, SpanRow, Tokens, Usd};

/// Longest way up that is followed; a circle of parents is left there.
const DEEPEST: usize = 1_024;

/// Sums over counted rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// LLM calls.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Failed ones among both.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of priced calls; `None` when there are none.
    pub cost: Option<Usd>,
}

/// One agent of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentShare {
    /// Its runs: spans of kind agent that bear its name.
    pub runs: u64,
    /// Agents whose runs called it.
    pub called_by: BTreeSet<CompactString>,
    /// Its own usage: rows whose nearest agent it is.
    pub own: Share,
    /// Usage of the agent with all agents below it. Shares of nested agents overlap, so they do not add up.
    pub total: Share,
}

/// The agents of a trace by name (rule R11), from all of its spans.
pub fn agent_shares(rows: &[SpanRow]) -> BTreeMap<CompactString, AgentShare> {
    let by_id: HashMap<SpanId, &SpanRow> = rows.iter().map(|row| (row.span_id, row)).collect();
    let mut agents: BTreeMap<CompactString, AgentShare> = BTreeMap::new();
    for row in rows {
        let above = agents_above(row, &by_id);
        if let (Kind::Agent, Some(name)) = (row.kind, &row.agent) {
            let agent = agents.entry(name.clone()).or_default();
            agent.runs += 1;
            agent.called_by.extend(above.iter().find(|above| *above != name).cloned());
        }
        let Some(cost) = row.cost.as_ref().filter(|cost| cost.counts()) else { continue };
        let share = share_of(cost);
        if let Some(own) = &cost.agent {
            agents.entry(own.clone()).or_default().own.add(&share);
        }
        let itself = row.agent.clone().filter(|_| row.kind == Kind::Agent);
        let all: BTreeSet<CompactString> =
            above.into_iter().chain(itself).chain(cost.agent.clone()).collect();
        for name in all {
            agents.entry(name).or_default().total.add(&share);
        }
    }
    agents
}

/// The agents on the way up, the nearest first.
fn agents_above(row: &SpanRow, by_id: &HashMap<SpanId, &SpanRow>) -> Vec<CompactString> {
    let parent = |row: &&SpanRow| row.parent_id.and_then(|id| by_id.get(&id)).copied();
    std::iter::successors(parent(&row), |row| parent(row))
        .take(DEEPEST)
        .filter(|above| above.kind == Kind::Agent)
        .filter_map(|above| above.agent.clone())
        .collect()
}

fn share_of(cost: &quipu_core::Cost) -> Share {
    Share {
        llm_calls: u64::from(cost.is_call()),
        tool_calls: u64::from(cost.is_tool_run()),
        errors: u64::from(cost.failed && (cost.is_call() || cost.is_tool_run())),
        tokens: cost.usage.as_ref().map(quipu_core::Usage::tokens).unwrap_or_default(),
        cost: cost.amount,
    }
}

impl Share {
    fn add(&mut self, more: &Self) {
        self.llm_calls += more.llm_calls;
        self.tool_calls += more.tool_calls;
        self.errors += more.errors;
        self.tokens = self.tokens.plus(&more.tokens);
        self.cost = Usd::sum_known(self.cost, more.cost);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quipu_core::{Cost, Rule, Signal, Span, Status, Timestamp, TraceId, Usage};

    use super::*;

    fn row(number: u8, parent: Option<u8>, kind: Kind, agent: Option<&str>) -> SpanRow {
        let id = |number: u8| SpanId::from_bytes([number; 8]).unwrap();
        let trace = TraceId::from_bytes([1; 16]).unwrap();
        let at = Timestamp::from_nanos(1);
        let span = Span::new(trace, id(number), "x", at, at);
        let cost = kind.is_call().then(|| Cost {
            trace_id: trace,
            span_id: span.span_id,
            version: 1,
            time: at,
            duration: Some(0),
            kind,
            signal: Signal::Span,
            rule: Rule::Leaf,
            failed: false,
            service: None,
            framework: None,
            convention: "".into(),
            agent: agent.map(Into::into),
            tool: None,
            provider: None,
            request_model: None,
            response_model: None,
            service_tier: None,
            billing: quipu_core::Billing::Metered,
            usage: Some(Usage { input: Some(10), output: Some(1), ..Usage::default() }),
            amount: Some("0.5".parse().unwrap()),
            unpriced: None,
            price: None,
            reported: None,
            inferred: Vec::new(),
            estimate: None,
            scopes: Vec::new(),
        });
        SpanRow {
            span_id: span.span_id,
            parent_id: parent.map(id),
            name: "x".into(),
            kind,
            start: at,
            duration: Some(0),
            status: Status::Ok,
            agent: agent.filter(|_| kind == Kind::Agent).map(Into::into),
            provider: None,
            model: None,
            tool: None,
            first_token: None,
            triggered: None,
            cost,
            conflicts: Vec::new(),
            raw: None,
        }
    }

    #[test]
    fn a_boss_has_what_its_helpers_used_in_its_total_only() {
        let rows = [
            row(1, None, Kind::Agent, Some("boss")),
            row(2, Some(1), Kind::Llm, Some("boss")),
            row(3, Some(1), Kind::Tool, None),
            row(4, Some(3), Kind::Agent, Some("helper")),
            row(5, Some(4), Kind::Llm, Some("helper")),
            row(6, Some(4), Kind::Llm, Some("helper")),
        ];
        let agents = agent_shares(&rows);
        let (boss, helper) = (&agents["boss"], &agents["helper"]);
        assert_eq!((boss.own.llm_calls, boss.total.llm_calls), (1, 3));
        assert_eq!((boss.own.tokens.input, boss.total.tokens.input), (10, 30));
        assert_eq!(boss.total.cost, Some("1.5".parse().unwrap()));
        assert_eq!(helper.own, helper.total);
        assert_eq!(helper.called_by, BTreeSet::from(["boss".into()]));
        assert!(boss.called_by.is_empty());
    }

    #[test]
    fn an_agent_that_calls_itself_counts_a_call_once() {
        let rows = [
            row(1, None, Kind::Agent, Some("a")),
            row(2, Some(1), Kind::Agent, Some("a")),
            row(3, Some(2), Kind::Llm, Some("a")),
        ];
        let agents = agent_shares(&rows);
        assert_eq!((agents["a"].runs, agents["a"].total.llm_calls), (2, 1));
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let rows = [row(1, Some(2), Kind::Agent, Some("a")), row(2, Some(1), Kind::Agent, Some("b"))];
        assert_eq!(agent_shares(&rows).len(), 2);
    }
}
