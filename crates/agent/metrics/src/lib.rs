//! Metrics of a process: named instruments, series handles, statistics, and derivation from spans.
//!
//! Verb: MEASURE.
//! Takes: observations of instrumented code; counted spans and ledger rows.
//! Gives: points of every series, for stores and scraped pages.
//! Never: blocks instrumented code, or grows without a bound; rejected observations are counted by reason.

#![cfg_attr(not(feature = "enable"), allow(dead_code, reason = "the recording code is compiled out"))]

pub mod bounds;
pub mod catalogue;
#[cfg(feature = "enable")]
mod cell;
#[cfg(feature = "enable")]
mod collect;
#[cfg(feature = "enable")]
mod derive;
#[cfg(feature = "enable")]
mod figures;
mod fine;
mod held;
mod kind;
mod name;
mod named;
#[cfg(feature = "enable")]
mod open_metrics;
mod problem;
mod reference;
#[cfg_attr(not(feature = "enable"), path = "registry_off.rs")]
mod registry;
#[cfg(feature = "enable")]
mod self_metrics;
mod stats;
#[cfg(feature = "enable")]
mod stripe;
mod timer;
mod write;

#[cfg(feature = "enable")]
pub use derive::Derive;
pub use fine::QUANTILE_ERROR;
pub use held::{
    CounterSeries, GaugeSeries, HistogramSeries, SummarySeries, TimerSeries, UpDownCounterSeries,
};
pub use kind::InstrumentKind;
pub use named::{Counter, Gauge, Histogram, Summary, Timer, UpDownCounter};
pub use problem::{Problem, Report};
pub use registry::{CurrentSpan, Registry};
#[cfg(feature = "enable")]
pub use self_metrics::SelfMetrics;
pub use stats::Stats;
pub use timer::Running;
