//! Discounts and markups, in percent of prices.

use super::scope::{Span, Subject};
use crate::schema::Decimal;

/// Direction of an adjustment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reduces the list price.
    Discount,
    /// Increases any price.
    Markup,
}

/// A percentage on prices.
#[derive(Debug)]
pub(crate) struct Adjustment {
    pub name: String,
    pub kind: Kind,
    pub subject: Subject,
    pub span: Span,
    /// Factor on prices.
    pub factor: Decimal,
    /// The percent as the user wrote it.
    pub percent: String,
    pub line: usize,
}
