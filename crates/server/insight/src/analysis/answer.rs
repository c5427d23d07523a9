//! Results of the cost analysis.

use compact_str::CompactString;
use quipu_core::{Timestamp, UsageTotals, Usd};

use super::Bucket;

/// The cost analysis. Sums are exact; trend and forecast are statistics, rounded to billionths of a dollar.
#[derive(Debug, Clone, PartialEq)]
pub struct CostAnalysis {
    /// Start of the analysed time.
    pub since: Timestamp,
    /// Its end, not included.
    pub until: Timestamp,
    /// Length of a point of `series`.
    pub bucket: Bucket,
    /// Sums over the time.
    pub total: UsageTotals,
    /// Sums over the previous time of the same length; `None` without stored data.
    pub previous: Option<UsageTotals>,
    /// One point for each bucket that the time touches, in order, empty ones included. The first and the last
    /// can be cut by `since` and `until`.
    pub series: Vec<CostPoint>,
    /// How metered cost moves from bucket to bucket; `None` with less than four whole buckets.
    pub trend: Option<Trend>,
    /// Expected cost of the running period at its end; `None` with `forecast_reason`.
    pub forecast: Option<Forecast>,
    /// Why there is no forecast.
    pub forecast_reason: Option<String>,
    /// Savings by prompt caches, actual and possible, on metered calls.
    pub cache: CacheUse,
    /// The same on calls under subscriptions, at list price.
    pub subscription_cache: CacheUse,
    /// The most expensive sessions, at most ten.
    pub sessions: Vec<SessionCost>,
    /// Models that would have cost less, largest saving first.
    pub suggestions: Vec<Suggestion>,
    /// Calls whose source reported another cost.
    pub deviations: Deviations,
    /// Counted rows without a price: in no amount here.
    pub unpriced_calls: u64,
    /// Ledger rows that `cache`, `sessions`, `suggestions` and `deviations` are of.
    pub rows: u64,
    /// Start of these rows: later than `since` if there were more than [`super::Ask::max_rows`].
    pub rows_since: Timestamp,
}

/// One point of the series.
#[derive(Debug, Clone, PartialEq)]
pub struct CostPoint {
    /// Start of the bucket.
    pub start: Timestamp,
    /// Metered cost; `None` when there were calls and none has a price.
    pub cost: Option<Usd>,
    /// List price of usage under subscriptions; `None` as for `cost`.
    pub subscription: Option<Usd>,
    /// LLM calls.
    pub llm_calls: u64,
    /// Input and output tokens together.
    pub tokens: u64,
}

/// The trend of metered cost over whole buckets: the Theil–Sen slope, which a few odd buckets do not move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Dollars more, or less, from one bucket to the next.
    pub per_bucket: Usd,
    /// The same in percent of the median bucket; `None` when that is free.
    pub percent_per_bucket: Option<f64>,
    /// Number of whole buckets in the trend.
    pub buckets: usize,
}

/// Expected cost of the running period at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Start of the period.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// Metered cost of the period so far.
    pub spent: Usd,
    /// Metered cost of the whole period, as expected.
    pub expected: Usd,
    /// Lower end of the interval; never less than `spent`.
    pub low: Usd,
    /// Upper end of the interval.
    pub high: Usd,
    /// Probability that the true value is within, 0 to 1: 0.8.
    pub confidence: f64,
    /// How it was computed and of how many days, in words.
    pub method: String,
}

/// Effect of prompt caches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CacheUse {
    /// Input tokens that were read from a cache.
    pub read_tokens: u64,
    /// Savings compared with plain input.
    pub saved: Usd,
    /// Extra cost of tokens written to a cache, compared with plain input.
    pub write_extra: Usd,
    /// `saved` less `write_extra`.
    pub net: Usd,
    /// Tokens that could have been read from a cache and were not, as assumed.
    pub missed_tokens: u64,
    /// Savings if these tokens had been read from the cache.
    pub missed: Usd,
    /// Assumption behind `missed`, in words.
    pub assumption: &'static str,
}

/// Cost of one session.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionCost {
    /// The session.
    pub session_id: CompactString,
    /// Metered cost; `None` when nothing metered is priced.
    pub cost: Option<Usd>,
    /// List price of its usage under a subscription.
    pub subscription: Option<Usd>,
    /// LLM calls.
    pub llm_calls: u64,
    /// Input and output tokens together.
    pub tokens: u64,
    /// Start of its first call in the time.
    pub first: Timestamp,
    /// Start of its last call in the time.
    pub last: Timestamp,
}

/// A model that would have cost less for the same use.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Provider that was called.
    pub provider: CompactString,
    /// Model that was called.
    pub model: CompactString,
    /// Provider of the cheaper model.
    pub to_provider: CompactString,
    /// The cheaper model.
    pub to_model: CompactString,
    /// Number of metered calls in the suggestion.
    pub calls: u64,
    /// Their cost at today's prices.
    pub cost: Usd,
    /// Cost with the cheaper model.
    pub would_cost: Usd,
    /// The difference.
    pub saves: Usd,
    /// Assumption behind the suggestion, in words.
    pub assumption: &'static str,
}

/// Calls whose source reported a cost far from the computed one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deviations {
    /// How many.
    pub calls: u64,
    /// Their computed cost.
    pub computed: Usd,
    /// Their reported cost.
    pub reported: Usd,
}
