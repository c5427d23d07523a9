//! What the counted figures mean for those who pay.
//!
//! Verb: JUDGE.
//! Takes: ledger rows as they are counted and as they are stored, price books, and estimates of what is about to be spent.
//! Gives: a reservation or a refusal with its limit; of what was spent its reasons, its course, and what it would be at other prices.
//! Never: counts a call, prices one otherwise than the pipeline does, or lets two threads spend the same money.

pub mod analysis;
mod budget;
mod catalog;
pub mod explain;
pub mod plans;
pub mod reprice;
mod rows;
pub mod unpriced;

pub use budget::{
    AccountStatus, Action, Admission, Amount, Budget, BudgetConfig, BudgetError, BudgetRef, BudgetStatus,
    BudgetView, Budgets, BudgetsBuilder, Estimate, Exceeded, LocalAccounts, LoopConfig, LoopKind, Looped,
    Notice, Period, Reservation, Scope, Source, Subject, What, budget, budgets,
};
pub use catalog::{Catalog, Offer};
