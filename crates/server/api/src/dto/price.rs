//! Prices with all of their reasons: rules, books and contexts.

use std::collections::BTreeMap;

use quipu_core::{PriceRef, Unpriced, Usd};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A usage to price.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceAsk {
    /// Provider by any of its names; default: by the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Model, as named by the source.
    pub model: String,
    /// Time of the call; default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Context of the price: `processing` = `batch`; `service_tier` = `priority`, `flex`, `fast`, `default`;
    /// `speed`; `region`.
    #[serde(default)]
    pub context: BTreeMap<String, String>,
    /// Counts by unit. `input_tokens` and `output_tokens` are totals; `cache_read_tokens`,
    /// `cache_write_tokens`, `input_audio_tokens`, `input_image_tokens`, `tool_prompt_tokens` are parts of
    /// `input_tokens`; `cache_write_5m_tokens` and `cache_write_1h_tokens` of `cache_write_tokens`;
    /// `cache_read_audio_tokens` of `cache_read_tokens`; `reasoning_tokens`, `output_audio_tokens`,
    /// `output_image_tokens` of `output_tokens`. Other names are other units, such as `web_searches` or
    /// `audio_seconds`.
    pub usage: BTreeMap<String, u64>,
}

/// A price, or the reason for its absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceAnswer {
    /// Sum of all lines; null without a price. It is never zero for an unknown price.
    #[schema(value_type = Option<String>)]
    pub total_usd: Option<Usd>,
    /// Reason for a missing price: `unknown_model`, `no_usage`, `no_unit_price`, `not_valid_then`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Sum of the input lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub input_usd: Option<Usd>,
    /// Sum of the output lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub output_usd: Option<Usd>,
    /// Lines of the bill, one for each unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<PriceLine>>,
    /// The price rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<PriceRule>,
    /// Notes on prices that were substituted for missing ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallbacks: Option<Vec<String>>,
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceLine {
    /// Unit, such as `input_tokens`.
    pub unit: String,
    /// Count of the unit.
    pub count: u64,
    /// Price of `per` units.
    #[schema(value_type = String)]
    pub unit_price_usd: Usd,
    /// Number of units for `unit_price_usd`.
    pub per: u64,
    /// `count` × `unit_price_usd` / `per`.
    #[schema(value_type = String)]
    pub amount_usd: Usd,
}

/// The rule of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceRule {
    /// Name of the book.
    pub source: String,
    /// Version of the book.
    pub version: String,
    /// Id of the rule within the book.
    pub id: String,
}

impl From<&PriceRef> for PriceRule {
    fn from(rule: &PriceRef) -> Self {
        Self { source: rule.source.to_string(), version: rule.version.to_string(), id: rule.id.to_string() }
    }
}

impl From<&quipu_core::PriceLine> for PriceLine {
    fn from(line: &quipu_core::PriceLine) -> Self {
        Self {
            unit: line.unit.to_string(),
            count: line.count,
            unit_price_usd: line.unit_price,
            per: line.per,
            amount_usd: line.amount,
        }
    }
}

impl From<Result<quipu_core::PriceAnswer, Unpriced>> for PriceAnswer {
    fn from(answer: Result<quipu_core::PriceAnswer, Unpriced>) -> Self {
        let none = Self {
            total_usd: None,
            reason: None,
            input_usd: None,
            output_usd: None,
            lines: None,
            rule: None,
            fallbacks: None,
        };
        match answer {
            Ok(answer) => Self {
                total_usd: Some(answer.total),
                input_usd: Some(answer.input),
                output_usd: Some(answer.output),
                lines: Some(answer.lines.iter().map(PriceLine::from).collect()),
                rule: Some(PriceRule::from(&answer.rule)),
                fallbacks: Some(super::names(&answer.fallbacks)),
                ..none
            },
            Err(reason) => Self { reason: Some(reason.as_str().to_owned()), ..none },
        }
    }
}
