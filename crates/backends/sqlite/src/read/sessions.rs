//! Pages of sessions: first the selection by their latest traces, then the sums over all traces of these
//! sessions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use compact_str::CompactString;
use quipu_core::{Result, SessionPage, SessionQuery, SessionRow, Timestamp, TraceId};
use rusqlite::params_from_iter;

use crate::bounds::Bounds;
use crate::codec::{DimKind, Figures, Names, TextOf, find, trace_id};
use crate::fault;
use crate::folder::Day;
use crate::read::filter::{Asked, Condition};
use crate::read::rounds::in_rounds;
use crate::read::trace_rows::{TraceNames, merge_names, names_of};
use crate::read::traces::{days_of, rows_that_fit};
use crate::readers::DayReader;
use crate::shared::Shared;

/// A session's sums while days are added.
#[derive(Default)]
struct Sum {
    user: Option<(i64, TraceId, CompactString)>,
    first: Option<i64>,
    last: i64,
    traces: u64,
    tools: u64,
    errors: u64,
    figures: Figures,
    agents: Vec<CompactString>,
    models: Vec<CompactString>,
}

/// One page.
pub(crate) fn page(shared: &Shared, query: &SessionQuery) -> Result<SessionPage> {
    let limit = query.limit.max(1);
    let mut days = days_of(shared, &query.filter)?;
    let latest = |bounds: &Bounds| bounds.traces.map_or(0, |(_, high)| high);
    days.sort_by_key(|(_, bounds)| Reverse(latest(bounds)));
    let mut chosen = chosen(shared, query, &days, Some(limit + 1))?;
    if chosen.is_none() {
        chosen = self::chosen(shared, query, &days, None)?;
    }
    let mut chosen = chosen.unwrap_or_default();
    let more = chosen.len() > limit;
    chosen.truncate(limit);
    let mut rows = rows(shared, query, &days, &chosen)?;
    let fit = rows_that_fit(rows.iter().map(SessionRow::bytes));
    if fit < rows.len() {
        rows.truncate(fit);
        let next = rows.last().map(|last| (last.last_at, last.session.to_string()));
        return Ok(SessionPage { rows, next });
    }
    let next = chosen.last().filter(|_| more);
    let next = next.map(|(last, session)| (Timestamp::from_nanos(*last), session.to_string()));
    Ok(SessionPage { rows, next })
}

/// The page's sessions and the next one, with their latest traces. It reads each day only until `enough`
/// sessions appear. `None` if that was too little to be certain, which can happen if days overlap.
fn chosen(
    shared: &Shared,
    query: &SessionQuery,
    days: &[(Day, Bounds)],
    enough: Option<usize>,
) -> Result<Option<Vec<(i64, CompactString)>>> {
    let limit = query.limit.max(1);
    let mut last_at: HashMap<CompactString, i64> = HashMap::new();
    let mut chosen: Vec<(i64, CompactString)> = Vec::new();
    let mut unread = None;
    for (day, bounds) in days {
        let latest = bounds.traces.map_or(0, |(_, high)| high);
        if chosen.get(limit).is_some_and(|(last, _)| latest < *last) {
            break;
        }
        let found = shared.ask(*day, |reader| last_traces(shared, reader, query, enough, &last_at))?;
        let Some(found) = found else { continue };
        unread = unread.max(found.unread);
        for (session, last) in found.sessions {
            let known = last_at.entry(session).or_insert(last);
            *known = last.max(*known);
        }
        chosen = after_cursor(&last_at, query);
        chosen.truncate(limit + 1);
    }
    // An unread trace could change the page only if it were as late as the last one on it.
    let sure = unread.is_none_or(|unread| chosen.get(limit).is_some_and(|(last, _)| *last > unread));
    Ok(sure.then_some(chosen))
}

/// Whether a session with this latest trace comes after the query's cursor.
fn is_behind(query: &SessionQuery, last: i64, session: &str) -> bool {
    let cursor = query.cursor.as_ref();
    cursor.is_none_or(|(at, id)| (-i128::from(last), session) > (-i128::from(at.nanos()), id.as_str()))
}

/// Sessions after the cursor, latest first, then by id.
fn after_cursor(last_at: &HashMap<CompactString, i64>, query: &SessionQuery) -> Vec<(i64, CompactString)> {
    let mut sessions: Vec<_> = last_at
        .iter()
        .filter(|(session, last)| is_behind(query, **last, session))
        .map(|(session, last)| (*last, session.clone()))
        .collect();
    sessions.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    sessions
}

