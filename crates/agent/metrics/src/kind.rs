//! Kinds of instruments.

use crate::bounds::{DEFAULT, SECONDS};

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
            Self::Histogram => DEFAULT,
            Self::Timer => SECONDS,
            _ => &[],
        }
    }
}
