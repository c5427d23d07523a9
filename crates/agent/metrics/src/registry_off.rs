//! Registry of a build without recording: it has no instruments.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Metric, Resource, SpanId, Timestamp, TraceId};

use crate::problem::{Problem, Report};
use crate::stats::Stats;

/// All instruments of a recorder. This build records nothing, so every method has no effect.
#[derive(Debug, Default)]
pub struct Registry(());

/// The current span of a thread; without recording it is never asked.
pub type CurrentSpan = fn() -> Option<(TraceId, SpanId)>;

/// An instrument; none is ever made.
pub(crate) struct Instrument {
    pub name: CompactString,
}

/// A series; none is ever made.
pub(crate) struct Series {
    pub instrument: &'static Instrument,
}

impl Registry {
    /// An empty registry.
    pub fn new(_: CurrentSpan) -> Self {
        Self::default()
    }

    /// Sets unit and description of an instrument.
    pub fn describe(&self, _name: &str, _unit: &str, _help: &str) {}

    /// Sets the bucket bounds of a histogram or timer.
    pub fn bounds(&self, _name: &str, _bounds: &[f64]) {}

    /// Sets the limit of series per instrument.
    pub fn limit_series(&self, _most: usize) {}

    /// Calls `observe` before each collection. Nothing is collected, so it is never called.
    pub fn observe_with(&self, _observe: impl Fn(&'static Self, Timestamp) + Send + Sync + 'static) {}

    /// Sets a gauge or sum to an external value.
    pub fn observe(&'static self, _name: &str, _value: f64, _labels: &[(&str, &str)]) {}

    /// Counts of rejected observations: none.
    pub fn problems(&self) -> Vec<(Problem, u64)> {
        Vec::new()
    }

    /// Problems since the last call: none.
    pub fn new_problems(&self) -> Vec<Report> {
        Vec::new()
    }

    /// Every series of every instrument: none.
    pub fn collect(&'static self, _now: Timestamp, _resource: &Arc<Resource>) -> Vec<Metric> {
        Vec::new()
    }

    /// Statistics of a distribution: none.
    pub fn stats(&self, _name: &str) -> Option<Stats> {
        None
    }

    /// Statistics of one series of a distribution: none.
    pub fn stats_of(&self, _name: &str, _labels: &[(&str, &str)]) -> Option<Stats> {
        None
    }

    /// Value of one series of a counter or gauge: none.
    pub fn value(&self, _name: &str, _labels: &[(&str, &str)]) -> Option<f64> {
        None
    }

    /// Sum over all series of a counter: none.
    pub fn total(&self, _name: &str) -> Option<f64> {
        None
    }
}

impl Series {
    pub const fn add(&self, _n: u64) {}

    pub const fn set(&self, _value: f64) {}

    pub const fn shift(&self, _by: f64) {}

    pub const fn record(&self, _value: f64) {}

    pub fn stats(&self) -> Stats {
        Stats::default()
    }
}