/// Sessions of one day.
#[derive(Default)]
struct LastTraces {
    /// Latest trace of each session.
    sessions: Vec<(CompactString, i64)>,
    /// Time of the latest unread trace.
    unread: Option<i64>,
}

/// Reads a day's traces from the latest on, until `enough` sessions after the cursor appeared for which
/// `known` has no later trace.
fn last_traces(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &SessionQuery,
    enough: Option<usize>,
    known: &HashMap<CompactString, i64>,
) -> fault::Result<LastTraces> {
    let last = in_rounds(shared, reader, &query.filter, Asked::Sessions, |condition| {
        last_traces_by(reader, query, condition, enough, known)
    })?;
    Ok(last.unwrap_or_default())
}

fn last_traces_by(
    reader: &DayReader<'_>,
    query: &SessionQuery,
    mut condition: Condition,
    enough: Option<usize>,
    known: &HashMap<CompactString, i64>,
) -> fault::Result<LastTraces> {
    let mut last = LastTraces::default();
    let sql = latest_first(reader, &mut condition)?;
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&condition.args))?;
    let (mut seen, mut wanted, mut previous) = (HashSet::new(), 0, i64::MAX);
    while let Some(row) = found.next()? {
        let (number, start): (i64, i64) = (row.get(0)?, row.get(1)?);
        // Sessions with the same time are ordered by name, so all of them are read.
        if start < previous && enough.is_some_and(|enough| wanted >= enough) {
            last.unread = Some(start);
            break;
        }
        previous = start;
        if !seen.insert(number) {
            continue;
        }
        let session = names.text(Some(number))?.unwrap_or_default();
        let is_latest = known.get(&session).is_none_or(|known| *known <= start);
        wanted += usize::from(is_latest && is_behind(query, start, &session));
        last.sessions.push((session, start));
    }
    Ok(last)
}

/// The traces of sessions, the latest first. If few traces have a session, the others are not read.
fn latest_first(reader: &DayReader<'_>, condition: &mut Condition) -> fault::Result<String> {
    condition.or_found_by(reader.conn, "SELECT pk AS tr FROM traces WHERE session IS NOT NULL")?;
    Ok(format!(
        // The plus prevents SQLite from using the session index if most traces have one.
        "SELECT t.session, t.start FROM {} WHERE {} AND +t.session IS NOT NULL ORDER BY t.start DESC",
        condition.from, condition.sql
    ))
}

fn rows(
    shared: &Shared,
    query: &SessionQuery,
    days: &[(Day, Bounds)],
    chosen: &[(i64, CompactString)],
) -> Result<Vec<SessionRow>> {
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let days: Vec<Day> = days.iter().map(|(day, _)| *day).collect();
    let found = shared.ask_all(&days, |reader| sums_in(shared, reader, query, chosen))?;
    let mut sums: BTreeMap<CompactString, Sum> = BTreeMap::new();
    for (session, sum) in found.into_iter().flat_map(|(_, sums)| sums) {
        match sums.get_mut(&session) {
            Some(known) => known.merge(sum),
            None => drop(sums.insert(session, sum)),
        }
    }
    Ok(chosen
        .iter()
        .filter_map(|(_, session)| Some(sums.remove(session)?.into_row(session.clone())))
        .collect())
}

fn sums_in(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &SessionQuery,
    chosen: &[(i64, CompactString)],
) -> fault::Result<BTreeMap<CompactString, Sum>> {
    let mut ids = HashMap::new();
    for (_, session) in chosen {
        if let Some(id) = find(reader.conn, DimKind::Session, session)? {
            ids.insert(id, session);
        }
    }
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    // They have few traces, so few have to be tested by words.
    let sums = in_rounds(shared, reader, &query.filter, Asked::Sessions, |condition| {
        sums_by(reader, &condition, &ids)
    })?;
    Ok(sums.unwrap_or_default())
}

fn sums_by(
    reader: &DayReader<'_>,
    condition: &Condition,
    ids: &HashMap<i64, &CompactString>,
) -> fault::Result<BTreeMap<CompactString, Sum>> {
    let mut sums = BTreeMap::new();
    let list: Vec<String> = ids.keys().map(i64::to_string).collect();
    let sql = format!(
        "SELECT t.session, t.pk, t.trace, t.start, t.user, t.tools, t.errors, t.figures FROM {} \
         WHERE {} AND t.session IN ({})",
        condition.from,
        condition.sql,
        list.join(", ")
    );
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare(&sql)?;
    let mut found = look.query(params_from_iter(&condition.args))?;
    while let Some(row) = found.next()? {
        let Some(session) = ids.get(&row.get::<_, i64>(0)?) else { continue };
        let TraceNames { agents, models, .. } = names_of(reader.conn, row.get(1)?)?;
        let (trace, start): (TraceId, i64) = (trace_id(row, 2)?, row.get(3)?);
        let count = |at: usize| row.get::<_, i64>(at).map(|count| u64::try_from(count).unwrap_or(0));
        sums.entry((*session).clone()).or_insert_with(Sum::default).merge(Sum {
            user: names.text(row.get(4)?)?.map(|user| (start, trace, user)),
            first: Some(start),
            last: start,
            traces: 1,
            tools: count(5)?,
            errors: count(6)?,
            figures: Figures::unpack(&row.get::<_, Vec<u8>>(7)?)?,
            agents,
            models,
        });
    }
    Ok(sums)
}

