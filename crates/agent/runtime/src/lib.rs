//! Runtime of the library within a process.
//!
//! Verb: RUN.
//! Takes: configuration, backends and adapters as trait objects.
//! Gives: a recorder whose records reach the backends, the status of each, and a shutdown with a time limit.
//! Never: fails because one backend does, or blocks the threads that record.

mod accounts;
mod agent;
mod backends;
mod basis;
mod builder;
mod changes;
mod config;
mod control;
mod feed;
mod hook;
mod installed;
mod misuse;
mod named;
pub mod prices;
mod quipu;
mod registry;
mod retention;
mod retention_clock;
mod sharing;
#[cfg_attr(not(feature = "signals"), path = "signals_off.rs")]
mod signals;
mod start;
mod status;
mod syntax;
#[cfg_attr(not(feature = "system-metrics"), path = "system_off.rs")]
mod system;
mod tables;
pub mod testing;
mod variables;
mod vcs;

pub use backends::Backends;
pub use basis::Basis;
pub use builder::Builder;
pub use config::Preset;
pub use named::BackendConfigs;
pub use quipu::Quipu;
pub use quipu_budget::{
    AccountStatus, Action, Admission, Amount, Budget, BudgetConfig, BudgetError, BudgetRef, BudgetStatus,
    BudgetView, Budgets, BudgetsBuilder, Estimate, Exceeded, LocalAccounts, LoopConfig, LoopKind, Looped,
    Notice, Period, Reservation, Scope, Source, Subject, What, budget, budgets,
};
pub use quipu_pipeline::{Capture, FieldRules, HashKey, Mode, OwnPattern, Pii, PiiKind, RedactConfig};
pub use quipu_pipeline::{DeliveryConfig, Exporter, ExporterRules, ExporterStatus, RuleSignal, WhenFull};
pub use quipu_pipeline::{SharedStore, StoreMode};
pub use registry::Registry;
pub use retention::watch_retention;
pub use sharing::tend_alone;
pub use status::Status;
pub use syntax::parse as parse_config;
pub use system::observe as observe_system;
pub use tables::{BackendEntry, IsOptional, Open, OpenAccounts, Opened, Tables};
pub use variables::Variables;
