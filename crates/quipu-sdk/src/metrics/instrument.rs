//! What an instrument is: its kind, what it is described as, its bounds, its series.

use std::sync::OnceLock;

use compact_str::CompactString;
use parking_lot::RwLock;

use super::bounds::SECONDS;
use super::series::Series;

/// What an instrument measures, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstrumentKind {
    /// A sum of whole numbers that only grows.
    Counter,
    /// A sum of whole numbers that goes up and down.
    UpDownCounter,
    /// The value that was set last.
    Gauge,
    /// A distribution with explicit bounds.
    Histogram,
    /// A distribution in quantiles.
    Summary,
    /// A histogram of durations in seconds.
    Timer,
}

impl InstrumentKind {
    /// The kind in words.
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

    /// Whether it keeps a distribution.
    pub const fn is_distribution(self) -> bool {
        matches!(self, Self::Histogram | Self::Summary | Self::Timer)
    }

    /// What OpenTelemetry calls it.
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

/// Who records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// The instrumented code.
    Hand,
    /// Quipu, from what it sees.
    Derived,
}

/// What an instrument is described as.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Description {
    pub unit: CompactString,
    pub help: String,
}

/// One instrument of one registry. It lives as long as the process.
pub(crate) struct Instrument {
    pub name: CompactString,
    pub kind: InstrumentKind,
    pub origin: Origin,
    pub bounds: Box<[f64]>,
    pub description: RwLock<Description>,
    /// In the order of their first observation; the overflow series is not among them.
    pub series: RwLock<Vec<&'static Series>>,
    pub overflow: OnceLock<&'static Series>,
}

impl Instrument {
    /// Where a value belongs: the first bucket whose bound is not below it.
    #[inline]
    pub fn bucket(&self, value: f64) -> usize {
        self.bounds.partition_point(|bound| *bound < value)
    }

    /// Buckets, that beyond the last bound included; none for what keeps no buckets.
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
