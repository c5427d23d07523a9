//! Conditions beyond one value a field: several values, none of them, beginnings, figures.

use crate::FacetField;

/// One more condition of a filter. Where calls, tool runs or other work are asked for, it is about the same as the field of that name
/// in [`TraceFilter`](crate::TraceFilter) is there: of a call its own model, agent, service and framework, of a tool run its own tool,
/// agent, service and framework, of a span all five; all else is the trace's. A negated condition is about the same, and then holds
/// where it would not: `not model` picks calls of other models, and traces without any call of that model.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Holds where the rest does not.
    pub not: bool,
    /// What is looked at.
    pub criterion: Criterion,
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq)]
pub enum Criterion {
    /// The field has one of these values; never none of them.
    Named(FacetField, Vec<Wanted>),
    /// The field has a value at all.
    Has(FacetField),
    /// The name of the trace has one of these values.
    Title(Vec<Wanted>),
    /// A failed span has one of these errors, as [`WorkKey::Error`](crate::WorkKey::Error) names them. Of the trace, whatever is asked for.
    ErrorMessage(Vec<Wanted>),
    /// The figure lies in the range.
    Figure(TraceFigure, FigureRange),
    /// Some span's text has all of these words.
    Words(String),
}

/// A value that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This very value.
    Exactly(String),
    /// A value that begins so.
    Beginning(String),
}

impl Wanted {
    /// Whether `value` is wanted.
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
    /// Billionths of a US dollar of metered cost, as [`Usd::nanos`](crate::Usd::nanos) rounds; traces without a cost fit no range.
    Cost,
    /// Input and output tokens.
    Tokens,
    /// Spans.
    Spans,
    /// LLM calls.
    LlmCalls,
    /// Tool runs.
    ToolCalls,
    /// Failed spans.
    Errors,
}

/// A range of whole numbers, both ends within.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FigureRange {
    /// At least.
    pub least: Option<i64>,
    /// At most.
    pub most: Option<i64>,
}

impl FigureRange {
    /// Whether `figure` lies within.
    pub fn holds(&self, figure: i64) -> bool {
        self.least.is_none_or(|least| figure >= least) && self.most.is_none_or(|most| figure <= most)
    }
}
