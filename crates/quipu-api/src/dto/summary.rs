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
    /// Those of a minute of the range; null for all that is stored.
    pub requests_per_minute: Option<f64>,
    /// Failed ones.
    pub errors: u64,
    /// Part of them that failed, 0 to 1; null without requests.
    pub error_rate: Option<f64>,
    /// Part of them that did not fail, 0 to 1; null without requests.
    pub success_rate: Option<f64>,
    /// Latency of finished requests.
    pub latency_ms: Latency,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced requests that are metered; null when there are none.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of requests under a subscription.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Requests with usage but without a price.
    pub unpriced_calls: u64,
    /// Traces.
    pub traces: u64,
    /// Sessions with a trace in the range.
    pub active_sessions: u64,
}

/// The same of one framework: requests by their own framework, traces and sessions by that of the trace.
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
    /// Start of the range; null for all that is stored.
    pub since: Option<String>,
    /// Its end.
    pub until: String,
    /// Over all frameworks that are meant.
    #[serde(flatten)]
    pub total: SummaryRow,
    /// Each framework, that of most requests first.
    pub frameworks: Vec<FrameworkSummary>,
    /// As `cost_usd`.
    #[schema(value_type = Option<String>)]
    pub total_cost_usd: Option<Usd>,
    /// As `tokens.total`.
    pub total_tokens: u64,
    /// As `requests`.
    pub total_requests: u64,
    /// As `latency_ms.avg`.
    pub avg_response_time_ms: Option<f64>,
    /// Computed cost by model; models without a price are left out.
    #[schema(value_type = BTreeMap<String, String>)]
    pub cost_by_model: BTreeMap<String, Usd>,
    /// Requests by hour, of more than two days by day; steps without any are left out.
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
    /// Computed cost of the priced requests that are metered; null when there are none.
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
    /// The summary of the range that was asked for.
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
