//! Why a budget says no.

use std::fmt;

use quipu_core::Timestamp;

use super::Amount;

/// An estimate that does not fit into what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// Name of the budget.
    pub name: String,
    /// Its limit; the other figures are in the same unit.
    pub limit: Amount,
    /// What was counted in this period.
    pub spent: Amount,
    /// What others have reserved and not yet spent.
    pub reserved: Amount,
    /// What was asked for.
    pub estimate: Amount,
    /// When it starts anew; `None` when it never does.
    pub resets_at: Option<Timestamp>,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, limit, spent, reserved, estimate, resets_at } = self;
        write!(
            f,
            "budget {name}: {spent} spent and {reserved} reserved of {limit}, {estimate} more does not fit"
        )?;
        resets_at.map_or(Ok(()), |at| write!(f, "; it starts anew at {at}"))
    }
}

/// Why a budget says no. Nothing was reserved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// The estimate does not fit into what is left.
    #[error("{0}")]
    Exceeded(Box<Exceeded>),
    /// There is no budget of this name.
    #[error("there is no budget named {name:?} (there are: {})", .known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// Nothing counts what is spent, so that no limit could be kept.
    #[error("budget {name:?} was asked before quipu was initialised")]
    NotRunning {
        /// The name asked for.
        name: String,
    },
}
