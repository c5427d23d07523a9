//! Metrics: named instruments, series handles, statistics, and derivation from spans.
//!
//! ```
//! use quipu_sdk::{Recorder, Settings, counter, timer};
//!
//! let (recorder, drain) = Recorder::new(Settings::default());
//! recorder.context().scope(|| {
//!     counter("shop.orders").add(1, &[("channel", "web")]);
//!     let answers = timer("shop.answer.duration").with(&[]);
//!     answers.time(|| { /* work */ });
//!     assert_eq!(answers.stats().map(|stats| stats.count), Some(1));
//! });
//! assert_eq!(recorder.metrics().total("shop.orders"), Some(1.0));
//! # drop(drain);
//! ```

pub mod bounds;
mod cache;
pub mod catalogue;
mod cell;
mod collect;
mod derive;
mod figures;
mod fine;
mod held;
mod instrument;
mod name;
mod named;
mod problem;
mod reference;
mod registry;
mod series;
mod stats;
mod stripe;
mod timer;
mod write;

pub use derive::Derive;
pub use fine::QUANTILE_ERROR;
pub use held::{
    CounterSeries, GaugeSeries, HistogramSeries, SummarySeries, TimerSeries, UpDownCounterSeries,
};
pub use instrument::InstrumentKind;
pub use named::{
    Counter, Gauge, Histogram, Summary, Timer, UpDownCounter, bounds, counter, describe, gauge, histogram,
    summary, timer, up_down_counter,
};
pub use problem::{Problem, Report};
pub use registry::Registry;
pub use stats::Stats;
pub use timer::Running;
