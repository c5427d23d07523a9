//! Usage under subscriptions.

use quipu_core::Usd;
use quipu_insight::plans;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::name;

/// Usage under subscriptions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlansAnswer {
    /// One entry for each provider, framework and user whose calls ran under a subscription.
    pub plans: Vec<Plan>,
}

/// Usage under one subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Provider.
    pub provider: Option<String>,
    /// Framework, such as `claude-code`.
    pub framework: Option<String>,
    /// User; null if the calls have none.
    pub user: Option<String>,
    /// Windows of the subscription, newest first.
    pub windows: Vec<PlanWindow>,
}

/// One window of a subscription's limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanWindow {
    /// `5h`: five hours from the first call. `week`: seven days.
    pub kind: String,
    /// Start of the window.
    pub started_at: String,
    /// End of the window.
    pub ends_at: String,
    /// Whether the window is current.
    pub current: bool,
    /// LLM calls in the window.
    pub llm_calls: u64,
    /// Tokens of these calls, input and output together.
    pub tokens: u64,
    /// List price of these calls.
    #[schema(value_type = Option<String>)]
    pub list_price_usd: Option<Usd>,
    /// Calls in the window without a price.
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
