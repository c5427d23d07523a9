//! The library at work within a process.
//!
//! Verb: RUN.
//! Takes: configuration, backends and adapters as trait objects.
//! Gives: a recorder whose records reach the backends, the state of each, a shutdown within a bound.
//! Never: fails because one backend does, or blocks the threads that record.

mod agent;
mod backends;
mod builder;
mod config;
mod control;
mod hook;
mod quipu;
mod start;
mod status;
mod system;
mod tables;

pub use builder::Builder;
pub use config::Preset;
pub use quipu::Quipu;
pub use quipu_insight::{
    Amount, Budget, BudgetConfig, BudgetError, BudgetRef, BudgetStatus, Budgets, Estimate, Exceeded, Period,
    Reservation, budget,
};
pub use quipu_pipeline::{ExitSettings, ExitStatus, RedactSettings, WhenFull};
pub use status::Status;
pub use tables::{Open, Opened, Place, Tables};
