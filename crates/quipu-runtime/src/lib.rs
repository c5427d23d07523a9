//! The library at work within a process.
//!
//! Verb: RUN.
//! Takes: configuration, backends and adapters as trait objects.
//! Gives: a recorder whose records reach the backends, the state of each, a shutdown within a bound.
//! Never: fails because one backend does, or blocks the threads that record.

mod accounts;
mod agent;
mod backends;
mod basis;
mod builder;
mod config;
mod control;
mod hook;
pub mod prices;
mod quipu;
mod start;
mod status;
mod system;
mod tables;
mod vcs;

pub use basis::Basis;
pub use builder::Builder;
pub use config::Preset;
pub use quipu::Quipu;
pub use quipu_insight::{
    AccountStatus, Action, Admission, Amount, Budget, BudgetConfig, BudgetError, BudgetRef, BudgetStatus,
    BudgetView, Budgets, BudgetsBuilder, Estimate, Exceeded, LocalAccounts, LoopConfig, LoopKind, Looped,
    Notice, Period, Reservation, Scope, Source, Subject, What, budget, budgets,
};
pub use quipu_pipeline::{ExitSettings, ExitStatus, RedactSettings, WhenFull};
pub use status::Status;
pub use tables::{Open, OpenAccounts, Opened, Place, Tables};
