//! Errors of a budget check.

use std::collections::BTreeMap;
use std::fmt;

use quipu_core::Timestamp;

use crate::Amount;

/// An estimate that does not fit into what is left.
///
/// ```
/// use quipu_budget::{Budget, BudgetError, Budgets};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(1)))].into());
/// if let Err(BudgetError::Exceeded(exceeded)) = budgets.budget("daily").check(Usd::cents(2)) {
///     assert_eq!((exceeded.name.as_str(), exceeded.resets_at.is_some()), ("daily", true));
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// Name of the budget.
    pub name: String,
    /// Scope of the full account: the fields of the budget's scope with their values; empty for a shared
    /// account.
    pub scope: BTreeMap<String, String>,
    /// Its limit; the other figures are in the same unit.
    pub limit: Amount,
    /// Amount counted in this period.
    pub spent: Amount,
    /// Amount reserved by other calls and not yet spent.
    pub reserved: Amount,
    /// Requested amount.
    pub estimate: Amount,
    /// Time of the next period; `None` when there is none. For a rolling budget: the time when the oldest
    /// spending leaves it.
    pub resets_at: Option<Timestamp>,
}

/// Kind of loop.
///
/// ```
/// assert_eq!(quipu_budget::LoopKind::Repeats.as_str(), "repeats");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoopKind {
    /// One tool with the same arguments, again and again.
    Repeats,
    /// Money per minute.
    Rate,
    /// Requests to language models.
    Turns,
}

impl LoopKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repeats => "repeats",
            Self::Rate => "usd_per_minute",
            Self::Turns => "turns",
        }
    }
}

/// Work that goes in circles.
///
/// ```
/// fn explain(error: &quipu_budget::BudgetError) -> String {
///     match error {
///         quipu_budget::BudgetError::Loop(looped) => format!("{} until {}", looped.count, looped.until),
///         other => other.to_string(),
///     }
/// }
/// # let _ = explain;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looped {
    /// Name of the budget.
    pub name: String,
    /// Scope of the loop: `session` or `trace`, with its id.
    pub scope: BTreeMap<String, String>,
    /// Kind of loop.
    pub kind: LoopKind,
    /// The tool, for one that is repeated.
    pub tool: Option<String>,
    /// How often, or how much.
    pub count: Amount,
    /// How much is allowed.
    pub bound: Amount,
    /// Calls are rejected until then.
    pub until: Timestamp,
}

fn scope_in_words(scope: &BTreeMap<String, String>) -> String {
    let parts: Vec<String> = scope.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, scope, limit, spent, reserved, estimate, resets_at } = self;
        let scope = scope_in_words(scope);
        write!(
            f,
            "budget {name}{scope}: {spent} spent and {reserved} reserved of {limit}; {estimate} more would \
             exceed it"
        )?;
        resets_at.map_or(Ok(()), |at| write!(f, "; the next period starts at {at}"))
    }
}

impl fmt::Display for Looped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, scope, kind, tool, count, bound, until } = self;
        write!(f, "budget {name}{}: loop detected: ", scope_in_words(scope))?;
        match (kind, tool) {
            (LoopKind::Repeats, Some(tool)) => write!(f, "tool {tool} ran with the same arguments: ")?,
            (LoopKind::Repeats, None) => write!(f, "a tool ran with the same arguments: ")?,
            (LoopKind::Rate, _) => write!(f, "spending within a minute: ")?,
            (LoopKind::Turns, _) => write!(f, "requests to models: ")?,
        }
        write!(f, "{count}, limit {bound}; rejected until {until}")
    }
}

/// Error of a budget check. Nothing was reserved.
///
/// ```
/// use quipu_budget::{Budget, BudgetError, Budgets};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(1)))].into());
/// let error = budgets.budget("dialy").check(Usd::ZERO).unwrap_err();
/// assert_eq!(error.to_string(), "there is no budget \"dialy\" (budgets: daily)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// The estimate does not fit into what is left.
    #[error("{0}")]
    Exceeded(Box<Exceeded>),
    /// Work goes in circles.
    #[error("{0}")]
    Loop(Box<Looped>),
    /// The budget does not exist.
    #[error("there is no budget {name:?} (budgets: {})", .known.join(", "))]
    Unknown {
        /// The requested name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// No process counts spending, so no limit could be enforced.
    #[error("budget {name:?} was used before quipu was initialised")]
    NotRunning {
        /// The name asked for; `*` for all of them.
        name: String,
    },
    /// The configuration file defines it, so that it cannot be changed from here.
    #[error("budget {name:?}: it is defined in the configuration file and is changed there")]
    DefinedInFile {
        /// The name of the budget.
        name: String,
    },
    /// The definition is wrong.
    #[error("budget {name:?}: {why}")]
    Invalid {
        /// The name of the budget.
        name: String,
        /// The invalid field, and the reason.
        why: String,
    },
    /// The books cannot be read or written, so the limit could not be enforced.
    #[error("budget {name:?} cannot be checked: {why}")]
    Store {
        /// The name of the budget; `*` for all of them.
        name: String,
        /// The operation that failed, and its place.
        why: String,
    },
}
