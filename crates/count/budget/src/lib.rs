//! Budgets: limits of spending in a period, checked before a call is made.
//!
//! Verb: JUDGE.
//! Takes: definitions of budgets, estimates of calls before they are made, and counted ledger rows.
//! Gives: a reservation, or an error with the limit; notices, and the state of each account.
//! Never: counts or prices a call, or lets two threads or processes spend the same money.

mod admission;
mod asked;
mod backlog;
mod begin;
mod collected;
mod concern;
mod config;
mod count;
mod definition;
mod earlier;
mod erase;
mod error;
mod loops;
mod memory;
mod notice;
mod period;
mod registry;
mod reserve;
mod scope;
mod stage;
mod subject;
mod tell;
mod view;

pub use admission::{Admission, BudgetRef, Reservation, budget};
pub use config::{Budget, BudgetConfig, LoopConfig};
pub use definition::Source;
pub use error::{BudgetError, Exceeded, LoopKind, Looped};
pub use memory::LocalAccounts;
pub use notice::{Notice, What};
pub use quipu_core::budget::{Action, Amount, Estimate, Period, Scope};
pub use registry::{Budgets, BudgetsBuilder, budgets};
pub use subject::Subject;
pub use view::{AccountStatus, BudgetStatus, BudgetView};
