//! Sums: usage, tools, and the values of a field.

use std::collections::BTreeMap;

use quipu_core::{EstimatedTotals, GroupBy, MemoryHold, ToolGroup, UsageKey, UsageTotals, Usd};
use quipu_query::{group_word, success_rate, unpriced_calls};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::{Latency, Tokens};

/// Totals of counted calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageRow {
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Failed LLM calls.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced, metered calls; null without any, and `unpriced_reasons` then has the
    /// reasons.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of calls under a subscription; null without any. `cost_usd` excludes it.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Calls with usage but without a price. `cost_usd` excludes them.
    pub unpriced_calls: u64,
    /// Number of these calls by reason: `unknown_model`, `no_model`, `no_usage`, `no_unit_price`,
    /// `not_valid_then`.
    pub unpriced_reasons: BTreeMap<String, u64>,
    /// Cost reported by the sources; null without any.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Calls whose reported cost differs by more than 5 % from the computed cost.
    pub deviating_calls: u64,
    /// Latency of finished LLM calls.
    pub latency_ms: Latency,
    /// Calls without reported usage, estimated from their messages. The other figures exclude them.
    #[serde(default)]
    pub estimated: Estimated,
}

/// Totals of calls with estimated usage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Estimated {
    /// Number of calls.
    pub calls: u64,
    /// Expected tokens.
    pub tokens: Tokens,
    /// Expected cost by list price of the calls with a price; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Lower bound of the likely cost.
    #[schema(value_type = Option<String>)]
    pub cost_low_usd: Option<Usd>,
    /// Upper bound of the likely cost.
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
    /// One entry for each key of `group_by`; null if the calls have none. An hour, day, week or month is
    /// given by its start.
    pub key: BTreeMap<String, Option<String>>,
    /// Totals.
    #[serde(flatten)]
    pub row: UsageRow,
}

/// Usage by group, and over all groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageAnswer {
    /// One group for each combination of the requested keys.
    pub groups: Vec<UsageGroup>,
    /// Totals of all calls, each counted once.
    pub total: UsageRow,
    /// True if there were more groups than fit into memory (limit `group_bytes`). The answer then has the
    /// first groups by their keys. `total` covers all calls. Omitted if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// The JSON of a [`UsageAnswer`]. Groups take their JSON shape one at a time, because a shape takes several
/// times the memory of a group.
#[derive(Serialize)]
pub(crate) struct UsageJson {
    groups: GroupsJson,
    total: UsageRow,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    /// Memory of the groups.
    #[serde(skip)]
    _hold: MemoryHold,
}

impl UsageJson {
    /// Groups by `keys` in the memory of `hold`, with the totals of all calls.
    pub(crate) fn new(
        (groups, hold): (Vec<quipu_core::UsageGroup>, MemoryHold),
        keys: &[GroupBy],
        total: &UsageTotals,
    ) -> Self {
        Self {
            _hold: hold,
            truncated: groups.iter().any(quipu_core::UsageGroup::is_rest),
            groups: GroupsJson { groups, words: keys.iter().map(|key| group_word(*key)).collect() },
            total: total.into(),
        }
    }
}

struct GroupsJson {
    groups: Vec<quipu_core::UsageGroup>,
    words: Vec<&'static str>,
}

impl Serialize for GroupsJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let key = |group: &quipu_core::UsageGroup| {
            let texts = group.key.iter().map(key_text);
            self.words.iter().map(|word| (*word).to_owned()).zip(texts).collect()
        };
        let groups = self.groups.iter().filter(|group| !group.is_rest());
        serializer
            .collect_seq(groups.map(|group| UsageGroup { key: key(group), row: (&group.totals).into() }))
    }
}

/// Times in whole seconds, written without a fraction.
fn key_text(key: &UsageKey) -> Option<String> {
    match key {
        UsageKey::Name(name) => super::name(name.as_ref()),
        UsageKey::Time(time) => Some(time.to_string().replace(".000000000Z", "Z")),
        UsageKey::Rest => None,
    }
}

/// Totals of the counted runs of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolRow {
    /// Name of the tool, as called by the model.
    pub name: String,
    /// Number of runs.
    pub calls: u64,
    /// Number of failed runs.
    pub errors: u64,
    /// Share of successful runs, 0 to 1; null without runs.
    pub success_rate: Option<f64>,
    /// Latency of finished runs.
    pub latency_ms: Latency,
    /// Error of the latest failed run; null without one.
    pub last_error: Option<String>,
    /// Number of runs without a span, inferred from the messages of calls. The other figures exclude them.
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
    /// True if the limit `group_bytes` omitted further rows. Omitted if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facet {
    /// The value.
    pub value: String,
    /// Number of traces with it.
    pub traces: u64,
}

/// The values of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetsAnswer {
    /// Values, most traces first.
    pub values: Vec<Facet>,
    /// True if `limit` or the limit `group_bytes` omitted further values. Omitted if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}
