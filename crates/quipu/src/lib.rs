//! The facade: one dependency, its parts chosen by cargo feature.
//!
//! Verb: CHOOSE.
//! Takes: cargo features, and a store's URI.
//! Gives: the library for agents, the adapters and backends that the features name, and the rooms that every user needs.
//! Never: holds logic of its own; its tables are all there is.

mod adapters;
mod backends;
mod library;

pub use adapters::adapters;
pub use backends::{Access, open, schemes};
pub use library::{Build, Builder, Quipu, builder, development, init, production};
#[cfg(feature = "backend-prometheus")]
pub use quipu_backend_prometheus as prometheus;
pub use quipu_core as core;
pub use quipu_core::Error;
#[cfg(feature = "http")]
pub use quipu_http as http;
#[cfg(feature = "macros")]
pub use quipu_macros::observe;
pub use quipu_pipeline as pipeline;
pub use quipu_prices as prices;
#[cfg(feature = "primitives")]
pub use quipu_primitives as primitives;
pub use quipu_runtime::{
    Amount, Budget, BudgetError, BudgetRef, BudgetStatus, Estimate, Exceeded, ExitSettings, ExitStatus,
    Period, Preset, RedactSettings, Reservation, Status, WhenFull, budget,
};
pub use quipu_sdk::*;
#[cfg(feature = "tracing")]
pub use quipu_tracing as tracing;
