//! Amounts, periods, scopes and actions of budgets.

mod amount;
mod scope;

pub use amount::{Amount, Estimate};
pub use scope::Scope;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Action for a call that does not fit, and for a call of a loop.
///
/// ```
/// use quipu_core::budget::Action;
/// assert_eq!((Action::default(), Action::Throttle.as_str()), (Action::Block, "throttle"));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The call passes, with a notice.
    Notify,
    /// The call passes after a wait.
    Throttle,
    /// The call passes, with the advice to use a cheaper model.
    Degrade,
    /// The call is rejected.
    #[default]
    Block,
}

impl Action {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Throttle => "throttle",
            Self::Degrade => "degrade",
            Self::Block => "block",
        }
    }
}

/// Nanoseconds of a minute.
const MINUTE: i64 = 60 * Timestamp::SECOND;

/// How long a limit holds before it starts anew. Periods are those of the calendar of a time zone, or roll.
///
/// ```
/// use quipu_core::budget::Period;
///
/// assert_eq!((Period::default(), Period::Week.as_str()), (Period::Day, "week"));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The hour; rolling: 60 minutes.
    Hour,
    /// The day; rolling: 24 hours.
    #[default]
    Day,
    /// The week, from Monday; rolling: 7 days.
    Week,
    /// The calendar month; rolling: 30 days.
    Month,
    /// For ever.
    Total,
}

impl Period {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// Nanoseconds of a rolling window; of a total none.
    pub const fn width(self) -> Option<i64> {
        match self {
            Self::Hour => Some(Timestamp::HOUR),
            Self::Day => Some(Timestamp::DAY),
            Self::Week => Some(7 * Timestamp::DAY),
            Self::Month => Some(30 * Timestamp::DAY),
            Self::Total => None,
        }
    }

    /// Nanoseconds by which spending leaves a rolling window.
    pub const fn step(self) -> i64 {
        if matches!(self, Self::Hour) { MINUTE } else { Timestamp::HOUR }
    }
}
