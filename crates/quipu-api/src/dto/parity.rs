//! Signals that each framework sends.

use quipu_core::Usd;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Tokens;

/// Signals that each framework sends by each convention, side by side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParityAnswer {
    /// Begin of the time range; null for all that is stored.
    pub since: Option<String>,
    /// When it was asked: the end of the time range.
    pub until: String,
    /// Whether all traces of the time range were looked at: at most the latest 20,000 are, for about five
    /// seconds at most.
    pub complete: bool,
    /// Traces that were read.
    pub traces_read: u64,
    /// One row for each framework and convention, by name.
    pub frameworks: Vec<ParityRow>,
}

/// One framework by one convention. Calls, errors, tokens and cost are those of calls that carry the
/// framework and the convention themselves, as in `/api/v1/usage`. Traces, sessions, users, agents and tool
/// runs come from the sampled traces that carry both. If the provider's library records a framework's calls,
/// they are `in_traces`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParityRow {
    /// Framework; null when none is reported.
    pub framework: Option<String>,
    /// Convention that its spans were read by; null for none.
    pub convention: Option<String>,
    /// Traces.
    pub traces: u64,
    /// Sessions of these traces.
    pub sessions: u64,
    /// Users of these traces.
    pub users: u64,
    /// Agents of these traces, by name.
    pub agents: u64,
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Tool runs of these traces.
    pub tool_calls: u64,
    /// Failed LLM calls.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced calls; null when none is priced.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Cost that the sources themselves reported; null when none did.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Calls with usage but without a price; they are not in `cost_usd`.
    pub unpriced_calls: u64,
    /// Start of the earliest of these traces; null without traces.
    pub first_seen: Option<String>,
    /// Start of the latest of these traces; null without traces.
    pub last_seen: Option<String>,
    /// Contents of its traces, including calls recorded by other libraries.
    pub in_traces: InTraces,
    /// Sampled calls for `sends` and `lacks`: its own and those in its traces, from the latest 20 traces, at
    /// most 200.
    pub sampled_calls: u64,
    /// Signals of its calls, with the share of calls that send them. A signal that no sampled call had an
    /// occasion to send is in neither list: only a failed call can have an error.
    pub sends: Vec<Sends>,
    /// Signals that no sampled call sends.
    pub lacks: Vec<String>,
}

/// Sums over the traces of one row. A trace belongs to one row, so over all rows these add up once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InTraces {
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Failed spans.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced calls; null when none is priced.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Cost that the sources themselves reported; null when none did.
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
    /// Session, user and tool runs may be told by any span of the call's trace.
    pub signal: String,
    /// Share of the sampled calls, above 0 to 1; of `errors` the share of the failed ones.
    pub share: f64,
}
