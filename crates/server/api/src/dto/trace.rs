//! Traces and their spans.

use quipu_core::{Sort, TracePage, TraceRow, Usd};
use quipu_query::{CursorText, millis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Span, Tokens, name, names};

/// Summary of a trace. Tokens, calls and costs are totals of counted calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceSummary {
    /// Id, 32 hexadecimal digits.
    pub trace_id: String,
    /// Name of the root span, or of the earliest span while no root has arrived.
    pub name: String,
    /// Service of that span.
    pub service: Option<String>,
    /// Framework of the trace.
    pub framework: Option<String>,
    /// Convention of its spans.
    pub convention: Option<String>,
    /// Earliest start of a span.
    pub started_at: String,
    /// Milliseconds from the earliest start to the latest known end.
    pub duration_ms: f64,
    /// `ok`, `error`, `unset` or `running`.
    pub status: String,
    /// Number of stored spans.
    pub spans: u64,
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Number of errors; each counts once, where it began.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced, metered calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Reason for a null `cost_usd`: `unpriced` if calls have no price, `subscription` if all priced calls
    /// ran under a subscription, `no_usage` without usage.
    pub cost_reason: Option<String>,
    /// List price of calls under a subscription. `cost_usd` excludes it.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Calls with usage but without a price. `cost_usd` excludes them.
    pub unpriced_calls: u64,
    /// Cost reported by the source; null without any.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Session.
    pub session_id: Option<String>,
    /// User.
    pub user_id: Option<String>,
    /// Project.
    pub project: Option<String>,
    /// Revision of the source code that the agent worked on.
    pub commit: Option<String>,
    /// Branch of that source code.
    pub branch: Option<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Participating agents, sorted.
    pub agents: Vec<String>,
    /// Called models, sorted.
    pub models: Vec<String>,
}

impl From<&TraceRow> for TraceSummary {
    fn from(row: &TraceRow) -> Self {
        let reason = match (row.unpriced_calls, row.subscription) {
            (1.., _) => "unpriced",
            (0, Some(_)) => "subscription",
            (0, None) => "no_usage",
        };
        Self {
            trace_id: row.trace_id.to_string(),
            name: row.name.clone(),
            service: name(row.service.as_ref()),
            framework: name(row.framework.as_ref()),
            convention: name(row.convention.as_ref()),
            started_at: row.started_at.to_string(),
            duration_ms: millis(row.duration),
            status: row.status.as_str().to_owned(),
            spans: row.spans,
            llm_calls: row.llm_calls,
            tool_calls: row.tool_calls,
            errors: row.errors,
            tokens: row.tokens.into(),
            cost_usd: row.cost,
            cost_reason: row.cost.is_none().then(|| reason.to_owned()),
            subscription_usd: row.subscription,
            unpriced_calls: row.unpriced_calls,
            reported_cost_usd: row.reported_cost,
            session_id: name(row.session.as_ref()),
            user_id: name(row.user.as_ref()),
            project: name(row.project.as_ref()),
            commit: name(row.commit.as_ref()),
            branch: name(row.branch.as_ref()),
            tags: names(&row.tags),
            agents: names(&row.agents),
            models: names(&row.models),
        }
    }
}

/// One page of traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TracesAnswer {
    /// Traces in the requested order.
    pub traces: Vec<TraceSummary>,
    /// The `cursor` of the next page; null on the last page.
    pub next_cursor: Option<String>,
}

impl TracesAnswer {
    /// A page in a given order.
    pub(crate) fn new(page: &TracePage, sort: Sort) -> Self {
        Self {
            traces: page.rows.iter().map(TraceSummary::from).collect(),
            next_cursor: page.next.map(|next| CursorText::of_trace(&next, sort)),
        }
    }
}

/// One trace with its spans, or one page of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceAnswer {
    /// Summary of the trace.
    pub trace: TraceSummary,
    /// Spans by start, then by id.
    pub spans: Vec<Span>,
    /// The `after` of the next page of spans; null on the last page.
    pub next_after: Option<String>,
}
