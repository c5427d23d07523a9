//! Queries for single calls of models.

use quipu_core::TraceFilter;

use crate::{FILTER_PARAMS, ParamError, Params, parse_trace_filter};

/// Parameters of a query for calls, in addition to [`FILTER_PARAMS`].
pub const CALL_PARAMS: &[&str] = &["failed", "sort", "limit"];
/// Default number of calls.
pub const CALL_ROWS: usize = 100;

/// Order of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CallSort {
    /// Latest start first.
    #[default]
    Newest,
    /// Earliest start first.
    Oldest,
    /// Longest first.
    Longest,
    /// Shortest first.
    Shortest,
    /// Most tokens first.
    MostTokens,
    /// Fewest tokens first.
    FewestTokens,
    /// Highest cost first.
    Dearest,
    /// Lowest cost first.
    Cheapest,
}

const SORTS: &[(&str, CallSort)] = &[
    ("-started_at", CallSort::Newest),
    ("started_at", CallSort::Oldest),
    ("-duration", CallSort::Longest),
    ("duration", CallSort::Shortest),
    ("-tokens", CallSort::MostTokens),
    ("tokens", CallSort::FewestTokens),
    ("-cost", CallSort::Dearest),
    ("cost", CallSort::Cheapest),
];

/// A query for the first calls in an order.
#[derive(Debug, Clone, PartialEq)]
pub struct CallAsk {
    /// Which calls, read as for usage.
    pub filter: TraceFilter,
    /// Only failed calls.
    pub failed: bool,
    /// Order.
    pub sort: CallSort,
    /// Most calls wanted.
    pub limit: usize,
}

impl Params {
    /// Reads a query for calls: newest first, 100 by default.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn call_ask(&self) -> Result<CallAsk, ParamError> {
        self.allow(&[FILTER_PARAMS, CALL_PARAMS], &[])?;
        Ok(CallAsk {
            filter: parse_trace_filter(self)?,
            failed: self.word("failed", &[("true", true), ("false", false)])?.unwrap_or_default(),
            sort: self.word("sort", SORTS)?.unwrap_or_default(),
            limit: self.limit(CALL_ROWS, self.max_rows())?,
        })
    }
}
