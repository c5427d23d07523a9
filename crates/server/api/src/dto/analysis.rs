//! Cost analysis: spending, its trend and forecast, and possible savings.

use quipu_core::Usd;
use quipu_insight::analysis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UsageRow;

/// Spending, its trend and forecast, and possible savings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnalysisAnswer {
    /// Start of the analysed time.
    pub since: String,
    /// End of the analysed time.
    pub until: String,
    /// Width of a step: `hour`, `day`, `week` or `month`.
    pub bucket: String,
    /// Totals of the analysed time.
    pub total: UsageRow,
    /// Totals of the previous period of the same length; null without data.
    pub previous: Option<UsageRow>,
    /// Spending by step, including steps without calls.
    pub series: Vec<SpendPoint>,
    /// Trend of the series; null if the series is too short.
    pub trend: Option<Trend>,
    /// Forecast; null if `forecast_reason` is set.
    pub forecast: Option<Forecast>,
    /// Reason for a missing forecast.
    pub forecast_reason: Option<String>,
    /// Actual and possible savings by prompt caches, on metered calls.
    pub cache: CacheFigures,
    /// The same on calls under subscriptions, at list price.
    pub subscription_cache: CacheFigures,
    /// The most expensive sessions, at most ten.
    pub sessions: Vec<DearSession>,
    /// Cheaper models, largest saving first.
    pub suggestions: Vec<Suggestion>,
    /// Reported and computed cost, over the calls where the two differ widely.
    pub deviations: Deviations,
    /// Calls with usage but without a price. No figure here includes them.
    pub unpriced_calls: u64,
    /// Number of calls that `cache`, `sessions`, `suggestions` and `deviations` cover.
    pub rows: u64,
    /// Start of these calls. Later than `since` if the analysis reads only the newest calls one by one.
    pub rows_since: String,
}

/// One step of the series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpendPoint {
    /// Start of the step.
    pub start: String,
    /// Cost of metered calls in it; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of usage under subscriptions.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// LLM calls.
    pub llm_calls: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
}

/// Trend of the series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trend {
    /// Change of spending per step; negative if it decreases.
    #[schema(value_type = String)]
    pub per_bucket_usd: Usd,
    /// The same in percent of the median step; null if nothing was spent.
    pub percent_per_bucket: Option<f64>,
    /// Number of complete steps in the trend.
    pub buckets: usize,
}

/// Forecast of spending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Forecast {
    /// Start of the forecast period: the current day, week or month, UTC.
    pub since: String,
    /// End of the forecast period.
    pub until: String,
    /// Spending in the period so far.
    #[schema(value_type = String)]
    pub spent_usd: Usd,
    /// Expected spending of the whole period.
    #[schema(value_type = String)]
    pub expected_usd: Usd,
    /// Lower bound of the prediction interval.
    #[schema(value_type = String)]
    pub low_usd: Usd,
    /// Upper bound of the prediction interval.
    #[schema(value_type = String)]
    pub high_usd: Usd,
    /// Confidence level of the interval, 0 to 1, if the assumptions of the method hold.
    pub confidence: f64,
    /// Description of the method.
    pub method: String,
}

/// Actual and possible savings by prompt caches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CacheFigures {
    /// Input tokens read from a cache.
    pub read_tokens: u64,
    /// Savings compared with uncached tokens.
    #[schema(value_type = String)]
    pub saved_usd: Usd,
    /// Extra cost of cache writes compared with plain input.
    #[schema(value_type = String)]
    pub write_extra_usd: Usd,
    /// `saved_usd` minus `write_extra_usd`.
    #[schema(value_type = String)]
    pub net_usd: Usd,
    /// Input tokens that could have been read from a cache and were not.
    pub missed_tokens: u64,
    /// Savings if these tokens had been read from the cache.
    #[schema(value_type = String)]
    pub missed_usd: Usd,
    /// Description of the assumption behind `missed_tokens`.
    pub assumption: String,
}

/// One of the most expensive sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DearSession {
    /// Session.
    pub session_id: String,
    /// Cost of its metered calls.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of its usage under a subscription.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// LLM calls.
    pub llm_calls: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Start of its first call within the analysed time.
    pub first: String,
    /// Start of its last call within the analysed time.
    pub last: String,
}

