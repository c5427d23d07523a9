//! An instrument: kind, description, bounds, series.

use std::sync::OnceLock;

use compact_str::CompactString;
use parking_lot::RwLock;

use super::bounds::SECONDS;
use super::series::Series;

/// Kind of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstrumentKind {
    /// A sum of whole numbers that only grows.
    Counter,
    /// A sum of whole numbers that goes up and down.
    UpDownCounter,
    /// The last value.
    Gauge,
    /// A distribution with explicit bounds.
    Histogram,
    /// A distribution as quantiles.
    Summary,
    /// A histogram of durations in seconds.
    Timer,
}

impl InstrumentKind {
    /// The kind's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::UpDownCounter => "up-down counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Timer => "timer",
        }
    }

    /// Whether it holds a distribution.
    pub const fn is_distribution(self) -> bool {
        matches!(self, Self::Histogram | Self::Summary | Self::Timer)
    }

    /// OpenTelemetry's kind of instrument.
    pub const fn wire(self) -> quipu_core::Instrument {
        match self {
            Self::Counter => quipu_core::Instrument::Counter,
            Self::UpDownCounter => quipu_core::Instrument::UpDownCounter,
            Self::Gauge => quipu_core::Instrument::Gauge,
            Self::Histogram | Self::Timer => quipu_core::Instrument::Histogram,
            Self::Summary => quipu_core::Instrument::Summary,
        }
    }

    pub(crate) const fn bounds(self) -> &'static [f64] {
        match self {
            Self::Histogram => super::bounds::DEFAULT,
            Self::Timer => SECONDS,
            _ => &[],
        }
    }
}

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
