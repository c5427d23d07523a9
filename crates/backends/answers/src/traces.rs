//! Pages of traces, spans and sessions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Cursor, Detail, MemoryHold, Result, SessionPage, SessionQuery, SessionRow, Sort, Span,
    SpanConflict, SpanPage, SpanQuery, SpanRow, Timestamp, Tokens, TraceId, TracePage, TraceQuery, TraceRow,
};

use crate::matching::{counted_too, picked};
use crate::page::page_of;
use crate::summary::sum;
use crate::{Entry, Question, Trace};

/// The figure for a sort.
fn figure(sort: Sort, row: &TraceRow) -> i64 {
    match sort {
        Sort::Newest | Sort::Oldest => row.started_at.nanos(),
        Sort::Longest | Sort::Shortest => row.duration,
        Sort::Dearest | Sort::Cheapest => row.cost.unwrap_or_default().nanos(),
        Sort::MostTokens | Sort::FewestTokens => i64::try_from(row.tokens.total()).unwrap_or(i64::MAX),
        Sort::MostCalls | Sort::FewestCalls => i64::try_from(row.llm_calls).unwrap_or(i64::MAX),
        Sort::MostTools | Sort::FewestTools => i64::try_from(row.tool_calls).unwrap_or(i64::MAX),
        Sort::MostErrors | Sort::FewestErrors => i64::try_from(row.errors).unwrap_or(i64::MAX),
    }
}

/// The position of a trace in pages.
pub fn trace_cursor(sort: Sort, row: &TraceRow) -> Cursor {
    Cursor { value: figure(sort, row), trace_id: row.trace_id }
}

/// The sort key of a trace, in rising order.
pub fn trace_place(sort: Sort, row: &TraceRow) -> (i128, TraceId) {
    place(sort, trace_cursor(sort, row))
}

/// The sort key of a cursor, in rising order. Ties are ordered by trace id.
fn place(sort: Sort, at: Cursor) -> (i128, TraceId) {
    let falls = matches!(
        sort,
        Sort::Newest
            | Sort::Longest
            | Sort::Dearest
            | Sort::MostTokens
            | Sort::MostCalls
            | Sort::MostTools
            | Sort::MostErrors
    );
    let figure = i128::from(at.value);
    (if falls { -figure } else { figure }, at.trace_id)
}

/// Rows beyond a page that a list keeps before it drops those that no page can have.
pub(crate) const SPARE: usize = 1_000;

/// One page of traces.
pub struct TraceList<'q> {
    query: &'q TraceQuery,
    rows: Vec<TraceRow>,
    hold: MemoryHold,
}

impl<'q> TraceList<'q> {
    /// The page that a query asks for.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(query: &'q TraceQuery) -> Result<Self> {
        Ok(Self { query, rows: Vec::new(), hold: AnswerMemory::current().hold(0)? })
    }

    /// Whether the page is full of traces that all come before one with this start, by start. Equal starts
    /// do not count, because their order is that of the ids.
    pub fn is_full_before(&self, start: Timestamp) -> bool {
        let before = |row: &&TraceRow| match self.query.sort {
            Sort::Oldest => row.started_at < start,
            _ => row.started_at > start,
        };
        self.rows.iter().filter(before).count() > self.query.limit.max(1)
    }

    fn place(&self, row: &TraceRow) -> (i128, TraceId) {
        trace_place(self.query.sort, row)
    }

    /// Drops the rows behind the page and its next one.
    fn shrink(&mut self) -> Result<()> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by_cached_key(|row| self.place(row));
        rows.truncate(self.query.limit.max(1).saturating_add(1));
        self.hold.set(rows.iter().map(TraceRow::bytes).sum())?;
        self.rows = rows;
        Ok(())
    }
}

impl Question for TraceList<'_> {
    type Answer = TracePage;

    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()> {
        let Some(trace) = picked(&self.query.filter, id, trace) else { return Ok(()) };
        let after = self.query.cursor.map(|at| place(self.query.sort, at));
        if after.is_some_and(|after| self.place(&trace.row) <= after) {
            return Ok(());
        }
        self.hold.grow(trace.row.bytes())?;
        self.rows.push(trace.row);
        if self.rows.len() > self.query.limit.saturating_mul(2).saturating_add(SPARE) {
            self.shrink()?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<TracePage> {
        self.shrink()?;
        let rows = std::mem::take(&mut self.rows);
        let (rows, more) = page_of(rows.into_iter().map(shown), self.query.limit, TraceRow::bytes);
        let next = rows.last().filter(|_| more).map(|row| trace_cursor(self.query.sort, row));
        Ok(TracePage { rows, next })
    }
}

/// One page of a trace's spans.
pub struct SpanList<'q>(pub &'q SpanQuery);

