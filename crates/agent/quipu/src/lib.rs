//! Observability for AI agents: the facade, one dependency with its parts selected by cargo features.
//!
//! Start the library, and record an agent with its calls:
//!
//! ```no_run
//! let _quipu = quipu::init()?;
//! let agent = quipu::agent("planner").session_id("s-17");
//! let ended = agent.llm("openai", "gpt-5").usage((1_200, 85)).finish_reason("stop").end();
//! println!("{:?}", ended.cost());
//! # Ok::<(), quipu::Error>(())
//! ```
//!
//! Observe a function:
//!
//! ```
//! #[quipu::observe(kind = "tool")]
//! fn search(query: &str) -> usize {
//!     query.len()
//! }
//! # assert_eq!(search("knots"), 5);
//! ```
//!
//! Record events and metrics:
//!
//! ```
//! quipu::event!(INFO, "order.placed", items = 3);
//! quipu::counter("orders").add(1, &[("region", "eu")]);
//! ```
//!
//! Ask a budget before money is spent:
//!
//! ```no_run
//! use quipu::{Budget, Usd};
//!
//! let _quipu = quipu::builder().budget("daily", Budget::usd(Usd::cents(500))).init()?;
//! quipu::budget("daily").check(Usd::cents(2))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Test an agent:
//!
//! ```
//! let capture = quipu::testing::capture()?;
//! capture.scope(|| quipu::tool("search").end());
//! capture.finished()?.assert_tools(&["search"]);
//! # Ok::<(), quipu::Error>(())
//! ```
//!
//! Features of the default build: `enable` (recording), `backend-sqlite` (the store), `macros` ([`observe`]),
//! `fast-clock` and `system-metrics`. `encryption` and `backup` are for the store, and `signals` for the option
//! `end_on_signals`. Each backend has a feature `backend-…`, each source an `adapter-…`; `http`, `tracing`,
//! `opentelemetry`, `primitives`, `tokens`, `reports` and `alerts` add the modules of their names. The guide is in
//! `docs/guide` of the repository.
//!
//! Verb: CHOOSE.
//! Takes: cargo features, and a store's URI.
//! Gives: the library for agents, the adapters and backends of the features, and the crates that every user
//! needs.
//! Never: holds logic of its own; it consists of tables.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "enable")]
mod adapters;
#[cfg(feature = "alerts")]
pub mod alerts;
#[cfg(feature = "enable")]
mod backends;
#[cfg(feature = "tokens")]
mod estimates;
#[cfg(doctest)]
mod guide;
#[cfg(feature = "enable")]
mod library;
#[cfg(not(feature = "enable"))]
mod off;
#[cfg(feature = "enable")]
mod plug_ins;
#[cfg(feature = "enable")]
pub mod prices;
#[cfg(feature = "enable")]
pub mod testing;

#[cfg(feature = "enable")]
pub use adapters::adapters;
#[cfg(feature = "alerts")]
pub use alerts::alerts;
#[cfg(feature = "enable")]
pub use backends::{
    Access, has_files, open, open_backends, schemes, store_folder, store_statements, without_login,
};
#[cfg(feature = "tokens")]
pub use estimates::{estimate, estimator};
#[cfg(feature = "enable")]
pub use library::{Build, Builder, Quipu, builder, development, init, production};
#[cfg(not(feature = "enable"))]
pub use off::{
    Action, Amount, Budget, BudgetError, BudgetRef, Budgets, Builder, Estimate, Notice, Period, Preset,
    Quipu, Reservation, Scope, Status, budget, budgets, builder, development, init, production,
};
#[cfg(feature = "enable")]
pub use plug_ins::install_plug_ins;
#[cfg(feature = "enable")]
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

#[cfg(feature = "enable")]
pub use quipu_pipeline as pipeline;
#[cfg(feature = "primitives")]
pub use quipu_primitives as primitives;
#[cfg(feature = "enable")]
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
