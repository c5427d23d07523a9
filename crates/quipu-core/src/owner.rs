//! Whose records are meant, where somebody's are to be shown or forgotten.

use std::collections::HashSet;

use compact_str::CompactString;

use crate::{Attributes, Resource, TraceFacts, TraceId, Value};

/// A user or a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnerKind {
    /// A user.
    User,
    /// A session.
    Session,
}

impl OwnerKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Session => "session",
        }
    }
}

/// Whose records are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// What it is.
    pub kind: OwnerKind,
    /// Its id, as records say it.
    pub id: String,
    /// The attributes in which records without a column for it say it: what is in them is compared with `id` as a whole.
    pub names: &'static [&'static str],
}

impl Owner {
    /// Whether attributes name it.
    pub fn is_in(&self, attributes: &Attributes) -> bool {
        let is_id = |value: &Value| match value {
            Value::String(text) => *text == self.id,
            Value::Int(int) => int.to_string() == self.id,
            _ => false,
        };
        self.names.iter().any(|name| attributes.get(name).is_some_and(is_id))
    }

    /// Whether a resource names it.
    pub fn is_of(&self, resource: &Resource) -> bool {
        self.is_in(&resource.attributes)
    }
}

/// What a store has of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owned {
    /// Traces with a span of theirs, sorted.
    pub traces: Vec<TraceId>,
    /// Events of theirs that belong to none of these.
    pub events: u64,
    /// Series of metrics that name them.
    pub series: u64,
    /// Files of days that have their name in the lists that records share.
    pub names: u64,
    /// Files of the store that may have records of theirs and could not be looked through: damaged, set aside, or with records that cannot be decoded. As long as there are
    /// any, nobody can say that all was found.
    pub unreached: Vec<String>,
}

impl Owned {
    /// Whether there is nothing, in what could be looked through.
    pub fn is_empty(&self) -> bool {
        self.traces.is_empty() && self.events == 0 && self.series == 0 && self.names == 0
    }
}

/// A kind of place in a store's files where bytes of removed records may still be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remnant {
    /// What is counted, such as `day files`.
    pub what: String,
    /// How many there were.
    pub found: u64,
    /// How many are still there.
    pub remaining: u64,
    /// Why they are.
    pub trouble: Option<String>,
}

/// Whose figures in books of accounts are to be nobody's.
pub struct Erasure<'a> {
    /// Traces whose calls and facts go.
    pub traces: &'a HashSet<TraceId>,
    /// Whether a trace's facts name the owner: then its calls and facts go too.
    pub is_theirs: &'a dyn Fn(&TraceFacts) -> bool,
    /// The name of an account without the owner's; `None` of every other account.
    pub renamed: &'a dyn Fn(&str) -> Option<CompactString>,
    /// A definition of a budget without the owner's name; `None` of every other definition.
    pub rewritten: &'a dyn Fn(&str) -> Option<String>,
}
