//! Activity of agents: runs, decisions, usage and errors.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{
    FacetField, GroupBy, Kind, Result, Sketch, Store, Timestamp, TraceFilter, UsageQuery, UsageTotals,
    WorkKey, Worked,
};

use crate::parts::{ErrorCount, split, without, work_by};

/// Agents of an answer at most.
pub const MAX_AGENTS: usize = 1_000;
/// Limit of tools, models and kinds of errors per agent.
const PARTS: usize = 20;

/// Activity of one agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentWork {
    /// Its name.
    pub name: CompactString,
    /// Runs.
    pub runs: u64,
    /// Failed ones.
    pub errors: u64,
    /// Those without an end.
    pub running: u64,
    /// Durations of those that have ended, in nanoseconds.
    pub duration: Sketch,
    /// Its LLM calls; their latency is the time that it took to decide.
    pub usage: UsageTotals,
    /// Tools that it ran: most runs first.
    pub tools: Vec<AgentTool>,
    /// Runs of all its tools.
    pub tool_calls: u64,
    /// Models that it called, with the number of calls: most first.
    pub models: Vec<(CompactString, u64)>,
    /// Failures of its spans, most first.
    pub error_kinds: Vec<ErrorCount>,
    /// Start of the latest of its runs and tool runs.
    pub last_at: Option<Timestamp>,
}

/// A tool that an agent ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentTool {
    /// The tool.
    pub name: CompactString,
    /// Runs.
    pub calls: u64,
    /// Failed ones.
    pub errors: u64,
}

type Agents = BTreeMap<CompactString, AgentWork>;

/// Activity of each agent, most runs first, at most [`MAX_AGENTS`]. The filter's model and tool apply to
/// calls and tool runs; all runs of an agent with such work are included.
///
/// # Errors
/// The store cannot be read.
pub async fn agents(store: &dyn Store, filter: &TraceFilter) -> Result<Vec<AgentWork>> {
    let mut agents = Agents::new();
    let whole = without(filter, &[FacetField::Model, FacetField::Tool]);
    calls(store, filter, &mut agents).await?;
    tool_runs(store, &without(filter, &[FacetField::Model]), &mut agents).await?;
    let narrowed = whole != *filter;
    runs(store, &whole, &mut agents).await?;
    if narrowed {
        agents.retain(|_, agent| agent.usage.llm_calls + agent.tool_calls > 0);
    }
    let failed = work_by(store, Worked::Spans(Vec::new()), filter, true, [WorkKey::Agent, WorkKey::Error]);
    for ([name, error], totals) in failed.await? {
        if let Some(agent) = name.and_then(|name| agents.get_mut(&name)) {
            agent.error_kinds.push(ErrorCount::of(error, &totals));
        }
    }
    Ok(sorted(agents))
}

async fn runs(store: &dyn Store, filter: &TraceFilter, agents: &mut Agents) -> Result<()> {
    let keys = [WorkKey::Agent, WorkKey::Name];
    for ([agent, span], totals) in
        work_by(store, Worked::Spans(vec![Kind::Agent]), filter, false, keys).await?
    {
        let Some(agent) = agent.or(span).and_then(|name| of(agents, Some(name))) else { continue };
        agent.runs += totals.count;
        agent.errors += totals.errors;
        agent.running += totals.running;
        agent.duration.merge(&totals.duration);
        agent.last_at = agent.last_at.max(Some(totals.last_at));
    }
    Ok(())
}

async fn calls(store: &dyn Store, filter: &TraceFilter, agents: &mut Agents) -> Result<()> {
    let query = UsageQuery { filter: filter.clone(), group_by: vec![GroupBy::Agent, GroupBy::Model] };
    for group in store.usage(&query).await? {
        let Ok([name, model]) = <[_; 2]>::try_from(split(group.key).0) else { continue };
        let Some(agent) = of(agents, name) else { continue };
        agent.usage.merge(&group.totals);
        agent.models.extend(model.map(|model| (model, group.totals.llm_calls)));
    }
    Ok(())
}

async fn tool_runs(store: &dyn Store, filter: &TraceFilter, agents: &mut Agents) -> Result<()> {
    let keys = [WorkKey::Agent, WorkKey::Tool];
    for ([name, tool], totals) in work_by(store, Worked::Spans(vec![Kind::Tool]), filter, false, keys).await?
    {
        let Some(agent) = of(agents, name) else { continue };
        agent.tool_calls += totals.count;
        agent.last_at = agent.last_at.max(Some(totals.last_at));
        let (calls, errors) = (totals.count, totals.errors);
        agent.tools.extend(tool.map(|name| AgentTool { name, calls, errors }));
    }
    Ok(())
}

/// Work without an agent is no agent's.
fn of(agents: &mut Agents, name: Option<CompactString>) -> Option<&mut AgentWork> {
    let name = name?;
    Some(agents.entry(name.clone()).or_insert_with(|| AgentWork { name, ..AgentWork::default() }))
}

fn sorted(agents: Agents) -> Vec<AgentWork> {
    let mut agents: Vec<AgentWork> = agents.into_values().collect();
    for agent in &mut agents {
        agent.tools.sort_by_key(|tool| Reverse(tool.calls));
        agent.models.sort_by_key(|(_, calls)| Reverse(*calls));
        agent.error_kinds.sort_by_key(|kind| Reverse(kind.count));
        agent.tools.truncate(PARTS);
        agent.models.truncate(PARTS);
        agent.error_kinds.truncate(PARTS);
    }
    agents.sort_by_key(|agent| Reverse((agent.runs, agent.usage.llm_calls)));
    agents.truncate(MAX_AGENTS);
    agents
}
