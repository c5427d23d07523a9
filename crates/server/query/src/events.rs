//! Queries for events.

use quipu_core::{EventQuery, Level};

use crate::traces::CURSOR_EXPECTED;
use crate::{CursorText, DEFAULT_ROWS, ParamError, Params};

/// Parameters of a query for events.
pub const EVENT_PARAMS: &[&str] =
    &["since", "until", "level", "type", "session", "agent", "framework", "trace_id", "q", "limit", "cursor"];

impl Params {
    /// Reads a query for events: newest first, 50 rows by default. `level` is the least severe wanted.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn event_query(&self) -> Result<EventQuery, ParamError> {
        self.allow(&[EVENT_PARAMS], &[])?;
        let (since, until) = self.times()?;
        Ok(EventQuery {
            since,
            until,
            level: self.word("level", &Level::ALL.map(|level| (level.as_str(), level)))?,
            name: self.text("type")?,
            session: self.text("session")?,
            agent: self.text("agent")?,
            framework: self.text("framework")?,
            trace_id: self
                .read("trace_id", "32 hexadecimal digits, not all zero", |text| text.parse().ok())?,
            q: self.text("q")?,
            limit: self.limit(DEFAULT_ROWS, self.max_rows())?,
            cursor: self.read("cursor", CURSOR_EXPECTED, CursorText::to_event)?,
        })
    }
}
