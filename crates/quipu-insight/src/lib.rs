//! What the counted figures mean for those who pay.
//!
//! Verb: JUDGE.
//! Takes: ledger rows as they are counted, and estimates of what is about to be spent.
//! Gives: a reservation, or a refusal that says which limit is in the way and until when.
//! Never: counts or prices anything itself, or lets two threads spend the same money.

mod budget;

pub use budget::{
    Amount, Budget, BudgetConfig, BudgetError, BudgetRef, BudgetStatus, Budgets, Estimate, Exceeded, Period,
    Reservation, budget,
};
