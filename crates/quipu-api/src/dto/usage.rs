//! Sums: usage, tools, and the values of a field.

use std::collections::BTreeMap;

use quipu_core::{EstimatedTotals, GroupBy, ToolGroup, UsageKey, UsageTotals, Usd};
use quipu_query::{group_word, success_rate, unpriced_calls};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Latency, Tokens};

/// Sums over counted calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageRow {
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Failed ones among them.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced calls that are metered; null when there are none, with
    /// `unpriced_reasons` saying why.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of calls under a subscription; not part of `cost_usd`, null when there are none.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Calls with usage but without a price; they are not in `cost_usd`.
    pub unpriced_calls: u64,
    /// Those calls by reason: `unknown_model`, `no_model`, `no_usage`, `no_unit_price`, `not_valid_then`.
    pub unpriced_reasons: BTreeMap<String, u64>,
    /// Cost that the sources themselves reported; null when none did.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Calls whose reported cost is more than 5 % away from the computed one.
    pub deviating_calls: u64,
    /// Latency of finished LLM calls.
    pub latency_ms: Latency,
    /// Calls whose source sends no usage, estimated from their messages. The other figures exclude them.
    #[serde(default)]
    pub estimated: Estimated,
}

/// Sums over calls whose usage is estimated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Estimated {
    /// Calls.
    pub calls: u64,
    /// Expected tokens.
    pub tokens: Tokens,
    /// Expected cost by list price of those calls that have a price; null when none has.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// The least that they are likely to have cost.
    #[schema(value_type = Option<String>)]
    pub cost_low_usd: Option<Usd>,
    /// The most that they are likely to have cost.
    #[schema(value_type = Option<String>)]
    pub cost_high_usd: Option<Usd>,
}

impl From<&EstimatedTotals> for Estimated {
    fn from(totals: &EstimatedTotals) -> Self {
        Self {
            calls: totals.calls,
            tokens: totals.tokens.into(),
            cost_usd: totals.cost.map(|cost| cost.expected),
            cost_low_usd: totals.cost.map(|cost| cost.low),
            cost_high_usd: totals.cost.map(|cost| cost.high),
        }
    }
}

impl From<&UsageTotals> for UsageRow {
    fn from(totals: &UsageTotals) -> Self {
        let reasons = totals.unpriced.iter().filter(|(_, calls)| **calls > 0);
        Self {
            llm_calls: totals.llm_calls,
            errors: totals.errors,
            tokens: totals.tokens.into(),
            cost_usd: totals.cost,
            subscription_usd: totals.subscription,
            unpriced_calls: unpriced_calls(totals),
            unpriced_reasons: reasons.map(|(reason, calls)| (reason.as_str().to_owned(), *calls)).collect(),
            reported_cost_usd: totals.reported,
            deviating_calls: totals.deviating,
            latency_ms: (&totals.latency).into(),
            estimated: (&totals.estimated).into(),
        }
    }
}

/// One group of calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageGroup {
    /// One entry for each key of `group_by`; null where the calls name none. Hours, days, weeks and months
    /// are their start.
    pub key: BTreeMap<String, Option<String>>,
    /// Sums.
    #[serde(flatten)]
    pub row: UsageRow,
}

/// Usage by group, and over all groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageAnswer {
    /// One group for each combination of the keys asked for.
    pub groups: Vec<UsageGroup>,
    /// Sums over all calls, each once.
    pub total: UsageRow,
    /// True when there were more groups than fit into memory (limit `group_bytes`): these are the first by
    /// their keys. The total is of all. Absent when it is false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl UsageAnswer {
    /// Groups by `keys`, with the sums over all calls.
    pub(crate) fn new(groups: &[quipu_core::UsageGroup], keys: &[GroupBy], total: &UsageTotals) -> Self {
        let key = |group: &quipu_core::UsageGroup| {
            keys.iter()
                .zip(&group.key)
                .map(|(key, value)| (group_word(*key).to_owned(), key_text(value)))
                .collect()
        };
        Self {
            truncated: groups.iter().any(quipu_core::UsageGroup::is_rest),
            groups: groups
                .iter()
                .filter(|group| !group.is_rest())
                .map(|group| UsageGroup { key: key(group), row: (&group.totals).into() })
                .collect(),
            total: total.into(),
        }
    }
}

/// Times are whole seconds: their text goes without the zeros of a fraction.
fn key_text(key: &UsageKey) -> Option<String> {
    match key {
        UsageKey::Name(name) => super::name(name.as_ref()),
        UsageKey::Time(time) => Some(time.to_string().replace(".000000000Z", "Z")),
        UsageKey::Rest => None,
    }
}

/// Sums over the counted runs of one tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolRow {
    /// Name that the model called it by.
    pub name: String,
    /// Runs.
    pub calls: u64,
    /// Failed runs.
    pub errors: u64,
    /// Part of the runs that did not fail, 0 to 1; null without runs.
    pub success_rate: Option<f64>,
    /// Latency of finished runs.
    pub latency_ms: Latency,
    /// Error of the latest failed run; null when none failed.
    pub last_error: Option<String>,
    /// Runs without a span, inferred from the messages of calls. The other figures leave them out.
    #[serde(default)]
    pub inferred: u64,
}

impl From<&ToolGroup> for ToolRow {
    fn from(group: &ToolGroup) -> Self {
        Self {
            name: group.tool.to_string(),
            calls: group.calls,
            errors: group.errors,
            success_rate: success_rate(group.calls, group.errors),
            latency_ms: (&group.latency).into(),
            last_error: group.last_error.clone(),
            inferred: group.inferred,
        }
    }
}

/// Tools.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolsAnswer {
    /// Tools, most runs first.
    pub tools: Vec<ToolRow>,
    /// True if further rows were left out by the limit `group_bytes`. Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facet {
    /// The value.
    pub value: String,
    /// Traces that have it.
    pub traces: u64,
}

/// The values of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetsAnswer {
    /// Values, those of most traces first.
    pub values: Vec<Facet>,
    /// True if further values were left out by `limit` or by the limit `group_bytes`. Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}
