//! Kinds of metric families.

use prometheus::proto::MetricType;
use quipu_core::Instrument;

use crate::wire;

/// The kind of a family: how its points are stored, added and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sources are added up; it falls only at a restart.
    Counter,
    /// Sources are added up; shown as a gauge, because Prometheus has no other type for it.
    UpDown,
    /// The newest source is shown.
    Gauge,
    /// Sources are added up.
    Histogram,
    /// Sources are added up, except the quantiles: those of the newest source are shown.
    Summary,
}

impl Kind {
    /// The kind of an instrument.
    pub(crate) const fn of(instrument: Instrument) -> Self {
        match instrument {
            Instrument::Counter => Self::Counter,
            Instrument::UpDownCounter => Self::UpDown,
            Instrument::Gauge => Self::Gauge,
            Instrument::Histogram | Instrument::ExponentialHistogram => Self::Histogram,
            Instrument::Summary => Self::Summary,
        }
    }

    /// Its type on the page.
    pub(crate) const fn shown(self) -> MetricType {
        match self {
            Self::Counter => MetricType::COUNTER,
            Self::UpDown | Self::Gauge => MetricType::GAUGE,
            Self::Histogram => MetricType::HISTOGRAM,
            Self::Summary => MetricType::SUMMARY,
        }
    }

    /// Its type in remote-write metadata.
    pub(crate) const fn told(self) -> wire::Kind {
        match self {
            Self::Counter => wire::Kind::Counter,
            Self::UpDown | Self::Gauge => wire::Kind::Gauge,
            Self::Histogram => wire::Kind::Histogram,
            Self::Summary => wire::Kind::Summary,
        }
    }

    /// The label reserved by its samples, or empty.
    pub(crate) const fn own_label(self) -> &'static str {
        own_label(self.shown())
    }
}

/// The label reserved by samples of a type, or empty.
pub(crate) const fn own_label(shown: MetricType) -> &'static str {
    match shown {
        MetricType::HISTOGRAM => "le",
        MetricType::SUMMARY => "quantile",
        MetricType::COUNTER | MetricType::GAUGE | MetricType::UNTYPED => "",
    }
}
