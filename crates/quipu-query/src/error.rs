//! What is wrong with a parameter.

/// Characters of a value that an error repeats.
const SHOWN: usize = 64;

/// A question that cannot be read. Its text names the parameter, what was found, and what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// No question of this kind has the parameter.
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
        /// What would be right.
        expected: String,
    },
    /// The value cannot be used.
    #[error("parameter {name:?}: found {found:?}, expected {expected}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// The value's first 64 characters.
        found: String,
        /// What would be right.
        expected: String,
    },
}

impl ParamError {
    /// The value `found` of parameter `name` cannot be used.
    pub fn value(name: &'static str, found: &str, expected: impl Into<String>) -> Self {
        let mut shown: String = found.chars().take(SHOWN).collect();
        if shown.len() < found.len() {
            shown.push('…');
        }
        Self::Value { name, found: shown, expected: expected.into() }
    }

    /// `unknown_parameter`, `duplicate_parameter`, `missing_parameter` or `bad_parameter`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_parameter",
            Self::Duplicate { .. } => "duplicate_parameter",
            Self::Missing { .. } => "missing_parameter",
            Self::Value { .. } => "bad_parameter",
        }
    }
}
