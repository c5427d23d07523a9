//! Prices that a user sets for a model.

use std::collections::BTreeMap;

use quipu_core::PriceRequest;

use super::scope::{Span, Subject};
use crate::schema::Body;

/// Price of units without a price in the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The price of the containing unit, if there is one.
    Around,
    /// The price of the list.
    List,
    /// Free: the entry lists every billed unit.
    Nothing,
}

/// A contract price, or the price of a model of the user's own.
#[derive(Debug)]
pub(crate) struct Contract {
    pub name: String,
    pub subject: Subject,
    pub span: Span,
    /// Required context of a call.
    pub context: BTreeMap<String, String>,
    pub body: Body<'static>,
    pub rest: Rest,
    pub line: usize,
}

impl Contract {
    pub(crate) fn holds(&self, request: &PriceRequest<'_>) -> bool {
        self.span.holds(request.at)
            && self.context.iter().all(|(key, value)| crate::rates::context(request, key) == Some(value))
    }
}
