//! Queries for the single spans behind figures.

use quipu_core::{FacetField, Kind, WorkRowField, WorkRowQuery, WorkRowSort, WorkRowState};

use crate::traces::CURSOR_EXPECTED;
use crate::{CursorText, FILTER_PARAMS, ParamError, Params, parse_trace_filter};

/// Parameters of a query for spans across traces, in addition to [`FILTER_PARAMS`]; `message` may be
/// repeated.
pub const WORK_ROW_PARAMS: &[&str] =
    &["kind", "state", "provider", "within", "convention", "message", "sort", "limit", "cursor"];
/// Default number of spans of a page.
pub const WORK_ROWS: usize = 100;
/// Limit of errors that a query names.
const MAX_MESSAGES: usize = 64;
/// Word for all kinds of calls of models.
const CALLS: &str = "call";

/// Words for orders. The position is part of the cursors' format: append only.
pub(crate) const WORK_ROW_SORTS: &[(&str, WorkRowSort)] = &[
    ("-started_at", WorkRowSort::Newest),
    ("started_at", WorkRowSort::Oldest),
    ("-duration", WorkRowSort::Longest),
    ("duration", WorkRowSort::Shortest),
    ("-tokens", WorkRowSort::MostTokens),
    ("tokens", WorkRowSort::FewestTokens),
    ("-cost", WorkRowSort::Dearest),
    ("cost", WorkRowSort::Cheapest),
    ("-status", WorkRowSort::FailedFirst),
    ("status", WorkRowSort::FailedLast),
];

const STATES: &[(&str, WorkRowState)] = &[
    ("failed", WorkRowState::Failed),
    ("running", WorkRowState::Running),
    ("unpriced", WorkRowState::Unpriced),
    ("subscription", WorkRowState::Subscription),
    ("estimated", WorkRowState::Estimated),
    ("deviating", WorkRowState::Deviating),
    ("triggered", WorkRowState::Triggered),
];

const FIELDS: &[(&str, WorkRowField)] = &[
    ("provider", WorkRowField::Provider),
    ("within", WorkRowField::Within),
    ("convention", WorkRowField::Convention),
];

impl Params {
    /// Reads a query for spans across traces: newest first, 100 by default. As in figures, a tool in the
    /// filter is that of the trace if only calls are wanted; a model is that of the trace if only tool runs
    /// are wanted.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn work_row_query(&self) -> Result<WorkRowQuery, ParamError> {
        self.allow(&[FILTER_PARAMS, WORK_ROW_PARAMS], &["message"])?;
        let kinds = self.span_kinds()?;
        let of_trace = match kinds.as_slice() {
            [Kind::Tool] => vec![FacetField::Model],
            [_, ..] if kinds.iter().all(|kind| kind.is_call()) => vec![FacetField::Tool],
            _ => Vec::new(),
        };
        let own = FIELDS.iter().filter_map(|(word, field)| {
            let text = self.get(word)?;
            Some((*field, Some(text.to_owned()).filter(|text| !text.is_empty())))
        });
        let errors: Vec<String> = self.all("message").map(str::to_owned).collect();
        if let Some(beyond) = errors.get(MAX_MESSAGES) {
            return Err(ParamError::value("message", beyond, format!("at most {MAX_MESSAGES} of them")));
        }
        let sort = self.word("sort", WORK_ROW_SORTS)?.unwrap_or_default();
        Ok(WorkRowQuery {
            kinds,
            filter: parse_trace_filter(self)?,
            of_trace,
            state: self.word("state", STATES)?,
            own: own.collect(),
            errors,
            sort,
            limit: self.limit(WORK_ROWS, self.max_rows())?,
            cursor: self.read("cursor", CURSOR_EXPECTED, |text| CursorText::to_work_row(text, sort))?,
        })
    }

    fn span_kinds(&self) -> Result<Vec<Kind>, ParamError> {
        let words: Vec<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        let expected = format!("a comma list of {CALLS} (every call of a model), {}", words.join(", "));
        Ok(self.read("kind", &expected, kinds)?.unwrap_or_default())
    }
}

fn kinds(text: &str) -> Option<Vec<Kind>> {
    let mut wanted = Vec::new();
    for word in text.split(',').map(str::trim) {
        let fits = |kind: &Kind| if word == CALLS { kind.is_call() } else { kind.as_str() == word };
        let found: Vec<Kind> = Kind::ALL.into_iter().filter(fits).collect();
        if found.is_empty() {
            return None;
        }
        wanted.extend(found.into_iter().filter(|kind| !wanted.contains(kind)).collect::<Vec<_>>());
    }
    Some(wanted)
}
