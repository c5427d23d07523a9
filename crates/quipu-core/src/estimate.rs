//! Estimated tokens and cost of a call before it is made.

use crate::{Unpriced, Usd};

/// A count of tokens before a call: between `low` and `high`, most likely `expected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenEstimate {
    /// Lower bound.
    pub low: u64,
    /// Most likely count.
    pub expected: u64,
    /// Upper bound.
    pub high: u64,
    /// Whether all three are the exact count of the model's own vocabulary, without assumptions.
    pub exact: bool,
    /// Method in a few words: `o200k_base`, `o200k_base with chat framing`.
    pub method: &'static str,
}

/// Estimated money of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Cost of the low counts.
    pub low: Usd,
    /// Cost of the expected counts.
    pub expected: Usd,
    /// Cost of the high counts, which a budget reserves.
    pub high: Usd,
}

/// Estimated tokens and cost of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostEstimate {
    /// Input tokens.
    pub input: TokenEstimate,
    /// Output tokens.
    pub output: TokenEstimate,
    /// List price of both, without savings by a cache; or the reason for a missing price.
    pub cost: Result<Spread, Unpriced>,
}