impl SpanList<'_> {
    /// The page.
    pub fn of(&self, trace: Option<&Trace>) -> SpanPage {
        let query = self.0;
        let mut entries: Vec<_> = trace.into_iter().flat_map(BTreeMap::values).collect();
        entries.retain(|entry| entry.is_shown());
        let place = |entry: &Entry| (entry.span.start, entry.span.span_id);
        entries.sort_by_key(|entry| place(entry));
        let rest = entries.into_iter().filter(|entry| query.after.is_none_or(|after| place(entry) > after));
        let full = query.detail == Detail::Full;
        let (entries, more) = page_of(rest, query.limit, |entry| match full {
            true => entry.span.bytes(),
            false => span_row(entry, Detail::Summary).bytes(),
        });
        let next = entries.last().filter(|_| more).map(|entry| place(entry));
        let rows = entries.into_iter().map(|entry| span_row(entry, query.detail)).collect();
        SpanPage { rows, next, hold: MemoryHold::default() }
    }
}

/// One page of sessions.
pub struct SessionList<'q> {
    query: &'q SessionQuery,
    by_session: BTreeMap<CompactString, Vec<TraceRow>>,
    hold: MemoryHold,
}

impl<'q> SessionList<'q> {
    /// The page that a query asks for.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(query: &'q SessionQuery) -> Result<Self> {
        Ok(Self { query, by_session: BTreeMap::new(), hold: AnswerMemory::current().hold(0)? })
    }
}

impl Question for SessionList<'_> {
    type Answer = SessionPage;

    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()> {
        let Some(trace) = counted_too(&self.query.filter, id, trace) else { return Ok(()) };
        if let Some(session) = trace.row.session.clone() {
            // Its session's row is at most as large.
            self.hold.grow(2 * trace.row.bytes())?;
            self.by_session.entry(session).or_default().push(trace.row);
        }
        Ok(())
    }

    fn finish(self) -> Result<SessionPage> {
        let query = self.query;
        let mut rows: Vec<_> = self
            .by_session
            .into_iter()
            .filter_map(|(session, traces)| session_row(session, traces))
            .collect();
        let place = |at: Timestamp, session: &str| (Reverse(at), session.to_owned());
        rows.sort_by_cached_key(|row| place(row.last_at, &row.session));
        let after = query.cursor.as_ref().map(|(at, session)| place(*at, session));
        let is_after =
            |row: &SessionRow| after.as_ref().is_none_or(|after| place(row.last_at, &row.session) > *after);
        let (rows, more) = page_of(rows.into_iter().filter(is_after), query.limit, SessionRow::bytes);
        let next = rows.last().filter(|_| more).map(|row| (row.last_at, row.session.to_string()));
        Ok(SessionPage { rows, next })
    }
}

/// A summary as an answer, with the first names of each kind.
pub fn shown(mut row: TraceRow) -> TraceRow {
    for names in [&mut row.tags, &mut row.agents, &mut row.models] {
        names.truncate(TraceRow::MOST_NAMES);
    }
    row
}

/// A stored span as an answer.
pub fn span_row(entry: &Entry, detail: Detail) -> SpanRow {
    let span = entry.span.as_ref();
    let read = &span.canonical;
    let conflict = |conflict: SpanConflict| match detail {
        Detail::Full => conflict,
        Detail::Summary => conflict.without_contents(),
    };
    let raw = || Box::new(Span { canonical: Box::default(), ..span.clone() });
    SpanRow {
        span_id: span.span_id,
        parent_id: span.parent_id,
        name: span.name.clone(),
        kind: read.kind,
        start: span.start,
        duration: span.duration(),
        status: span.status,
        agent: read.agent.clone(),
        provider: read.provider.clone(),
        model: read.model().cloned(),
        tool: read.tool.clone(),
        first_token: read.time_to_first_token,
        triggered: read.guardrail_triggered,
        cost: entry.cost.clone(),
        conflicts: entry.conflicts.iter().cloned().map(conflict).collect(),
        raw: (detail == Detail::Full).then(raw),
    }
}

fn session_row(session: CompactString, mut rows: Vec<TraceRow>) -> Option<SessionRow> {
    rows.sort_by_key(|row| (row.started_at, row.trace_id));
    let total = |figure: fn(&TraceRow) -> u64| rows.iter().map(figure).sum();
    let names = |of: fn(&TraceRow) -> &Vec<CompactString>| {
        let names: BTreeSet<_> = rows.iter().flat_map(of).cloned().collect();
        names.into_iter().take(TraceRow::MOST_NAMES).collect()
    };
    Some(SessionRow {
        session,
        user: rows.iter().find_map(|row| row.user.clone()),
        started_at: rows.first()?.started_at,
        last_at: rows.last()?.started_at,
        traces: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        llm_calls: total(|row| row.llm_calls),
        tool_calls: total(|row| row.tool_calls),
        errors: total(|row| row.errors),
        tokens: rows.iter().fold(Tokens::default(), |sum, row| sum.plus(&row.tokens)),
        cost: sum(rows.iter().map(|row| row.cost)),
        subscription: sum(rows.iter().map(|row| row.subscription)),
        agents: names(|row| &row.agents),
        models: names(|row| &row.models),
    })
}
