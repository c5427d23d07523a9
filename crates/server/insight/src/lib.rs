//! Budgets, cost analysis and figures, computed from the ledger and the store.
//!
//! Verb: JUDGE.
//! Takes: counted and stored ledger rows, price books, and estimates of spending.
//! Gives: a reservation, or an error with the limit; the reasons and the course of spending, and its cost at
//! other prices. Figures by group and over time; a trace in display order, and its graph; documents of users.
//! Never: counts a call, prices one otherwise than the pipeline does, or lets two threads spend the same
//! money.

pub mod agents;
pub mod analysis;
mod budget;
mod catalog;
mod documents;
mod erase;
pub mod explain;
pub mod figures;
mod graph;
pub mod guardrails;
mod inferred;
mod outline;
mod parts;
pub mod plans;
pub mod reprice;
mod rows;
pub mod summary;
pub mod tools;
pub mod unpriced;
mod within;

pub use within::usage_within;

pub use budget::{
    AccountStatus, Action, Admission, Amount, Budget, BudgetConfig, BudgetError, BudgetRef, BudgetStatus,
    BudgetView, Budgets, BudgetsBuilder, Estimate, Exceeded, LocalAccounts, LoopConfig, LoopKind, Looped,
    Notice, Period, Reservation, Scope, Source, Subject, What, budget, budgets,
};
pub use catalog::{Catalog, Offer};
pub use documents::{Document, DocumentError, Documents, Shelf};
pub use erase::{FORGOTTEN, Ids};
pub use graph::{Flow, Graph, Handoff, NodeId, NodeKind};
pub use inferred::inferred_rows;
pub use outline::{Outline, OutlineDraft, OutlineRow};
pub use parts::ErrorCount;