/// A cheaper model for the same calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Suggestion {
    /// Provider of the used model.
    pub provider: String,
    /// Used model.
    pub model: String,
    /// Provider of the cheaper model.
    pub to_provider: String,
    /// Cheaper model.
    pub to_model: String,
    /// Number of calls compared.
    pub calls: u64,
    /// Cost of the calls at current prices.
    #[schema(value_type = String)]
    pub cost_usd: Usd,
    /// Cost of the same tokens with the cheaper model.
    #[schema(value_type = String)]
    pub would_cost_usd: Usd,
    /// Possible saving.
    #[schema(value_type = String)]
    pub saves_usd: Usd,
    /// Description of the assumption behind the suggestion.
    pub assumption: String,
}

/// Comparison of reported and computed cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deviations {
    /// Calls whose reported cost is more than 5 % away from the computed one.
    pub calls: u64,
    /// Their computed cost.
    #[schema(value_type = String)]
    pub computed_usd: Usd,
    /// Their reported cost.
    #[schema(value_type = String)]
    pub reported_usd: Usd,
}

impl From<&analysis::CostAnalysis> for AnalysisAnswer {
    fn from(from: &analysis::CostAnalysis) -> Self {
        Self {
            since: from.since.to_string(),
            until: from.until.to_string(),
            bucket: from.bucket.as_str().to_owned(),
            total: (&from.total).into(),
            previous: from.previous.as_ref().map(UsageRow::from),
            series: from.series.iter().map(SpendPoint::from).collect(),
            trend: from.trend.as_ref().map(Trend::from),
            forecast: from.forecast.as_ref().map(Forecast::from),
            forecast_reason: from.forecast_reason.clone(),
            cache: (&from.cache).into(),
            subscription_cache: (&from.subscription_cache).into(),
            sessions: from.sessions.iter().map(DearSession::from).collect(),
            suggestions: from.suggestions.iter().map(Suggestion::from).collect(),
            deviations: from.deviations.into(),
            unpriced_calls: from.unpriced_calls,
            rows: from.rows,
            rows_since: from.rows_since.to_string(),
        }
    }
}

impl From<&analysis::CostPoint> for SpendPoint {
    fn from(from: &analysis::CostPoint) -> Self {
        Self {
            start: from.start.to_string(),
            cost_usd: from.cost,
            subscription_usd: from.subscription,
            llm_calls: from.llm_calls,
            tokens: from.tokens,
        }
    }
}

impl From<&analysis::Trend> for Trend {
    fn from(from: &analysis::Trend) -> Self {
        let analysis::Trend { per_bucket, percent_per_bucket, buckets } = *from;
        Self { per_bucket_usd: per_bucket, percent_per_bucket, buckets }
    }
}

impl From<&analysis::Forecast> for Forecast {
    fn from(from: &analysis::Forecast) -> Self {
        Self {
            since: from.since.to_string(),
            until: from.until.to_string(),
            spent_usd: from.spent,
            expected_usd: from.expected,
            low_usd: from.low,
            high_usd: from.high,
            confidence: from.confidence,
            method: from.method.clone(),
        }
    }
}

impl From<&analysis::CacheUse> for CacheFigures {
    fn from(from: &analysis::CacheUse) -> Self {
        Self {
            read_tokens: from.read_tokens,
            saved_usd: from.saved,
            write_extra_usd: from.write_extra,
            net_usd: from.net,
            missed_tokens: from.missed_tokens,
            missed_usd: from.missed,
            assumption: from.assumption.to_owned(),
        }
    }
}

impl From<&analysis::SessionCost> for DearSession {
    fn from(from: &analysis::SessionCost) -> Self {
        Self {
            session_id: from.session_id.to_string(),
            cost_usd: from.cost,
            subscription_usd: from.subscription,
            llm_calls: from.llm_calls,
            tokens: from.tokens,
            first: from.first.to_string(),
            last: from.last.to_string(),
        }
    }
}

impl From<&analysis::Suggestion> for Suggestion {
    fn from(from: &analysis::Suggestion) -> Self {
        Self {
            provider: from.provider.to_string(),
            model: from.model.to_string(),
            to_provider: from.to_provider.to_string(),
            to_model: from.to_model.to_string(),
            calls: from.calls,
            cost_usd: from.cost,
            would_cost_usd: from.would_cost,
            saves_usd: from.saves,
            assumption: from.assumption.to_owned(),
        }
    }
}

impl From<analysis::Deviations> for Deviations {
    fn from(from: analysis::Deviations) -> Self {
        Self { calls: from.calls, computed_usd: from.computed, reported_usd: from.reported }
    }
}
