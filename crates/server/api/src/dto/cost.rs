//! Cost of one call with its reasons, and calls without a price.

use std::collections::BTreeMap;

use quipu_core::Usd;
use quipu_insight::explain::CostExplained;
use quipu_insight::unpriced;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PriceAnswer, cost_reason, name};

/// Explanation of the cost of one span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CostAnswer {
    /// Whether the span's usage is part of the totals.
    pub counted: bool,
    /// The rule behind `counted`, as a stable word; same values as `counted_rule` of a span.
    pub counted_rule: String,
    /// Billing: `metered` or `subscription`. For a subscription, the cost is the list price of the usage.
    pub billing: String,
    /// Stored computed cost; null without one.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Reason for a null `cost_usd`.
    pub cost_reason: Option<String>,
    /// Cost reported by the source.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Whether the reported cost differs by more than 5 % from the computed cost.
    pub deviates: bool,
    /// Time of the price: the start of the call.
    pub at: String,
    /// Context with an effect on the price, such as `service_tier`, `region`, `processing`.
    pub context: BTreeMap<String, String>,
    /// The bill, line by line; null without a price.
    pub price: Option<PriceAnswer>,
    /// Whether `price` uses the same rule and book version as the stored cost.
    pub as_recorded: bool,
    /// A note; null without one.
    pub note: Option<String>,
}

impl From<CostExplained> for CostAnswer {
    fn from(from: CostExplained) -> Self {
        let CostExplained { row, context, price, as_recorded, note } = from;
        Self {
            counted: row.counts(),
            counted_rule: row.rule.word().to_owned(),
            billing: row.billing.as_str().to_owned(),
            cost_usd: row.amount,
            cost_reason: cost_reason(&row).map(str::to_owned),
            reported_cost_usd: row.reported,
            deviates: row.deviates(),
            at: row.time.to_string(),
            context: context.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
            price: price.map(PriceAnswer::from),
            as_recorded,
            note,
        }
    }
}

/// Models with unpriced usage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnpricedAnswer {
    /// Models, most tokens first.
    pub models: Vec<UnpricedModel>,
}

/// A model without a price, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnpricedModel {
    /// Provider; null if the calls have none.
    pub provider: Option<String>,
    /// Model; null if the calls have none.
    pub model: Option<String>,
    /// `unknown_model`, `no_model`, `no_usage`, `no_unit_price` or `not_valid_then`.
    pub reason: String,
    /// Number of calls.
    pub calls: u64,
    /// Tokens of the calls, input and output together.
    pub tokens: u64,
    /// Start of the first call.
    pub first_seen: String,
    /// Start of the last call.
    pub last_seen: String,
}

impl From<&unpriced::UnpricedModel> for UnpricedModel {
    fn from(from: &unpriced::UnpricedModel) -> Self {
        Self {
            provider: name(from.provider.as_ref()),
            model: name(from.model.as_ref()),
            reason: from.reason.as_str().to_owned(),
            calls: from.calls,
            tokens: from.tokens,
            first_seen: from.first_seen.to_string(),
            last_seen: from.last_seen.to_string(),
        }
    }
}
