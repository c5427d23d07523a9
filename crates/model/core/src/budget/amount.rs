//! Amounts of money, tokens or calls.

use std::fmt;

use crate::{AccountUnit, CostEstimate, Usage, Usd};

/// A figure with its unit.
///
/// ```
/// use quipu_core::{Usd, budget::Amount};
///
/// assert_eq!(Amount::Usd(Usd::cents(150)).to_string(), "1.5 USD");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// US dollars.
    Usd(Usd),
    /// Tokens, input and output together.
    Tokens(u64),
    /// Requests to models.
    Calls(u64),
}

impl Amount {
    /// The bare figure: units of 1e-24 dollars, tokens, or calls.
    pub const fn figure(self) -> i128 {
        match self {
            Self::Usd(usd) => usd.raw(),
            Self::Tokens(count) | Self::Calls(count) => count as i128,
        }
    }

    /// Its unit.
    pub const fn unit(self) -> AccountUnit {
        match self {
            Self::Usd(_) => AccountUnit::Usd,
            Self::Tokens(_) => AccountUnit::Tokens,
            Self::Calls(_) => AccountUnit::Calls,
        }
    }

    /// The figure as decimal text, without its unit.
    pub fn plain(self) -> String {
        match self {
            Self::Usd(usd) => usd.to_string(),
            Self::Tokens(count) | Self::Calls(count) => count.to_string(),
        }
    }

    /// A figure in this amount's unit; none below zero for tokens and calls.
    pub fn with(self, figure: i128) -> Self {
        let count = || u64::try_from(figure.max(0)).unwrap_or(u64::MAX);
        match self {
            Self::Usd(_) => Self::Usd(Usd::from_raw(figure)),
            Self::Tokens(_) => Self::Tokens(count()),
            Self::Calls(_) => Self::Calls(count()),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usd(usd) => write!(f, "{usd} USD"),
            Self::Tokens(count) => write!(f, "{count} tokens"),
            Self::Calls(count) => write!(f, "{count} calls"),
        }
    }
}

/// Estimated or actual spending of a piece of work. Made from dollars or a usage it is one call; a budget
/// uses the units that it limits.
///
/// ```
/// use quipu_core::{Usd, budget::Estimate};
///
/// let estimate = Estimate::from(Usd::cents(2));
/// # drop(estimate);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// US dollars.
    pub usd: Usd,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Requests to models.
    pub calls: u64,
}

impl Estimate {
    /// One call of unknown size.
    pub fn call() -> Self {
        Self { calls: 1, ..Self::default() }
    }

    /// With this much money.
    #[must_use]
    pub const fn usd(mut self, usd: Usd) -> Self {
        self.usd = usd;
        self
    }

    /// With this many tokens, input and output together.
    #[must_use]
    pub const fn tokens(mut self, tokens: u64) -> Self {
        self.tokens = tokens;
        self
    }

    /// With this many calls.
    #[must_use]
    pub const fn calls(mut self, calls: u64) -> Self {
        self.calls = calls;
        self
    }

    /// The part of it that an amount of this unit limits.
    pub fn in_unit(&self, unit: AccountUnit) -> i128 {
        match unit {
            AccountUnit::Usd => self.usd.raw().max(0),
            AccountUnit::Tokens => i128::from(self.tokens),
            AccountUnit::Calls => i128::from(self.calls),
        }
    }
}

impl From<Usd> for Estimate {
    fn from(usd: Usd) -> Self {
        Self::call().usd(usd)
    }
}

impl From<&CostEstimate> for Estimate {
    /// The high figures, so that what is reserved covers the call. A model without a price is one call with
    /// its tokens and no dollars: limit tokens or calls where such models are used.
    fn from(estimate: &CostEstimate) -> Self {
        let usd = estimate.cost.as_ref().map_or(Usd::ZERO, |cost| cost.high);
        Self::call().usd(usd).tokens(estimate.input.high.saturating_add(estimate.output.high))
    }
}

impl From<CostEstimate> for Estimate {
    fn from(estimate: CostEstimate) -> Self {
        Self::from(&estimate)
    }
}

impl From<Usage> for Estimate {
    fn from(usage: Usage) -> Self {
        Self::call().tokens(usage.tokens().total())
    }
}
