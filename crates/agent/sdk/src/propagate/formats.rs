//! Propagation formats of outgoing requests.

use std::fmt;
use std::str::FromStr;

/// A propagation format, with its name in OpenTelemetry's `OTEL_PROPAGATORS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// `tracecontext`: W3C `traceparent` and `tracestate`.
    TraceContext,
    /// `baggage`: W3C `baggage`, with session, user, correlation id and custom data.
    Baggage,
    /// `b3`: a single header.
    B3,
    /// `b3multi`: one header per field.
    B3Multi,
    /// `jaeger`: `uber-trace-id`, with baggage in `uberctx-` headers.
    Jaeger,
}

impl Format {
    /// Every format, in the order of reading.
    pub const ALL: [Self; 5] = [Self::TraceContext, Self::Baggage, Self::B3, Self::B3Multi, Self::Jaeger];

    /// Name in `OTEL_PROPAGATORS`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
            Self::Jaeger => "jaeger",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An unknown name of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
        write!(f, "{:?} is not a propagation format; the formats are {} and none", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let known = Self::ALL.into_iter().find(|format| format.as_str().eq_ignore_ascii_case(name));
        known.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// Formats of outgoing requests, without duplicates. Default: W3C trace context and baggage.
///
/// Parsing accepts the names of
/// [`OTEL_PROPAGATORS`](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/),
/// separated by commas; `none` alone is the empty list.
///
/// ```
/// use quipu_sdk::propagate::{Format, Formats};
///
/// let formats: Formats = "tracecontext, b3".parse()?;
/// assert_eq!(formats.iter().collect::<Vec<_>>(), [Format::TraceContext, Format::B3]);
/// assert!("xray".parse::<Formats>().is_err());
/// # Ok::<(), quipu_sdk::propagate::UnknownFormat>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats(Vec<Format>);

impl Formats {
    /// Creates a list without duplicates.
    pub fn new(formats: impl IntoIterator<Item = Format>) -> Self {
        let mut held = Vec::new();
        for format in formats {
            if !held.contains(&format) {
                held.push(format);
            }
        }
        Self(held)
    }

    /// No format: no headers are written.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The formats in the order of writing.
    pub fn iter(&self) -> impl Iterator<Item = Format> {
        self.0.iter().copied()
    }
}

impl Default for Formats {
    fn default() -> Self {
        Self(vec![Format::TraceContext, Format::Baggage])
    }
}

impl FromStr for Formats {
    type Err = UnknownFormat;

    /// An empty text is the default, like an unset variable.
    fn from_str(names: &str) -> Result<Self, UnknownFormat> {
        let mut names = names.split(',').map(str::trim).filter(|name| !name.is_empty()).peekable();
        if names.peek().is_none() {
            return Ok(Self::default());
        }
        let formats = names.filter(|name| !name.eq_ignore_ascii_case("none")).map(str::parse);
        Ok(Self::new(formats.collect::<Result<Vec<_>, _>>()?))
    }
}

impl fmt::Display for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|format| format.as_str()).collect();
        f.write_str(if names.is_empty() { "none" } else { "" })?;
        f.write_str(&names.join(","))
    }
}
