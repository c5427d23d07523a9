//! What the stored figures mean, for those who pay and for those who run agents.
//!
//! Verb: JUDGE.
//! Takes: ledger rows as they are counted and as they are stored, price books, and estimates of what is about to be spent.
//! Gives: a reservation or a refusal with its limit; of what was spent its reasons, its course, and what it would be at other prices;
//! figures by group and over time; a trace in order and who used whom in it; documents that people keep.
//! Never: counts a call, prices one otherwise than the pipeline does, or lets two threads spend the same money.

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
