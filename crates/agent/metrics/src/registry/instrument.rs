//! An instrument: kind, description, bounds, series.

use std::sync::OnceLock;

use compact_str::CompactString;
use quipu_core::locks::RwLock;

use super::series::Series;
use crate::kind::InstrumentKind;

/// Source of the observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// The instrumented code.
    Hand,
    /// Quipu's derivation.
    Derived,
}

/// Unit and help text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Description {
    pub unit: CompactString,
    pub help: String,
}

/// Description of an instrument that is not used yet.
#[derive(Default)]
pub(super) struct UnusedDescription {
    pub description: Option<Description>,
    pub bounds: Option<Box<[f64]>>,
}

/// An instrument of a registry. It lives as long as the process.
pub(crate) struct Instrument {
    pub name: CompactString,
    pub kind: InstrumentKind,
    pub origin: Origin,
    pub bounds: Box<[f64]>,
    pub description: RwLock<Description>,
    /// Ordered by first observation, without the overflow series.
    pub series: RwLock<Vec<&'static Series>>,
    pub overflow: OnceLock<&'static Series>,
}

impl Instrument {
    /// Index of a value's bucket: the first whose bound is not below it.
    #[inline]
    pub fn bucket(&self, value: f64) -> usize {
        self.bounds.partition_point(|bound| *bound < value)
    }

    /// Number of buckets, including the one beyond the last bound; 0 without buckets.
    pub fn buckets(&self) -> usize {
        match self.kind {
            InstrumentKind::Histogram | InstrumentKind::Timer => self.bounds.len() + 1,
            _ => 0,
        }
    }

    /// Every series, the overflow series last.
    pub fn all(&self) -> Vec<&'static Series> {
        let mut all = self.series.read().clone();
        all.extend(self.overflow.get());
        all
    }
}
