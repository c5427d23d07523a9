//! Estimated cost of a call before it is made.

use quipu_core::{CostEstimate, Spread, TokenEstimate, Usd};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A planned request to a model. Exactly one of `text`, `messages` and `body` is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EstimateAsk {
    /// Provider by any of its names; default: by the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Model.
    pub model: String,
    /// Plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Messages in the request format of OpenAI, Anthropic or Gemini.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub messages: Option<Json>,
    /// A whole request body in the format of OpenAI, Anthropic or Gemini, including tools and images.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub body: Option<Json>,
    /// Expected output tokens; default: the estimator's own rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_output: Option<u64>,
    /// Maximum output tokens of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
}

/// Estimated cost of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EstimateAnswer {
    /// Input tokens.
    pub input: TokenSpread,
    /// Output tokens.
    pub output: TokenSpread,
    /// Cost of these tokens; null if `reason` is set.
    pub cost: Option<CostSpread>,
    /// Reason for a missing cost: `unknown_model`, `no_unit_price`, `not_valid_then`.
    pub reason: Option<String>,
}

/// An estimated number of tokens with its bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenSpread {
    /// Lower bound, by the stated error of the method.
    pub low: u64,
    /// Expected number.
    pub expected: u64,
    /// Upper bound, by the stated error of the method.
    pub high: u64,
    /// Whether the count is exact.
    pub exact: bool,
    /// Method of the count.
    pub method: String,
}

impl From<&TokenEstimate> for TokenSpread {
    fn from(from: &TokenEstimate) -> Self {
        let TokenEstimate { low, expected, high, exact, method } = *from;
        Self { low, expected, high, exact, method: method.to_owned() }
    }
}

impl From<&CostEstimate> for EstimateAnswer {
    fn from(from: &CostEstimate) -> Self {
        let spread = |Spread { low, expected, high }| CostSpread {
            low_usd: low,
            expected_usd: expected,
            high_usd: high,
        };
        Self {
            input: (&from.input).into(),
            output: (&from.output).into(),
            cost: from.cost.ok().map(spread),
            reason: from.cost.err().map(|reason| reason.as_str().to_owned()),
        }
    }
}

/// An estimated amount with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CostSpread {
    /// Lower bound.
    #[schema(value_type = String)]
    pub low_usd: Usd,
    /// Expected amount.
    #[schema(value_type = String)]
    pub expected_usd: Usd,
    /// Upper bound.
    #[schema(value_type = String)]
    pub high_usd: Usd,
}
