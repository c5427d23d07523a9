//! Budgets: what may be spent in a period, checked before it is spent.

mod account;
mod amount;
mod config;
mod error;
mod period;
mod registry;
mod reservation;
mod spent;

pub use amount::{Amount, Estimate};
pub use config::{Budget, BudgetConfig};
pub use error::{BudgetError, Exceeded};
pub use period::Period;
pub use registry::{BudgetStatus, Budgets};
pub use reservation::{BudgetRef, Reservation, budget};
