//! Usage under subscriptions.

use quipu_core::Usd;
use quipu_insight::plans;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::name;

/// Subscriptions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlansAnswer {
    /// One entry for each provider, framework and user whose calls ran under a subscription.
    pub plans: Vec<Plan>,
}

/// Use under one subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Provider.
    pub provider: Option<String>,
    /// Framework, such as `claude-code`.
    pub framework: Option<String>,
    /// User; null if the calls have none.
    pub user: Option<String>,
    /// Its windows, newest first.
    pub windows: Vec<PlanWindow>,
}

/// One window that a subscription's limits hold for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanWindow {
    /// `5h`: five hours from its first call; `week`: seven days.
    pub kind: String,
    /// When it began.
    pub started_at: String,
    /// When it ends.
    pub ends_at: String,
    /// Whether the window is current.
    pub current: bool,
    /// LLM calls in it.
    pub llm_calls: u64,
    /// Their tokens, input and output together.
    pub tokens: u64,
    /// Their list price.
    #[schema(value_type = Option<String>)]
    pub list_price_usd: Option<Usd>,
    /// Calls in it that have no price.
    pub unpriced_calls: u64,
}

impl From<&plans::Plan> for Plan {
    fn from(from: &plans::Plan) -> Self {
        Self {
            provider: name(from.provider.as_ref()),
            framework: name(from.framework.as_ref()),
            user: name(from.user.as_ref()),
            windows: from.windows.iter().map(PlanWindow::from).collect(),
        }
    }
}

impl From<&plans::PlanWindow> for PlanWindow {
    fn from(from: &plans::PlanWindow) -> Self {
        Self {
            kind: from.kind.as_str().to_owned(),
            started_at: from.started_at.to_string(),
            ends_at: from.ends_at.to_string(),
            current: from.current,
            llm_calls: from.llm_calls,
            tokens: from.tokens,
            list_price_usd: from.list_price,
            unpriced_calls: from.unpriced_calls,
        }
    }
}
