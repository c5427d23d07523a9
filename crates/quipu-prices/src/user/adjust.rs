//! Discounts and markups: percents on prices.

use super::scope::{Span, Subject};
use crate::schema::Decimal;

/// Which way a percent works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Less than the list says.
    Discount,
    /// More, on whatever price holds.
    Markup,
}

/// A percent on prices.
#[derive(Debug)]
pub(crate) struct Adjustment {
    pub name: String,
    pub kind: Kind,
    pub subject: Subject,
    pub span: Span,
    /// What prices are multiplied by.
    pub factor: Decimal,
    /// The percent as the user wrote it.
    pub percent: String,
    pub line: usize,
}
