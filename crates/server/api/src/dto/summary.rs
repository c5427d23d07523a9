//! The summary of a time range.

use std::collections::BTreeMap;

use quipu_core::{Timestamp, UsageTotals, Usd};
use quipu_insight::summary;
use quipu_query::{RangeAsk, success_rate, unpriced_calls};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Latency, Tokens, name};

/// Load, errors, latency and cost. Requests are LLM calls, each counted once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SummaryRow {
    /// LLM calls.
    pub requests: u64,
    /// LLM calls per minute of the range; null for all stored data.
    pub requests_per_minute: Option<f64>,
    /// Failed LLM calls.
    pub errors: u64,
    /// Share of failed calls, 0 to 1; null without calls.
    pub error_rate: Option<f64>,
    /// Share of successful calls, 0 to 1; null without calls.
    pub success_rate: Option<f64>,
    /// Latency of finished calls.
    pub latency_ms: Latency,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced, metered calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of calls under a subscription.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Calls with usage but without a price.
    pub unpriced_calls: u64,
    /// Traces.
    pub traces: u64,
    /// Sessions with a trace in the range.
    pub active_sessions: u64,
}

/// Summary of one framework. Calls are assigned by their own framework, traces and sessions by that of the
/// trace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FrameworkSummary {
    /// The framework; null for records without one.
    pub framework: Option<String>,
    /// Its figures.
    #[serde(flatten)]
    pub row: SummaryRow,
}

/// The summary of a time range.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SummaryAnswer {
    /// Start of the range; null for all stored data.
    pub since: Option<String>,
    /// End of the range.
    pub until: String,
    /// Figures over all selected frameworks.
    #[serde(flatten)]
    pub total: SummaryRow,
    /// Figures by framework, most calls first.
    pub frameworks: Vec<FrameworkSummary>,
    /// Same as `cost_usd`.
    #[schema(value_type = Option<String>)]
    pub total_cost_usd: Option<Usd>,
    /// Same as `tokens.total`.
    pub total_tokens: u64,
    /// Same as `requests`.
    pub total_requests: u64,
    /// Same as `latency_ms.avg`.
    pub avg_response_time_ms: Option<f64>,
    /// Computed cost by model; models without a price are omitted.
    #[schema(value_type = BTreeMap<String, String>)]
    pub cost_by_model: BTreeMap<String, Usd>,
    /// Calls by hour, or by day if the range exceeds two days; steps without calls are omitted.
    pub usage_over_time: Vec<UsagePoint>,
}

/// Usage within an hour or a day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsagePoint {
    /// Start of the hour or day.
    pub at: String,
    /// LLM calls.
    pub requests: u64,
    /// Input and output tokens.
    pub tokens: u64,
    /// Computed cost of the priced, metered calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
}

impl UsagePoint {
    fn new((at, usage): &(Timestamp, UsageTotals)) -> Self {
        let (requests, tokens) = (usage.llm_calls, usage.tokens.total());
        Self { at: at.to_string(), requests, tokens, cost_usd: usage.cost }
    }
}

impl SummaryRow {
    fn new(from: &summary::Busy, minutes: Option<f64>) -> Self {
        let usage = &from.usage;
        let success_rate = success_rate(usage.llm_calls, usage.errors);
        Self {
            requests: usage.llm_calls,
            requests_per_minute: minutes.map(|minutes| usage.llm_calls as f64 / minutes),
            errors: usage.errors,
            error_rate: success_rate.map(|rate| 1.0 - rate),
            success_rate,
            latency_ms: (&usage.latency).into(),
            tokens: usage.tokens.into(),
            cost_usd: usage.cost,
            subscription_usd: usage.subscription,
            unpriced_calls: unpriced_calls(usage),
            traces: from.traces,
            active_sessions: from.sessions,
        }
    }
}

impl SummaryAnswer {
    /// The summary of the requested range.
    pub(crate) fn new(asked: &RangeAsk, now: Timestamp, from: &summary::Summary) -> Self {
        let of = |(framework, busy): &(Option<compact_str::CompactString>, summary::Busy)| FrameworkSummary {
            framework: name(framework.as_ref()),
            row: SummaryRow::new(busy, from.minutes),
        };
        let costs = from.models.iter();
        let costs = costs.filter_map(|(model, usage)| Some((name(model.as_ref())?, usage.cost?)));
        let total = SummaryRow::new(&from.total, from.minutes);
        Self {
            since: asked.since.map(|since| since.to_string()),
            until: now.to_string(),
            frameworks: from.frameworks.iter().map(of).collect(),
            total_cost_usd: total.cost_usd,
            total_tokens: from.total.usage.tokens.total(),
            total_requests: total.requests,
            avg_response_time_ms: total.latency_ms.avg,
            cost_by_model: costs.collect(),
            usage_over_time: from.times.iter().map(UsagePoint::new).collect(),
            total,
        }
    }
}
