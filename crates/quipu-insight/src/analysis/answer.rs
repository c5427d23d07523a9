//! What the analysis answers.

use compact_str::CompactString;
use quipu_core::{Timestamp, UsageTotals, Usd};

use super::Bucket;

/// Where the money goes. Sums are exact; trend and forecast are statistics, rounded to billionths of a dollar.
#[derive(Debug, Clone, PartialEq)]
pub struct CostAnalysis {
    /// Start of the time looked at.
    pub since: Timestamp,
    /// Its end, not included.
    pub until: Timestamp,
    /// Length of a point of `series`.
    pub bucket: Bucket,
    /// Sums over the time.
    pub total: UsageTotals,
    /// Sums over the same length of time right before; `None` when nothing is stored of it.
    pub previous: Option<UsageTotals>,
    /// One point for each bucket that the time touches, in order, empty ones included. The first and the last can be cut by
    /// `since` and `until`.
    pub series: Vec<CostPoint>,
    /// How metered cost moves from bucket to bucket; `None` with less than four whole buckets.
    pub trend: Option<Trend>,
    /// What the running period will have cost at its end; `None` with `forecast_reason`.
    pub forecast: Option<Forecast>,
    /// Why there is no forecast.
    pub forecast_reason: Option<String>,
    /// What prompt caches saved and could have, on metered calls.
    pub cache: CacheUse,
    /// The same on calls under subscriptions, at list price.
    pub subscription_cache: CacheUse,
    /// The dearest sessions, at most ten.
    pub sessions: Vec<SessionCost>,
    /// Models that would have cost less, largest saving first.
    pub suggestions: Vec<Suggestion>,
    /// Calls whose source reported another cost.
    pub deviations: Deviations,
    /// Counted rows without a price: in no amount here.
    pub unpriced_calls: u64,
    /// Ledger rows that `cache`, `sessions`, `suggestions` and `deviations` are of.
    pub rows: u64,
    /// Where they begin: later than `since` when there were more than [`super::Ask::max_rows`].
    pub rows_since: Timestamp,
}

/// One point of the series.
#[derive(Debug, Clone, PartialEq)]
pub struct CostPoint {
    /// Start of the bucket.
    pub start: Timestamp,
    /// Metered cost; `None` when there were calls and none has a price.
    pub cost: Option<Usd>,
    /// What use under subscriptions would have cost by list price; `None` as for `cost`.
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
    /// Whole buckets that it is of.
    pub buckets: usize,
}

/// What the running period will have cost at its end.
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
    /// How often the truth is expected to lie within, 0 to 1: 0.8.
    pub confidence: f64,
    /// How it was computed and of how many days, in words.
    pub method: String,
}

/// What prompt caches did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CacheUse {
    /// Input tokens that were read from a cache.
    pub read_tokens: u64,
    /// What they would have cost more as plain input.
    pub saved: Usd,
    /// What tokens written to a cache cost more than plain input.
    pub write_extra: Usd,
    /// `saved` less `write_extra`.
    pub net: Usd,
    /// Tokens that could have been read from a cache and were not, as assumed.
    pub missed_tokens: u64,
    /// What reading them would have saved.
    pub missed: Usd,
    /// What `missed` assumes, in words.
    pub assumption: &'static str,
}

/// What one session cost.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionCost {
    /// The session.
    pub session_id: CompactString,
    /// Metered cost; `None` when nothing metered is priced.
    pub cost: Option<Usd>,
    /// What its use under a subscription would have cost by list price.
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
    /// Metered calls that it is of.
    pub calls: u64,
    /// What they cost at today's prices.
    pub cost: Usd,
    /// What the cheaper model would have cost.
    pub would_cost: Usd,
    /// The difference.
    pub saves: Usd,
    /// What that assumes, in words.
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
