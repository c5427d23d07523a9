//! The facade: one dependency with its parts selected by cargo features.
//!
//! Verb: CHOOSE.
//! Takes: cargo features, and a store's URI.
//! Gives: the library for agents, the adapters and backends of the features, and the crates that every user
//! needs.
//! Never: holds logic of its own; it consists of tables.

mod adapters;
mod backends;
#[cfg(feature = "tokens")]
mod estimates;
#[cfg(doctest)]
mod guide;
mod library;
mod plug_ins;
pub mod prices;
pub mod testing;

pub use adapters::adapters;
pub use backends::{Access, open, open_backends, schemes, store_folder};
#[cfg(feature = "tokens")]
pub use estimates::{estimate, estimator};
pub use library::{Build, Builder, Quipu, builder, development, init, production};
pub use plug_ins::install_plug_ins;
pub use prices::books as prices;
#[cfg(feature = "backend-prometheus")]
pub use quipu_backend_prometheus as prometheus;
#[cfg(feature = "backend-sqlite")]
pub use quipu_backend_sqlite as sqlite;
pub use quipu_core as core;
pub use quipu_core::Error;
#[cfg(feature = "http")]
pub use quipu_http as http;
#[cfg(feature = "reports")]
pub use quipu_insight::tools as reports;
#[cfg(feature = "macros")]
pub use quipu_macros::observe;
#[cfg(feature = "opentelemetry")]
pub use quipu_opentelemetry as otel;

pub use quipu_pipeline as pipeline;
#[cfg(feature = "primitives")]
pub use quipu_primitives as primitives;
pub use quipu_runtime::{
    AccountStatus, Action, Admission, Amount, BackendConfigs, BackendEntry, Budget, BudgetConfig,
    BudgetError, BudgetRef, BudgetStatus, BudgetView, Budgets, BudgetsBuilder, Capture, DeliveryConfig,
    Estimate, Exceeded, Exporter, ExporterRules, ExporterStatus, FieldRules, HashKey, LoopConfig, LoopKind,
    Looped, Mode, Notice, Opened as OpenedBackend, OwnPattern, Period, Pii, PiiKind, Preset, RedactConfig,
    Registry, Reservation, Scope, Source, Status, Subject, Variables, What, WhenFull, budget, budgets,
};
pub use quipu_sdk::*;
#[cfg(feature = "tokens")]
pub use quipu_tokens as tokens;
#[cfg(feature = "tracing")]
pub use quipu_tracing as tracing;
