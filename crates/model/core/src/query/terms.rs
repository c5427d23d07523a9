//! Filter conditions beyond one value for each field: several values, negation, prefixes, ranges of figures.

use crate::FacetField;

/// One more condition of a filter. In queries for calls, tool runs or other work, a condition applies to the
/// same record as the field of that name in [`TraceFilter`](crate::TraceFilter). A call is matched by its own
/// model, agent, service and framework. A tool run is matched by its own tool, agent, service and framework,
/// and a span by all five. All other conditions apply to the trace. A negated condition applies to the same
/// record: `not model` selects calls of other models, and traces without any call of that model.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Negates the condition.
    pub not: bool,
    /// The tested value.
    pub criterion: Criterion,
}

/// The value that a condition tests.
#[derive(Debug, Clone, PartialEq)]
pub enum Criterion {
    /// The field has one of these values; an empty list never matches.
    Named(FacetField, Vec<Wanted>),
    /// The field has a value.
    Has(FacetField),
    /// The name of the trace has one of these values.
    Title(Vec<Wanted>),
    /// A failed span has one of these errors, as [`WorkKey::Error`](crate::WorkKey::Error) names them. It
    /// applies to the whole trace, in every query.
    ErrorMessage(Vec<Wanted>),
    /// The figure lies in the range.
    Figure(TraceFigure, FigureRange),
    /// Some span's text has all of these words.
    Words(String),
}

/// A wanted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Exactly this value.
    Exactly(String),
    /// A value with this prefix.
    Beginning(String),
}

impl Wanted {
    /// Whether `value` matches.
    pub fn fits(&self, value: &str) -> bool {
        match self {
            Self::Exactly(text) => value == text,
            Self::Beginning(text) => value.starts_with(text.as_str()),
        }
    }
}

/// A figure of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TraceFigure {
    /// Nanoseconds.
    Duration,
    /// Billionths of a US dollar of metered cost, rounded by [`Usd::nanos`](crate::Usd::nanos); a trace
    /// without a cost is in no range.
    Cost,
    /// Input and output tokens.
    Tokens,
    /// Number of spans.
    Spans,
    /// Number of LLM calls.
    LlmCalls,
    /// Number of tool runs.
    ToolCalls,
    /// Number of failed spans.
    Errors,
}

/// A range of whole numbers, both ends included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FigureRange {
    /// Lower end.
    pub least: Option<i64>,
    /// Upper end.
    pub most: Option<i64>,
}

impl FigureRange {
    /// Whether `figure` is in the range.
    pub fn holds(&self, figure: i64) -> bool {
        self.least.is_none_or(|least| figure >= least) && self.most.is_none_or(|most| figure <= most)
    }
}
