//! Regular expressions of a build without the feature `patterns`: a query cannot have one.

use std::convert::Infallible;

/// A regular expression. This build has none, because the feature `patterns` is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Infallible);

impl Pattern {
    /// The expression as it was written.
    pub const fn as_str(&self) -> &str {
        match self.0 {}
    }

    /// Whether the expression is found in the value.
    pub const fn fits(&self, _value: &str) -> bool {
        match self.0 {}
    }
}
