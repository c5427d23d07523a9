//! Activity of agents: runs, decisions, usage and errors.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, FacetField, GroupBy, Kind, MemoryHold, Result, Sketch, Store, Timestamp, TraceFilter,
    UsageGroup, UsageQuery, UsageTotals, WorkKey, Worked,
};

use crate::parts::{ChargedRows, ErrorCount, Name, split, without, work_by};

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

/// Bytes of an agent in the tree, without its names. Nodes of a B-tree are full by two thirds.
const AGENT: usize = (size_of::<CompactString>() + size_of::<AgentWork>()) * 3 / 2;
/// Bytes of a tool, model or kind of error in the list of an agent, without its name.
const PART: usize = 2 * size_of::<AgentTool>();

/// Agents by name, with their memory.
struct Agents {
    by_name: BTreeMap<CompactString, AgentWork>,
    hold: MemoryHold,
}

impl Agents {
    /// Work without an agent is no agent's.
    fn of(&mut self, name: Name) -> Result<Option<&mut AgentWork>> {
        let Some(name) = name else { return Ok(None) };
        Ok(Some(match self.by_name.entry(name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                self.hold.grow(AGENT + 2 * new.key().len())?;
                let name = new.key().clone();
                new.insert(AgentWork { name, ..AgentWork::default() })
            }
        }))
    }

    /// Charges an entry of an agent's list.
    fn charge(&mut self, name: &CompactString) -> Result<()> {
        self.hold.grow(PART + name.len())
    }
}

/// Activity of each agent, most runs first, at most [`MAX_AGENTS`]. The filter's model and tool apply to
/// calls and tool runs; all runs of an agent with such work are included.
///
/// # Errors
/// The store cannot be read.
pub async fn agents(store: &dyn Store, filter: &TraceFilter) -> Result<Vec<AgentWork>> {
    let mut agents = Agents { by_name: BTreeMap::new(), hold: AnswerMemory::current().hold(0)? };
    let whole = without(filter, &[FacetField::Model, FacetField::Tool]);
    calls(store, filter, &mut agents).await?;
    tool_runs(store, &without(filter, &[FacetField::Model]), &mut agents).await?;
    let narrowed = whole != *filter;
    runs(store, &whole, &mut agents).await?;
    if narrowed {
        agents.by_name.retain(|_, agent| agent.usage.llm_calls + agent.tool_calls > 0);
    }
    let failed = work_by(store, Worked::Spans(Vec::new()), filter, true, [WorkKey::Agent, WorkKey::Error]);
    for ([name, error], totals) in failed.await? {
        error.iter().try_for_each(|error| agents.charge(error))?;
        if let Some(agent) = name.and_then(|name| agents.by_name.get_mut(&name)) {
            agent.error_kinds.push(ErrorCount::of(error, &totals));
        }
    }
    Ok(sorted(agents.by_name))
}

async fn runs(store: &dyn Store, filter: &TraceFilter, agents: &mut Agents) -> Result<()> {
    let keys = [WorkKey::Agent, WorkKey::Name];
    for ([agent, span], totals) in
        work_by(store, Worked::Spans(vec![Kind::Agent]), filter, false, keys).await?
    {
        let Some(agent) = agents.of(agent.or(span))? else { continue };
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
    for group in ChargedRows::of(store.usage(&query).await?, UsageGroup::bytes)? {
        let Ok([name, model]) = <[_; 2]>::try_from(split(group.key).0) else { continue };
        model.iter().try_for_each(|model| agents.charge(model))?;
        let Some(agent) = agents.of(name)? else { continue };
        agent.usage.merge(&group.totals);
        agent.models.extend(model.map(|model| (model, group.totals.llm_calls)));
    }
    Ok(())
}

async fn tool_runs(store: &dyn Store, filter: &TraceFilter, agents: &mut Agents) -> Result<()> {
    let keys = [WorkKey::Agent, WorkKey::Tool];
    for ([name, tool], totals) in work_by(store, Worked::Spans(vec![Kind::Tool]), filter, false, keys).await?
    {
        tool.iter().try_for_each(|tool| agents.charge(tool))?;
        let Some(agent) = agents.of(name)? else { continue };
        agent.tool_calls += totals.count;
        agent.last_at = agent.last_at.max(Some(totals.last_at));
        let (calls, errors) = (totals.count, totals.errors);
        agent.tools.extend(tool.map(|name| AgentTool { name, calls, errors }));
    }
    Ok(())
}

fn sorted(agents: BTreeMap<CompactString, AgentWork>) -> Vec<AgentWork> {
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
