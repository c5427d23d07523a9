//! The library of a build without the feature `enable`: the same calls, which do nothing.
//!
//! It has the calls that a program makes to configure, start and end the library and to ask a budget. The
//! modules `pipeline`, `prices` and `testing`, and the store, exist with `enable` only. Their types bring
//! most of the library's dependencies.

mod budget;
mod builder;
mod library;

pub use budget::{Budget, BudgetError, BudgetRef, Budgets, Notice, Reservation, budget, budgets};
pub use builder::{Builder, Preset};
pub use library::{Quipu, Status};
pub use quipu_core::budget::{Action, Amount, Estimate, Period, Scope};

use crate::Error;

/// Starts nothing.
///
/// # Errors
/// Never.
pub const fn init() -> Result<Quipu, Error> {
    builder().init()
}

/// A configuration in code, which is not read.
pub const fn builder() -> Builder {
    Builder(())
}

/// A configuration in code, which is not read.
pub const fn development() -> Builder {
    builder()
}

/// A configuration in code, which is not read.
pub const fn production() -> Builder {
    builder()
}
