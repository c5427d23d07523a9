//! Queries for sessions.

use quipu_core::{SessionQuery, TraceFilter, TraceQuery};

use crate::traces::CURSOR_EXPECTED;
use crate::{CursorText, DEFAULT_ROWS, FILTER_PARAMS, ParamError, Params, parse_trace_filter};

/// Parameters of a query for sessions, in addition to [`FILTER_PARAMS`].
pub const SESSION_PARAMS: &[&str] = &["limit", "cursor"];
/// Parameters of a question for the traces of one session.
pub const SESSION_TRACE_PARAMS: &[&str] = &["limit", "cursor"];

impl Params {
    /// Reads a query for sessions: latest activity first, 50 rows by default.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn session_query(&self) -> Result<SessionQuery, ParamError> {
        self.allow(&[FILTER_PARAMS, SESSION_PARAMS], &[])?;
        Ok(SessionQuery {
            filter: parse_trace_filter(self)?,
            limit: self.limit(DEFAULT_ROWS, self.max_rows())?,
            cursor: self.read("cursor", CURSOR_EXPECTED, CursorText::to_session)?,
        })
    }

    /// Reads a question for the traces of `session`: newest first, as many as a page may hold unless asked
    /// otherwise.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn session_traces(&self, session: &str) -> Result<TraceQuery, ParamError> {
        self.allow(&[SESSION_TRACE_PARAMS], &[])?;
        let filter = TraceFilter { session: Some(session.to_owned()), ..TraceFilter::default() };
        let limit = self.limit(self.max_rows(), self.max_rows())?;
        let query = TraceQuery { filter, limit, ..TraceQuery::default() };
        let cursor = self.read("cursor", CURSOR_EXPECTED, |text| CursorText::to_trace(text, query.sort))?;
        Ok(TraceQuery { cursor, ..query })
    }
}
