//! Filter conditions beyond one value for each field: several values, negation, prefixes, ranges of figures.

use crate::{Attributes, FacetField, Pattern, Value};

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
    /// A span or its resource has the attribute with one of these values, or with any value (`None`). It
    /// applies to the whole trace, in every query.
    Attribute(String, Option<Vec<Wanted>>),
    /// One of the alternatives matches; an empty list never does, and alternatives are not nested. If the
    /// record has its own value for every alternative, all apply to the record. Otherwise all apply to the
    /// trace. Events ignore it unless every alternative is about a field of events.
    Any(Vec<Term>),
}

impl Criterion {
    /// Whether the condition, or one of its alternatives, tests the field.
    pub fn tests(&self, field: FacetField) -> bool {
        match self {
            Self::Named(of, _) | Self::Has(of) => *of == field,
            Self::Any(terms) => terms.iter().any(|term| term.criterion.tests(field)),
            Self::Title(_)
            | Self::ErrorMessage(_)
            | Self::Figure(..)
            | Self::Words(_)
            | Self::Attribute(..) => false,
        }
    }

    /// Whether the condition, or one of its alternatives, searches the text or the attributes of spans.
    pub fn reads_spans(&self) -> bool {
        match self {
            Self::Words(_) | Self::Attribute(..) => true,
            Self::Any(terms) => terms.iter().any(|term| term.criterion.reads_spans()),
            _ => false,
        }
    }
}

/// Whether the attribute `name` is among these, with one of the wanted values or with any (`None`). A text
/// is compared as it is, a number in decimal form, a boolean as `true` or `false`. A list matches if one of
/// its items does. Maps and bytes have no comparable value.
pub fn has_attribute(attributes: &Attributes, name: &str, wanted: Option<&[Wanted]>) -> bool {
    let mut values = attributes.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    values.any(|value| wanted.is_none_or(|wanted| is_wanted(value, wanted)))
}

fn is_wanted(value: &Value, wanted: &[Wanted]) -> bool {
    let any = |text: &str| wanted.iter().any(|wanted| wanted.fits(text));
    match value {
        Value::String(text) => any(text),
        Value::Int(number) => any(&number.to_string()),
        Value::Double(number) => any(&number.to_string()),
        Value::Bool(flag) => any(if *flag { "true" } else { "false" }),
        Value::Array(items) => items.iter().any(|item| is_wanted(item, wanted)),
        Value::Null | Value::Bytes(_) | Value::Map(_) => false,
    }
}

/// A wanted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Exactly this value.
    Exactly(String),
    /// A value with this prefix.
    Beginning(String),
    /// A value in which the pattern is found. Conditions on errors of spans have no patterns.
    Matching(Pattern),
}

impl Wanted {
    /// Whether `value` matches.
    pub fn fits(&self, value: &str) -> bool {
        match self {
            Self::Exactly(text) => value == text,
            Self::Beginning(text) => value.starts_with(text.as_str()),
            Self::Matching(pattern) => pattern.fits(value),
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
