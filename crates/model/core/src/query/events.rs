//! Queries for events.

use super::ROWS;
use crate::{Event, Level, MemoryHold, Timestamp, TraceId};

/// A query for events. Every field that is set must match. The default is the newest 100.
#[derive(Debug, Clone, PartialEq)]
pub struct EventQuery {
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Least severity.
    pub level: Option<Level>,
    /// Event name.
    pub name: Option<String>,
    /// Session.
    pub session: Option<String>,
    /// Agent.
    pub agent: Option<String>,
    /// Framework.
    pub framework: Option<String>,
    /// Trace.
    pub trace_id: Option<TraceId>,
    /// Text that occurs in the name, body or a text attribute, in upper or lower case.
    pub q: Option<String>,
    /// Requested rows; at least 1.
    pub limit: usize,
    /// Position after the event with this time and number in the store.
    pub cursor: Option<(Timestamp, i64)>,
}

impl EventQuery {
    /// The newest 100 events of a trace.
    pub fn of(trace_id: TraceId) -> Self {
        Self { trace_id: Some(trace_id), ..Self::default() }
    }
}

impl Default for EventQuery {
    fn default() -> Self {
        Self {
            since: None,
            until: None,
            level: None,
            name: None,
            session: None,
            agent: None,
            framework: None,
            trace_id: None,
            q: None,
            limit: ROWS,
            cursor: None,
        }
    }
}

/// A page of events.
#[derive(Debug, Default)]
pub struct EventPage {
    /// Events, newest first.
    pub rows: Vec<Event>,
    /// Position of the next page; `None` at the end.
    pub next: Option<(Timestamp, i64)>,
    /// Memory of the events, charged to the request that reads them.
    pub hold: MemoryHold,
}
