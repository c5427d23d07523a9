//! The agents of a trace.

use quipu_core::{TraceId, Usd};
use quipu_query::{AgentShare, Share};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Tokens, names};

/// Usage of each agent of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentsAnswer {
    /// The trace, 32 hexadecimal digits.
    pub trace_id: String,
    /// Whether all spans of the trace were read. The limit is the first 100,000.
    pub complete: bool,
    /// Agents of the trace, by name.
    pub agents: Vec<AgentRow>,
}

/// One agent of a trace. Only rows that count are in its sums.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentRow {
    /// Name.
    pub name: String,
    /// Number of its runs.
    pub runs: u64,
    /// Agents whose runs called it.
    pub called_by: Vec<String>,
    /// Usage of the agent itself: calls and tool runs whose nearest agent it is.
    #[serde(rename = "self")]
    pub own: AgentFigures,
    /// Usage of the agent and all agents below it. Totals of nested agents overlap, so they do not add up.
    pub total: AgentFigures,
}

/// Sums of one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentFigures {
    /// LLM calls.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Failed LLM calls and tool runs.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of priced calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
}

impl From<&Share> for AgentFigures {
    fn from(from: &Share) -> Self {
        Self {
            llm_calls: from.llm_calls,
            tool_calls: from.tool_calls,
            errors: from.errors,
            tokens: from.tokens.into(),
            cost_usd: from.cost,
        }
    }
}

impl AgentRow {
    fn new(name: String, from: &AgentShare) -> Self {
        let called_by: Vec<_> = from.called_by.iter().cloned().collect();
        Self {
            name,
            runs: from.runs,
            called_by: names(&called_by),
            own: (&from.own).into(),
            total: (&from.total).into(),
        }
    }
}

impl AgentsAnswer {
    /// The agents of these spans.
    pub(crate) fn new(trace_id: TraceId, rows: &[quipu_core::SpanRow], complete: bool) -> Self {
        let shares = quipu_query::agent_shares(rows);
        let agents = shares.iter().map(|(name, share)| AgentRow::new(name.to_string(), share)).collect();
        Self { trace_id: trace_id.to_string(), complete, agents }
    }
}
