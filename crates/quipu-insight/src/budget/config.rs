//! What a budget is told.

use std::time::Duration;

use quipu_core::Usd;
use serde::{Deserialize, Serialize};

use super::{Amount, Period};

/// Milliseconds that a reservation holds by default: longer than any single call takes.
const HOLD_MS: u64 = 600_000;

/// A budget as a configuration file has it. At least one limit is set; where several are, all of them hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetConfig {
    /// US dollars in a period, as decimal text.
    pub limit_usd: Option<Usd>,
    /// Tokens in a period, input and output together.
    pub limit_tokens: Option<u64>,
    /// Requests to models in a period.
    pub limit_calls: Option<u64>,
    /// When it starts anew.
    pub period: Period,
    /// Milliseconds that a reservation holds when nothing is heard of its call.
    pub hold_ms: u64,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self {
            limit_usd: None,
            limit_tokens: None,
            limit_calls: None,
            period: Period::default(),
            hold_ms: HOLD_MS,
        }
    }
}

/// A budget: limits, the period that they hold for, and how long a reservation holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    pub(crate) limits: Vec<Amount>,
    pub(crate) period: Period,
    pub(crate) hold: Duration,
}

impl Budget {
    /// A budget of this much a day.
    pub fn of(limit: Amount) -> Self {
        Self { limits: vec![limit], period: Period::default(), hold: Duration::from_millis(HOLD_MS) }
    }

    /// A budget of so many dollars a day.
    pub fn usd(limit: Usd) -> Self {
        Self::of(Amount::Usd(limit))
    }

    /// A budget of so many tokens a day, input and output together.
    pub fn tokens(limit: u64) -> Self {
        Self::of(Amount::Tokens(limit))
    }

    /// A budget of so many requests to models a day.
    pub fn calls(limit: u64) -> Self {
        Self::of(Amount::Calls(limit))
    }

    /// With a further limit: all of them hold.
    #[must_use]
    pub fn and(mut self, limit: Amount) -> Self {
        self.limits.push(limit);
        self
    }

    /// With another period.
    #[must_use]
    pub const fn per(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// With another time that a reservation holds when nothing is heard of its call.
    #[must_use]
    pub const fn hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }
}

impl TryFrom<BudgetConfig> for Budget {
    type Error = String;

    fn try_from(config: BudgetConfig) -> Result<Self, String> {
        let limits = [
            config.limit_usd.map(Amount::Usd),
            config.limit_tokens.map(Amount::Tokens),
            config.limit_calls.map(Amount::Calls),
        ];
        let limits: Vec<Amount> = limits.into_iter().flatten().collect();
        if limits.is_empty() {
            return Err("set limit_usd, limit_tokens or limit_calls".into());
        }
        if config.limit_usd.is_some_and(|limit| limit < Usd::ZERO) {
            return Err("limit_usd is below zero".into());
        }
        Ok(Self { limits, period: config.period, hold: Duration::from_millis(config.hold_ms) })
    }
}
