//! Estimated tokens and cost of a call before it is made.

use serde::{Deserialize, Serialize};

use crate::{Tokens, Unpriced, Usd};

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

/// Money that a call may cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// A number of tokens that was estimated: hardly below `low`, hardly above `high`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenSpread {
    /// Hardly fewer.
    pub low: u64,
    /// Most likely.
    pub expected: u64,
    /// Hardly more.
    pub high: u64,
}

impl From<TokenEstimate> for TokenSpread {
    fn from(of: TokenEstimate) -> Self {
        Self { low: of.low, expected: of.expected, high: of.high }
    }
}

/// Estimated usage of a call whose source sends none, from its messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UsageEstimate {
    /// Tokens that went in.
    pub input: TokenSpread,
    /// Tokens that came out.
    pub output: TokenSpread,
    /// Cost by list price; `None` if no price is known.
    pub cost: Option<Spread>,
}

/// Sums over calls whose usage is estimated. No sum of known usage has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EstimatedTotals {
    /// Calls.
    pub calls: u64,
    /// Expected tokens.
    pub tokens: Tokens,
    /// Cost of those calls that have a price; `None` when none has.
    pub cost: Option<Spread>,
}

impl EstimatedTotals {
    /// One call.
    pub fn of(estimate: &UsageEstimate) -> Self {
        let tokens =
            Tokens { input: estimate.input.expected, output: estimate.output.expected, ..Tokens::default() };
        Self { calls: 1, tokens, cost: estimate.cost }
    }

    /// Adds `other`.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.tokens = self.tokens.plus(&other.tokens);
        self.cost = match (self.cost, other.cost) {
            (Some(one), Some(other)) => Some(Spread {
                low: one.low + other.low,
                expected: one.expected + other.expected,
                high: one.high + other.high,
            }),
            (one, other) => one.or(other),
        };
    }
}
