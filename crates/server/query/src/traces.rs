//! Queries for traces.

use quipu_core::{Sort, TraceQuery};

use crate::{CursorText, DEFAULT_ROWS, FILTER_PARAMS, ParamError, Params, parse_trace_filter};

/// Parameters of a query for traces, in addition to [`FILTER_PARAMS`].
pub const TRACE_PARAMS: &[&str] = &["sort", "limit", "cursor"];

/// Words for orders. The position is part of the cursors' format: append only.
pub(crate) const SORTS: &[(&str, Sort)] = &[
    ("-started_at", Sort::Newest),
    ("started_at", Sort::Oldest),
    ("-duration", Sort::Longest),
    ("duration", Sort::Shortest),
    ("-cost", Sort::Dearest),
    ("cost", Sort::Cheapest),
    ("-tokens", Sort::MostTokens),
    ("tokens", Sort::FewestTokens),
    ("-llm_calls", Sort::MostCalls),
    ("llm_calls", Sort::FewestCalls),
    ("-tool_calls", Sort::MostTools),
    ("tool_calls", Sort::FewestTools),
    ("-errors", Sort::MostErrors),
    ("errors", Sort::FewestErrors),
];

pub(crate) const CURSOR_EXPECTED: &str = "the `next_cursor` of an answer to the same query, unchanged";

impl Params {
    /// Reads a query for traces: newest first, 50 rows by default.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn trace_query(&self) -> Result<TraceQuery, ParamError> {
        self.allow(&[FILTER_PARAMS, TRACE_PARAMS], &[])?;
        let sort = self.word("sort", SORTS)?.unwrap_or_default();
        Ok(TraceQuery {
            filter: parse_trace_filter(self)?,
            sort,
            limit: self.limit(DEFAULT_ROWS, self.max_rows())?,
            cursor: self.read("cursor", CURSOR_EXPECTED, |text| CursorText::to_trace(text, sort))?,
        })
    }
}
