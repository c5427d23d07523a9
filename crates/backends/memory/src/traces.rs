//! Pages of traces, spans and sessions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Cursor, Detail, MemoryHold, Result, SessionPage, SessionQuery, SessionRow, Sort, Span,
    SpanConflict, SpanPage, SpanQuery, SpanRow, Timestamp, Tokens, TracePage, TraceQuery, TraceRow,
};

use crate::held::{Entry, Records};
use crate::summary::{Summed, sum};

/// Takes one page of ordered rows; also returns whether there are more.
pub(crate) fn page<T>(rows: impl Iterator<Item = T>, limit: usize) -> (Vec<T>, bool) {
    let limit = limit.max(1);
    let mut rows: Vec<T> = rows.take(limit.saturating_add(1)).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}

/// The same; the page ends early once its rows take more bytes than the current request allows for a page.
pub(crate) fn page_of<T>(
    rows: impl Iterator<Item = T>,
    limit: usize,
    bytes: impl Fn(&T) -> usize,
) -> (Vec<T>, bool) {
    let most = AnswerMemory::current().page_bytes();
    let (mut rows, mut more) = page(rows, limit);
    let mut all = 0_usize;
    let mut fits = |row: &T| {
        let before = all;
        all = all.saturating_add(bytes(row));
        before < most
    };
    let fit = rows.iter().map_while(|row| Some(row).filter(|row| fits(row))).count();
    more |= fit < rows.len();
    rows.truncate(fit);
    (rows, more)
}

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

/// The sort key of a cursor, in rising order. Ties are ordered by trace id.
fn place(sort: Sort, at: Cursor) -> (i128, quipu_core::TraceId) {
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

impl Records {
    pub(crate) fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        let cursor = |row: &TraceRow| Cursor { value: figure(query.sort, row), trace_id: row.trace_id };
        let (mut rows, mut hold) = (Vec::new(), AnswerMemory::current().hold(0)?);
        for trace in self.picked(&query.filter) {
            hold.grow(trace.row.bytes())?;
            rows.push(trace.row);
        }
        rows.sort_by_cached_key(|row| place(query.sort, cursor(row)));
        let after = query.cursor.map(|at| place(query.sort, at));
        let rest =
            rows.into_iter().filter(|row| after.is_none_or(|after| place(query.sort, cursor(row)) > after));
        let (rows, more) = page_of(rest.map(shown), query.limit, TraceRow::bytes);
        let next = rows.last().filter(|_| more).map(cursor);
        Ok(TracePage { rows, next })
    }

    pub(crate) fn spans_of(&self, query: &SpanQuery) -> SpanPage {
        let mut entries: Vec<_> =
            self.traces.get(&query.trace_id).into_iter().flat_map(BTreeMap::values).collect();
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

    pub(crate) fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        let mut by_session: BTreeMap<CompactString, Vec<Summed<'_>>> = BTreeMap::new();
        let mut hold = AnswerMemory::current().hold(0)?;
        for trace in self.counted_too(&query.filter) {
            if let Some(session) = trace.row.session.clone() {
                // Its session's row is at most as large.
                hold.grow(2 * trace.row.bytes())?;
                by_session.entry(session).or_default().push(trace);
            }
        }
        let mut rows: Vec<_> =
            by_session.into_iter().filter_map(|(session, traces)| session_row(session, traces)).collect();
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
pub(crate) fn shown(mut row: TraceRow) -> TraceRow {
    for names in [&mut row.tags, &mut row.agents, &mut row.models] {
        names.truncate(TraceRow::MOST_NAMES);
    }
    row
}

/// A stored span as an answer.
pub(crate) fn span_row(entry: &Entry, detail: Detail) -> SpanRow {
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

fn session_row(session: CompactString, mut traces: Vec<Summed<'_>>) -> Option<SessionRow> {
    traces.sort_by_key(|trace| (trace.started_at(), trace.row.trace_id));
    let rows: Vec<&TraceRow> = traces.iter().map(|trace| &trace.row).collect();
    let total = |figure: fn(&TraceRow) -> u64| rows.iter().map(|row| figure(row)).sum();
    let names = |of: fn(&TraceRow) -> &Vec<CompactString>| {
        let names: BTreeSet<_> = rows.iter().flat_map(|row| of(row)).cloned().collect();
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
