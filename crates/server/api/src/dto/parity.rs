//! Signals that each framework sends.

use quipu_core::Usd;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Tokens;

/// Signals that each framework sends in each convention, side by side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParityAnswer {
    /// Start of the time range; null for all stored data.
    pub since: Option<String>,
    /// End of the time range: the time of the request.
    pub until: String,
    /// Whether all traces of the time range were read. The limits are the latest 20,000 traces and about five
    /// seconds.
    pub complete: bool,
    /// Number of traces read.
    pub traces_read: u64,
    /// One row for each framework and convention, by name.
    pub frameworks: Vec<ParityRow>,
}

/// Figures of one framework in one convention. Calls, errors, tokens and cost are those of calls that carry
/// the framework and the convention themselves, as in `/api/v1/usage`. Traces, sessions, users, agents and
/// tool runs come from the sampled traces that carry both. `in_traces` has the calls that a provider's
/// library recorded within a framework's trace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParityRow {
    /// Framework; null without one.
    pub framework: Option<String>,
    /// Convention of its spans; null without one.
    pub convention: Option<String>,
    /// Number of traces.
    pub traces: u64,
    /// Number of sessions of these traces.
    pub sessions: u64,
    /// Number of users of these traces.
    pub users: u64,
    /// Number of agents of these traces, by name.
    pub agents: u64,
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Number of tool runs of these traces.
    pub tool_calls: u64,
    /// Failed LLM calls.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Cost reported by the sources; null without any.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Calls with usage but without a price. `cost_usd` excludes them.
    pub unpriced_calls: u64,
    /// Start of the earliest trace; null without traces.
    pub first_seen: Option<String>,
    /// Start of the latest trace; null without traces.
    pub last_seen: Option<String>,
    /// Figures of its traces, including calls that other libraries recorded.
    pub in_traces: InTraces,
    /// Number of sampled calls for `sends` and `lacks`: its own calls and those in its traces, from the
    /// latest 20 traces, at most 200.
    pub sampled_calls: u64,
    /// Signals of its calls, with the share of calls that send them. A signal is in neither list if no
    /// sampled call could have sent it: only a failed call can have an error.
    pub sends: Vec<Sends>,
    /// Signals that no sampled call sends.
    pub lacks: Vec<String>,
}

/// Totals of the traces of one row. Each trace belongs to one row, so the totals of all rows add up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InTraces {
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Failed spans.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Cost reported by the sources; null without any.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Counted rows without a price.
    pub unpriced_calls: u64,
}

/// One signal that calls send.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sends {
    /// `messages`, `cache_read`, `reasoning`, `response_id`, `response_model`, `finish_reasons`, `ttft`,
    /// `params`, `session`, `user`, `agent`, `tool_calls`, `errors`, `reported_cost` or `tool_definitions`.
    /// Any span of the call's trace can provide session, user and tool runs.
    pub signal: String,
    /// Share of the sampled calls, above 0 to 1; for `errors`, the share of the failed calls.
    pub share: f64,
}
