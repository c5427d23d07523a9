//! Scope of an entry of a user's book: a provider, a model, a time.

use std::fmt;

use quipu_core::Timestamp;

use crate::name::{self, Reading};

/// A provider and a model, each of them optional.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Any of the provider's names, in lower case.
    pub provider: Option<String>,
    pub model: Option<Pattern>,
}

/// A model's name or a prefix of names, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    Exact(String),
    Prefix(String),
}

/// A half-open period: includes `from`, excludes `to`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Pattern {
    /// Parses `gpt-4o`, or `gpt-4*` for every name with that prefix.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        match text.strip_suffix('*') {
            Some(prefix) => Self::Prefix(prefix.to_owned()),
            None => Self::Exact(text),
        }
    }

    pub(crate) fn holds(&self, model: &str) -> bool {
        match self {
            Self::Exact(name) => name == model,
            Self::Prefix(prefix) => model.starts_with(prefix.as_str()),
        }
    }

    fn rank(&self) -> usize {
        match self {
            Self::Exact(_) => usize::MAX / 2,
            Self::Prefix(prefix) => 1 + prefix.len(),
        }
    }
}

impl Subject {
    /// Rank by narrowness; the narrowest matching subject wins. A model is narrower than a provider.
    pub(crate) fn rank(&self) -> (usize, bool) {
        (self.model.as_ref().map_or(0, Pattern::rank), self.provider.is_some())
    }

    /// Whether one of the provider's names matches.
    pub(crate) fn meets_provider(&self, names: &[String]) -> bool {
        let Some(wanted) = self.provider.as_deref() else { return true };
        let ids = name::providers(wanted);
        names.iter().any(|name| name == wanted || ids.iter().any(|id| id == name))
    }

    /// The first matching reading of the model's name.
    pub(crate) fn meets_model<'r>(&self, readings: &'r [Reading]) -> Option<&'r Reading> {
        match &self.model {
            None => readings.first(),
            Some(pattern) => readings.iter().find(|reading| pattern.holds(&reading.model)),
        }
    }
}

impl Span {
    pub(crate) fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let before =
            |one: &Self, other: &Self| matches!((one.to, other.from), (Some(to), Some(from)) if to <= from);
        !before(self, other) && !before(other, self)
    }
}

impl fmt::Display for Subject {
    /// Formats as `openai/gpt-4*`; `*` stands for any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider.as_deref();
        match &self.model {
            None => write!(f, "{}", provider.unwrap_or("*")),
            Some(Pattern::Exact(name)) => {
                write!(f, "{}{name}", provider.map(|name| format!("{name}/")).unwrap_or_default())
            }
            Some(Pattern::Prefix(name)) => {
                write!(f, "{}{name}*", provider.map(|name| format!("{name}/")).unwrap_or_default())
            }
        }
    }
}
