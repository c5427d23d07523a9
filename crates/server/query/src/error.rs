//! Errors of parameters.

/// Characters of a value that an error repeats.
const SHOWN: usize = 64;

/// An invalid query. Its text names the parameter, the found value, and the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// Queries of this kind do not have the parameter.
    #[error("unknown parameter {name:?}; known here: {known}")]
    Unknown {
        /// Parameter found.
        name: String,
        /// Parameters that exist, in words.
        known: String,
    },
    /// The parameter was given more than once.
    #[error("parameter {name:?} is given twice; expected once")]
    Duplicate {
        /// The parameter.
        name: &'static str,
    },
    /// The parameter is required.
    #[error("parameter {name:?} is missing; expected {expected}")]
    Missing {
        /// The parameter.
        name: &'static str,
        /// The expected form.
        expected: String,
    },
    /// The value cannot be used.
    #[error("parameter {name:?}: found {found:?}, expected {expected}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// The value's first 64 characters.
        found: String,
        /// The expected form.
        expected: String,
    },
    /// The parameter `filter` is no text of the filter language.
    #[error("parameter \"filter\", position {position}: found {found:?}, expected {expected}")]
    Filter {
        /// Characters before the mistake.
        position: usize,
        /// The first 64 characters at the position, up to white space.
        found: String,
        /// The expected form.
        expected: String,
    },
}

impl ParamError {
    /// The value `found` of parameter `name` cannot be used.
    pub fn value(name: &'static str, found: &str, expected: impl Into<String>) -> Self {
        Self::Value { name, found: shown(found), expected: expected.into() }
    }

    pub(crate) fn filter(position: usize, found: &str, expected: String) -> Self {
        Self::Filter { position, found: shown(found), expected }
    }

    /// Characters before the mistake in a filter; `None` for all other errors.
    pub const fn position(&self) -> Option<usize> {
        match self {
            Self::Filter { position, .. } => Some(*position),
            _ => None,
        }
    }

    /// `unknown_parameter`, `duplicate_parameter`, `missing_parameter`, `bad_parameter` or `bad_filter`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_parameter",
            Self::Duplicate { .. } => "duplicate_parameter",
            Self::Missing { .. } => "missing_parameter",
            Self::Value { .. } => "bad_parameter",
            Self::Filter { .. } => "bad_filter",
        }
    }
}

fn shown(found: &str) -> String {
    let mut shown: String = found.chars().take(SHOWN).collect();
    if shown.len() < found.len() {
        shown.push('…');
    }
    shown
}
