//! Single spans of all traces, as lists show them.

use quipu_core::{Usd, WorkRow};
use quipu_query::millis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Tokens, cost_reason, name};

/// Parameters of a query for spans across traces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct WorkSpansParams {
    /// Comma list of kinds: `call` (every call of a model), `llm`, `embedding`, `rerank`, `tool`, `agent`,
    /// `workflow`, `task`, `retrieval`, `guardrail`, `evaluator`, `memory`, `planning`, `other`. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `failed`, `running`, `unpriced`, `subscription`, `estimated`, `deviating` or `triggered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Provider of a call; an empty value finds calls without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Tool within whose run a call was made; an empty value finds calls outside tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Telemetry convention of a call; an empty value finds calls without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention: Option<String>,
    /// Error text of the span, as figures group it by `error`; an empty value finds failures without a text.
    /// May be repeated, up to 64 times: one of them has to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `started_at`, `duration`, `tokens`, `cost` or `status`, with `-` for descending order (`-status`: failed
    /// first); default `-started_at`. Spans without the figure come last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Maximum number of spans; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The `next_cursor` of the page before, with otherwise the same parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One span, without its messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkSpan {
    /// Trace of the span.
    pub trace_id: String,
    /// The span.
    pub span_id: String,
    /// Name as sent.
    pub name: String,
    /// Kind of span.
    pub kind: String,
    /// Start.
    pub started_at: String,
    /// Duration in milliseconds; null while it runs.
    pub duration_ms: Option<f64>,
    /// Milliseconds until the first token; null unless reported.
    pub time_to_first_token_ms: Option<f64>,
    /// `ok`, `error` or `running`.
    pub status: String,
    /// Error text of a failed span, at most 200 characters.
    pub error: Option<String>,
    /// Model that answered, else the requested model.
    pub model: Option<String>,
    /// Provider.
    pub provider: Option<String>,
    /// Tool: that of a tool run, or the one that a call was made within.
    pub tool: Option<String>,
    /// Agent that did the work.
    pub agent: Option<String>,
    /// Service.
    pub service: Option<String>,
    /// Framework.
    pub framework: Option<String>,
    /// Session of the trace.
    pub session_id: Option<String>,
    /// User of the trace.
    pub user_id: Option<String>,
    /// Tokens of a counted call; null without usage.
    pub tokens: Option<Tokens>,
    /// Computed cost; null with a reason in `cost_reason`, or for a span without usage.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Reason for a null `cost_usd` of a call.
    pub cost_reason: Option<String>,
}

impl From<&WorkRow> for WorkSpan {
    fn from(row: &WorkRow) -> Self {
        let (span, counted) = (&row.span, row.counted());
        let status = match (row.failed(), row.duration()) {
            (true, _) => "error",
            (false, None) => "running",
            (false, Some(_)) => "ok",
        };
        let usage = counted.and_then(|cost| cost.usage.as_ref());
        let kind = counted.map_or(span.kind, |cost| cost.kind);
        let asks_price = |cost: &&quipu_core::Cost| cost.is_call() || cost.usage.is_some();
        Self {
            trace_id: row.trace_id.to_string(),
            span_id: span.span_id.to_string(),
            name: span.name.to_string(),
            kind: kind.as_str().to_owned(),
            started_at: row.time().to_string(),
            duration_ms: row.duration().map(millis),
            time_to_first_token_ms: span.first_token.map(millis),
            status: status.to_owned(),
            error: row.error.clone(),
            model: name(counted.map_or(span.model.as_ref(), |cost| cost.model())),
            provider: name(counted.map_or(span.provider.as_ref(), |cost| cost.provider.as_ref())),
            tool: name(counted.map_or(span.tool.as_ref(), |cost| cost.tool.as_ref())),
            agent: name(counted.map_or(span.agent.as_ref(), |cost| cost.agent.as_ref())),
            service: name(counted.map_or(row.service.as_ref(), |cost| cost.service.as_ref())),
            framework: name(counted.map_or(row.framework.as_ref(), |cost| cost.framework.as_ref())),
            session_id: name(row.session.as_ref()),
            user_id: name(row.user.as_ref()),
            tokens: usage.map(|usage| usage.tokens().into()),
            cost_usd: counted.and_then(|cost| cost.amount),
            cost_reason: counted.filter(asks_price).and_then(cost_reason).map(str::to_owned),
        }
    }
}

/// One page of spans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkSpansAnswer {
    /// Spans in order.
    pub spans: Vec<WorkSpan>,
    /// Number of all spans that match.
    pub total: u64,
    /// Position of the next page; null at the end.
    pub next_cursor: Option<String>,
}
