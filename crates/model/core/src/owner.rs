//! Owners of records (a user or a session) and the data found or removed for them.

use std::collections::HashSet;

use compact_str::CompactString;

use crate::{Attributes, Event, Resource, Span, TraceFacts, TraceId, Value};

/// A user or a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnerKind {
    /// A user.
    User,
    /// A session.
    Session,
}

impl OwnerKind {
    /// Stable word of the kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Session => "session",
        }
    }
}

/// The user or session whose records are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Kind of the owner.
    pub kind: OwnerKind,
    /// Id of the owner, as records contain it.
    pub id: String,
    /// Attributes that name the owner in records without a column for it; the whole value is compared with
    /// `id`.
    pub names: &'static [&'static str],
}

impl Owner {
    /// Whether attributes name the owner.
    pub fn is_in(&self, attributes: &Attributes) -> bool {
        let is_id = |value: &Value| match value {
            Value::String(text) => *text == self.id,
            Value::Int(int) => int.to_string() == self.id,
            _ => false,
        };
        self.names.iter().any(|name| attributes.get(name).is_some_and(is_id))
    }

    /// Whether a span names the owner: as read, in its attributes and events, or in its resource.
    pub fn has_span(&self, span: &Span) -> bool {
        let read = match self.kind {
            OwnerKind::User => &span.canonical.user,
            OwnerKind::Session => &span.canonical.session,
        };
        read.as_ref().is_some_and(|id| *id == self.id)
            || self.is_in(&span.attributes)
            || span.events.iter().any(|event| self.is_in(&event.attributes))
            || self.is_of(&span.resource)
    }

    /// Whether an event names the owner: by its session, in its attributes, or in its resource.
    pub fn has_event(&self, event: &Event) -> bool {
        let session = event.session.as_ref().filter(|_| self.kind == OwnerKind::Session);
        session.is_some_and(|id| *id == self.id)
            || self.is_in(&event.attributes)
            || self.is_of(&event.resource)
    }

    /// Whether a resource names the owner.
    pub fn is_of(&self, resource: &Resource) -> bool {
        self.is_in(&resource.attributes)
    }
}

/// Data of an owner in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owned {
    /// Traces with a span of the owner, sorted.
    pub traces: Vec<TraceId>,
    /// Events of the owner outside these traces.
    pub events: u64,
    /// Metric series that name the owner.
    pub series: u64,
    /// Day files whose shared lists contain the owner's name.
    pub names: u64,
    /// Files of the store that may contain the owner's records but could not be searched: damaged, set aside,
    /// or with records that cannot be decoded. While this list is not empty, the result may be incomplete.
    pub unreached: Vec<String>,
}

impl Owned {
    /// Whether the searched files contain nothing of the owner.
    pub fn is_empty(&self) -> bool {
        self.traces.is_empty() && self.events == 0 && self.series == 0 && self.names == 0
    }
}

/// Files of a store that may still contain bytes of removed records, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remnant {
    /// Kind of the files, such as `day files`.
    pub what: String,
    /// Number found.
    pub found: u64,
    /// Number that remains.
    pub remaining: u64,
    /// Reason for the remaining files.
    pub trouble: Option<String>,
}

/// Replacement for the id of a forgotten user, session or trace.
pub const FORGOTTEN: &str = "[forgotten]";

/// Removal of an owner's name from books of accounts.
pub struct Erasure<'a> {
    /// Traces whose calls and facts are removed.
    pub traces: &'a HashSet<TraceId>,
    /// Whether a trace's facts name the owner; its calls and facts are then removed too.
    pub is_theirs: &'a dyn Fn(&TraceFacts) -> bool,
    /// New scope of an account that names the owner; `None` for every other account.
    pub renamed: &'a dyn Fn(&str) -> Option<CompactString>,
    /// New definition of a budget that names the owner; `None` for every other definition.
    pub rewritten: &'a dyn Fn(&str) -> Option<String>,
}
