//! Queries for the spans of one trace.

use quipu_core::{Detail, SpanId, SpanQuery, Timestamp, TraceId};

use crate::{CursorText, ParamError, Params};

/// Parameters of a query for spans.
pub const SPAN_PARAMS: &[&str] = &["after", "limit", "detail"];
/// Default number of spans of a page.
pub const DEFAULT_SPANS: usize = 1_000;
/// Most spans of a page, and the largest trace that is given whole when no page is asked for.
pub const MAX_SPANS: usize = 10_000;

const DETAILS: &[(&str, Detail)] = &[("summary", Detail::Summary), ("full", Detail::Full)];

/// Which of a trace's spans are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanAsk {
    /// Continue after this start and span.
    pub after: Option<(Timestamp, SpanId)>,
    /// Spans of the page; `None` without `limit` and `detail`, which selects the whole trace.
    pub limit: Option<usize>,
    /// How much of each.
    pub detail: Detail,
}

impl SpanAsk {
    /// The query for a trace of `spans` spans.
    pub fn query(&self, trace_id: TraceId, spans: u64) -> SpanQuery {
        let whole = usize::try_from(spans).is_ok_and(|spans| spans <= MAX_SPANS);
        let limit = self.limit.unwrap_or(if whole { MAX_SPANS } else { DEFAULT_SPANS });
        SpanQuery { trace_id, after: self.after, limit, detail: self.detail }
    }
}

impl Params {
    /// Reads `after`, `limit` and `detail` (`full` unless asked otherwise).
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn span_ask(&self) -> Result<SpanAsk, ParamError> {
        self.allow(&[SPAN_PARAMS], &[])?;
        let expected = "the `next_after` of an answer for the same trace, unchanged";
        let detail = self.word("detail", DETAILS)?;
        let limit = self.limit(DEFAULT_SPANS, MAX_SPANS)?;
        let paged = detail.is_some() || self.get("limit").is_some();
        Ok(SpanAsk {
            after: self.read("after", expected, CursorText::to_span)?,
            limit: paged.then_some(limit),
            detail: detail.unwrap_or(Detail::Full),
        })
    }
}
