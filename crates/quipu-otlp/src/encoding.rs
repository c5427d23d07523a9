//! Which signal a request carries and how it is written.

/// How a request's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Binary protobuf.
    Protobuf,
    /// Protobuf's JSON mapping, with OTLP's hexadecimal ids.
    Json,
}

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Metric points.
    Metrics,
    /// Log records.
    Logs,
}

impl Signal {
    /// The signal's name in paths and labels: `traces`, `metrics`, `logs`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// What one item of the signal is called: `span`, `data point`, `log record`.
    pub const fn item(self) -> &'static str {
        match self {
            Self::Traces => "span",
            Self::Metrics => "data point",
            Self::Logs => "log record",
        }
    }
}
