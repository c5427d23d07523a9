//! Cost of one call with its reasons, and calls without a price.

use std::collections::BTreeMap;

use quipu_core::Usd;
use quipu_insight::explain::CostExplained;
use quipu_insight::unpriced;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PriceAnswer, cost_reason, name};

/// The cost of one span, explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CostAnswer {
    /// Whether the span's usage is part of the totals.
    pub counted: bool,
    /// The rule that decided, as a stable word: see `counted_rule` of a span.
    pub counted_rule: String,
    /// Billing: `metered` by use, or `subscription`. For a subscription, the cost is the list price of the
    /// usage.
    pub billing: String,
    /// Stored computed cost; null when there is none.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Why `cost_usd` is null.
    pub cost_reason: Option<String>,
    /// Cost that the source itself reported.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Whether the reported cost is more than 5 % away from the computed one.
    pub deviates: bool,
    /// The time that it was priced at: the start of the call.
    pub at: String,
    /// Context that changed the price, such as `service_tier`, `region`, `processing`.
    pub context: BTreeMap<String, String>,
    /// The bill, line by line; null when there is no price.
    pub price: Option<PriceAnswer>,
    /// Whether `price` is by the rule and book version that the stored cost was computed with.
    pub as_recorded: bool,
    /// A note; null when there is none.
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
    /// Models, those of most tokens first.
    pub models: Vec<UnpricedModel>,
}

/// One model whose use has no price, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnpricedModel {
    /// Provider; null if the calls have none.
    pub provider: Option<String>,
    /// Model; null if the calls have none.
    pub model: Option<String>,
    /// `unknown_model`, `no_model`, `no_usage`, `no_unit_price` or `not_valid_then`.
    pub reason: String,
    /// Calls.
    pub calls: u64,
    /// Their tokens, input and output together.
    pub tokens: u64,
    /// Start of the first of them.
    pub first_seen: String,
    /// Start of the last of them.
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
