//! Prices that a user states for a model.

use std::collections::BTreeMap;

use quipu_core::PriceRequest;

use super::scope::{Span, Subject};
use crate::schema::Body;

/// What a unit costs that an entry has no price for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// What the unit around it costs; else it has no price.
    Around,
    /// What the list says.
    List,
    /// Nothing: the entry lists everything that is paid.
    Nothing,
}

/// A contract price, or that of a model of the user's own.
#[derive(Debug)]
pub(crate) struct Contract {
    pub name: String,
    pub subject: Subject,
    pub span: Span,
    /// What the context of a call must hold.
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