impl Sum {
    fn merge(&mut self, other: Self) {
        self.last = if self.first.is_none() { other.last } else { self.last.max(other.last) };
        self.first = match (self.first, other.first) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.user = match (self.user.take(), other.user) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.traces += other.traces;
        self.tools += other.tools;
        self.errors += other.errors;
        self.figures.add(&other.figures, 1);
        merge_names(&mut self.agents, other.agents);
        merge_names(&mut self.models, other.models);
    }

    fn into_row(self, session: CompactString) -> SessionRow {
        SessionRow {
            session,
            user: self.user.map(|(_, _, user)| user),
            started_at: Timestamp::from_nanos(self.first.unwrap_or(self.last)),
            last_at: Timestamp::from_nanos(self.last),
            traces: self.traces,
            llm_calls: self.figures.calls(),
            tool_calls: self.tools,
            errors: self.errors,
            tokens: self.figures.tokens(),
            cost: self.figures.cost(),
            subscription: self.figures.subscription(),
            agents: self.agents,
            models: self.models,
        }
    }
}

#[cfg(test)]
mod tests {
    use quipu_conformance::sample::{at, draft};
    use quipu_core::{Backend, Batch, Span};

    use super::*;
    use crate::read::filter::condition;
    use crate::{Config, Sqlite};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_a_day_no_more_is_read_than_a_page_shows() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Config::at(folder.path())).unwrap();
        let span = |trace: u64| {
            let start = at(0).plus(trace.cast_signed() * Timestamp::SECOND);
            draft(trace, 1).starts(start).session(&format!("session-{}", trace / 2)).span()
        };
        let spans: Vec<Span> = (1..=600).map(span).collect();
        store.write(Batch { spans, ..Batch::default() }.into()).await.unwrap();
        let day = store.shared.sound_days().unwrap()[0];
        let read = |enough: Option<usize>| {
            let (query, known) = (SessionQuery::default(), HashMap::new());
            let read = |reader: &DayReader<'_>| last_traces(&store.shared, reader, &query, enough, &known);
            store.shared.ask(day, read).unwrap().unwrap()
        };
        assert_eq!((read(Some(5)).sessions.len(), read(None).sessions.len()), (5, 301));
        assert!(read(Some(5)).unread.is_some() && read(None).unread.is_none());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn traces_without_a_session_are_not_read_where_few_have_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Config::at(folder.path())).unwrap();
        let mut spans: Vec<Span> = (1..=300).map(|trace| draft(trace, 1).span()).collect();
        spans.push(draft(301, 1).session("lonely").span());
        store.write(Batch { spans, ..Batch::default() }.into()).await.unwrap();
        let day = store.shared.sound_days().unwrap()[0];
        let way = || {
            let ask = |reader: &DayReader<'_>| {
                let filter = SessionQuery::default().filter;
                let mut condition = condition(&store.shared, reader, &filter, Asked::Sessions)?.unwrap();
                let sql = format!("EXPLAIN QUERY PLAN {}", latest_first(reader, &mut condition)?);
                let mut look = reader.conn.prepare(&sql)?;
                let steps = look.query_map([], |row| row.get::<_, String>(3))?;
                Ok(steps.collect::<rusqlite::Result<Vec<_>>>()?.join("; "))
            };
            store.shared.ask(day, ask).unwrap().unwrap()
        };
        assert!(way().contains("traces_session"), "{}", way());
        let page = page(&store.shared, &SessionQuery::default()).unwrap();
        assert_eq!(page.rows.iter().map(|row| row.session.as_str()).collect::<Vec<_>>(), ["lonely"]);
        // If many traces have a session, the time index is faster.
        let spans = (1_000..3_000).map(|trace| draft(trace, 1).session("busy").span()).collect();
        store.write(Batch { spans, ..Batch::default() }.into()).await.unwrap();
        assert!(way().contains("traces_start") && !way().contains("TEMP B-TREE"), "{}", way());
    }
}
