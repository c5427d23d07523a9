//! Encodings and signals of an OTLP request, and the nesting that every encoding allows.

/// Levels of lists and maps within one value that are kept, unless the limits set fewer. The recursion limits
/// of the decoders (100 messages for protobuf, 128 brackets for JSON) allow this many in both.
pub const NESTING: usize = 24;

/// Encoding of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Binary protobuf.
    Protobuf,
    /// Protobuf's JSON mapping, with OTLP's hexadecimal ids.
    Json,
}

/// Signal of a request.
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

    /// Name of one item of the signal: `span`, `data point`, `log record`.
    pub const fn item(self) -> &'static str {
        match self {
            Self::Traces => "span",
            Self::Metrics => "data point",
            Self::Logs => "log record",
        }
    }
}
