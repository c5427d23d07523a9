//! What a call may take before it is made.

use crate::{Unpriced, Usd};

/// A count of tokens before a call: between `low` and `high`, most likely `expected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenEstimate {
    /// Hardly fewer.
    pub low: u64,
    /// Most likely.
    pub expected: u64,
    /// Hardly more.
    pub high: u64,
    /// Whether all three are the model's own count, by its own vocabulary and nothing assumed.
    pub exact: bool,
    /// How it was found, in a few words: `o200k_base`, `o200k_base with chat framing`.
    pub method: &'static str,
}

/// Money that a call may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// With the low counts.
    pub low: Usd,
    /// With the expected counts.
    pub expected: Usd,
    /// With the high counts: what a budget reserves.
    pub high: Usd,
}

/// What a call may take and cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostEstimate {
    /// Tokens that go in.
    pub input: TokenEstimate,
    /// Tokens that come out.
    pub output: TokenEstimate,
    /// List price of both, without what a cache would save; or why there is no price.
    pub cost: Result<Spread, Unpriced>,
}
