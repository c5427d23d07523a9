//! Budgets of a library that does not run: every call passes.

use std::fmt;
use std::time::Duration;

use quipu_core::budget::{Action, Amount, Estimate, Period, Scope};
use quipu_sdk::{Context, Usd};

/// Definition of a budget. Without recording nothing is counted, so it limits nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget(());

macro_rules! same {
    ($($(#[doc = $doc:literal])* $name:ident($($kind:ty),*);)*) => {
        impl Budget {
            $(
                $(#[doc = $doc])*
                #[must_use]
                pub fn $name(self, $(_: $kind),*) -> Self {
                    self
                }
            )*
        }
    };
}

same! {
    /// Adds a limit.
    and(Amount);
    /// Sets the period.
    per(Period);
    /// Lets the period roll.
    rolling();
    /// Sets the time zone of the period.
    time_zone(impl Into<String>);
    /// Sets the scope.
    scope(Scope);
    /// Sets the shares of the limit that give a notice.
    thresholds(impl Into<Vec<f64>>);
    /// Sets the action for a call beyond the limit.
    action(Action);
    /// Advises a cheaper model instead of a rejection.
    degrade_to(impl Into<String>);
    /// Delays a call instead of a rejection.
    throttle(Duration);
    /// Sets the time for which a reservation holds.
    hold(Duration);
    /// Counts estimated amounts.
    count_estimated();
}

impl Budget {
    /// Limits an amount.
    pub const fn of(_limit: Amount) -> Self {
        Self(())
    }

    /// Limits money.
    pub const fn usd(_limit: Usd) -> Self {
        Self(())
    }

    /// Limits tokens.
    pub const fn tokens(_limit: u64) -> Self {
        Self(())
    }

    /// Limits calls.
    pub const fn calls(_limit: u64) -> Self {
        Self(())
    }
}

/// A notice for the owners of a budget; none is ever given.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Name of the budget.
    pub budget: String,
    /// All of it in words.
    pub message: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Rejection of a call; none is ever given.
#[derive(Debug, Clone, PartialEq)]
pub enum BudgetError {}

impl fmt::Display for BudgetError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for BudgetError {}

/// All budgets.
#[derive(Debug, Clone, Copy)]
pub struct Budgets(pub(super) ());

impl Budgets {
    /// One of them by its name.
    pub const fn budget(&self, _name: &str) -> BudgetRef {
        BudgetRef(())
    }
}

/// A budget by its name.
#[derive(Debug, Clone, Copy)]
pub struct BudgetRef(pub(super) ());

impl BudgetRef {
    /// Passes every call.
    ///
    /// # Errors
    /// Never.
    pub fn check(&self, _estimate: impl Into<Estimate>) -> Result<Reservation, BudgetError> {
        Ok(Reservation(()))
    }
}

/// A reservation of nothing.
#[derive(Debug)]
pub struct Reservation(());

impl Reservation {
    /// Advice to wait: none.
    pub const fn delay(&self) -> Option<Duration> {
        None
    }

    /// Advice to use a cheaper model: none.
    pub const fn degrade_to(&self) -> Option<&str> {
        None
    }

    /// Notices: none.
    pub const fn notices(&self) -> &[String] {
        &[]
    }

    /// Names the call.
    #[must_use]
    pub fn for_call(self, _call: &Context) -> Self {
        self
    }

    /// Replaces the reservation by the real spending.
    pub fn settle(self, _spent: impl Into<Estimate>) {}

    /// Gives the reservation back.
    pub fn release(self) {}
}

/// A budget of this process by its name, which every call passes.
pub const fn budget(_name: &str) -> BudgetRef {
    BudgetRef(())
}

/// The budgets of this process, which every call passes.
pub const fn budgets() -> Budgets {
    Budgets(())
}
