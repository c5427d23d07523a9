//! Reasons for a missing price.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Reason for a missing price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unpriced {
    /// No price book knows the model under this provider.
    UnknownModel,
    /// The source named no model.
    NoModel,
    /// The source reported no tokens.
    NoUsage,
    /// The model is known, but a unit that was used has no price.
    NoUnitPrice,
    /// The model is known, but has no price for that time.
    NotValidThen,
}

impl Unpriced {
    /// The reason as a stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownModel => "unknown_model",
            Self::NoModel => "no_model",
            Self::NoUsage => "no_usage",
            Self::NoUnitPrice => "no_unit_price",
            Self::NotValidThen => "not_valid_then",
        }
    }
}

impl fmt::Display for Unpriced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownModel => "no price book knows this model of this provider; add a price",
            Self::NoModel => "the source named no model",
            Self::NoUsage => "the source reported no tokens",
            Self::NoUnitPrice => "the price of this model lacks a unit that was used",
            Self::NotValidThen => "the price of this model was not valid at the time of the call",
        })
    }
}

impl std::error::Error for Unpriced {}
