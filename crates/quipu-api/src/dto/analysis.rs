//! Cost analysis: how spending runs, where it goes, and where it could be less.

use quipu_core::Usd;
use quipu_insight::analysis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UsageRow;

/// How spending runs, where it goes, and where it could be less.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnalysisAnswer {
    /// Begin of the time looked at.
    pub since: String,
    /// End of the time looked at.
    pub until: String,
    /// Width of the series' steps: `hour`, `day`, `week` or `month`.
    pub bucket: String,
    /// Sums over the time.
    pub total: UsageRow,
    /// Sums over the time of the same length before; null where there is nothing to compare with.
    pub previous: Option<UsageRow>,
    /// Spending step by step, steps without calls included.
    pub series: Vec<SpendPoint>,
    /// Where the series tends to; null when it is too short to say.
    pub trend: Option<Trend>,
    /// What is to be expected; null with `forecast_reason`.
    pub forecast: Option<Forecast>,
    /// Why there is no forecast.
    pub forecast_reason: Option<String>,
    /// What prompt caches saved, and could have saved, on calls that are paid by use.
    pub cache: CacheFigures,
    /// The same on calls under subscriptions, at list price.
    pub subscription_cache: CacheFigures,
    /// The dearest sessions, at most ten.
    pub sessions: Vec<DearSession>,
    /// Cheaper models, largest saving first.
    pub suggestions: Vec<Suggestion>,
    /// Reported beside computed cost, over the calls where the two are far apart.
    pub deviations: Deviations,
    /// Calls with usage but without a price: no figure here holds them.
    pub unpriced_calls: u64,
    /// Calls that `cache`, `sessions`, `suggestions` and `deviations` are of.
    pub rows: u64,
    /// Where these begin: later than `since` where there are more calls than are looked at one by one.
    pub rows_since: String,
}

/// One step of the series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpendPoint {
    /// Its start.
    pub start: String,
    /// Money spent in it; null when nothing priced and metered was used.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// What use under subscriptions would have cost by list price.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// LLM calls.
    pub llm_calls: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
}

/// Where the series tends to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trend {
    /// Money more (or, negative, less) with each step.
    #[schema(value_type = String)]
    pub per_bucket_usd: Usd,
    /// The same in percent of the median step; null when nothing was spent.
    pub percent_per_bucket: Option<f64>,
    /// Whole steps that it is of.
    pub buckets: usize,
}

/// What is to be expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Forecast {
    /// Start of the period that it is for: the running day, week or month, UTC.
    pub since: String,
    /// Its end.
    pub until: String,
    /// Money spent in it so far.
    #[schema(value_type = String)]
    pub spent_usd: Usd,
    /// Money expected to have been spent in it at its end.
    #[schema(value_type = String)]
    pub expected_usd: Usd,
    /// Lower end of the interval.
    #[schema(value_type = String)]
    pub low_usd: Usd,
    /// Upper end of the interval.
    #[schema(value_type = String)]
    pub high_usd: Usd,
    /// How likely the truth lies within the interval, 0 to 1, as far as the method holds.
    pub confidence: f64,
    /// How it was computed, in words.
    pub method: String,
}

/// What prompt caches saved, and could have saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CacheFigures {
    /// Input tokens that were read from a cache.
    pub read_tokens: u64,
    /// What these cost less than fresh ones would have.
    #[schema(value_type = String)]
    pub saved_usd: Usd,
    /// What writing to the cache cost more than plain input.
    #[schema(value_type = String)]
    pub write_extra_usd: Usd,
    /// The one less the other.
    #[schema(value_type = String)]
    pub net_usd: Usd,
    /// Input tokens that might have been read from a cache and were not.
    pub missed_tokens: u64,
    /// What reading these from the cache would have saved.
    #[schema(value_type = String)]
    pub missed_usd: Usd,
    /// What `missed_tokens` assumes, in words.
    pub assumption: String,
}

/// One of the dearest sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DearSession {
    /// Session.
    pub session_id: String,
    /// Money spent in it.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// What its use under a subscription would have cost by list price.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// LLM calls.
    pub llm_calls: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Start of its first call within the time looked at.
    pub first: String,
    /// Start of its last one.
    pub last: String,
}

/// A cheaper model for the same calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Suggestion {
    /// Provider that was used.
    pub provider: String,
    /// Model that was used.
    pub model: String,
    /// Provider of the cheaper one.
    pub to_provider: String,
    /// The cheaper one.
    pub to_model: String,
    /// Calls that it was computed for.
    pub calls: u64,
    /// What they cost at today's prices.
    #[schema(value_type = String)]
    pub cost_usd: Usd,
    /// What the same tokens would have cost there.
    #[schema(value_type = String)]
    pub would_cost_usd: Usd,
    /// The difference.
    #[schema(value_type = String)]
    pub saves_usd: Usd,
    /// What it assumes, in words.
    pub assumption: String,
}

/// Reported beside computed cost.
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
