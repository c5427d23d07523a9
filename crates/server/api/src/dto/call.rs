//! Single calls of models, as lists show them.

use quipu_core::{CostRow, Usd};
use quipu_query::millis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Tokens, cost_reason, name};

/// One call of a model, without its messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Call {
    /// Trace of the call.
    pub trace_id: String,
    /// Span of the call.
    pub span_id: String,
    /// Start.
    pub started_at: String,
    /// Duration in milliseconds; null while it runs.
    pub duration_ms: Option<f64>,
    /// `llm`, `embedding` or `rerank`.
    pub kind: String,
    /// `ok`, `error` or `running`.
    pub status: String,
    /// Model that answered, else the requested model.
    pub model: Option<String>,
    /// Provider.
    pub provider: Option<String>,
    /// Agent that made the call.
    pub agent: Option<String>,
    /// Service that made the call.
    pub service: Option<String>,
    /// Framework that made the call.
    pub framework: Option<String>,
    /// Session of the trace.
    pub session_id: Option<String>,
    /// User of the trace.
    pub user_id: Option<String>,
    /// Tokens; null without usage.
    pub tokens: Option<Tokens>,
    /// Computed cost; null with a reason in `cost_reason`.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Reason for a null `cost_usd`.
    pub cost_reason: Option<String>,
}

impl From<&CostRow> for Call {
    fn from(row: &CostRow) -> Self {
        let cost = &row.cost;
        let status = match (cost.failed, cost.duration) {
            (true, _) => "error",
            (false, None) => "running",
            (false, Some(_)) => "ok",
        };
        Self {
            trace_id: cost.trace_id.to_string(),
            span_id: cost.span_id.to_string(),
            started_at: cost.time.to_string(),
            duration_ms: cost.duration.map(millis),
            kind: cost.kind.as_str().to_owned(),
            status: status.to_owned(),
            model: name(cost.model()),
            provider: name(cost.provider.as_ref()),
            agent: name(cost.agent.as_ref()),
            service: name(cost.service.as_ref()),
            framework: name(cost.framework.as_ref()),
            session_id: name(row.session.as_ref()),
            user_id: name(row.user.as_ref()),
            tokens: cost.usage.as_ref().map(|usage| usage.tokens().into()),
            cost_usd: cost.amount,
            cost_reason: cost_reason(cost).map(str::to_owned),
        }
    }
}

/// The first calls in an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallsAnswer {
    /// Calls in order.
    pub calls: Vec<Call>,
    /// Number of all calls that match.
    pub total: u64,
    /// False if there were more calls than one request reads. `calls` and `total` then cover the oldest calls
    /// only.
    pub complete: bool,
}
