//! Pages of sessions: first the selection by their latest traces, then the sums over all traces of these
//! sessions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use compact_str::CompactString;
use quipu_core::locks::Mutex;
use quipu_core::{
    AnswerMemory, MemoryHold, Result, SessionPage, SessionQuery, SessionRow, Timestamp, TraceFilter, TraceId,
};
use rusqlite::params_from_iter;

use crate::bounds::Bounds;
use crate::codec::{DimKind, Figures, Names, TextOf, find, trace_id};
use crate::fault;
use crate::folder::Day;
use crate::read::filter::{Condition, ConditionUse};
use crate::read::first_sessions::{Before, First};
use crate::read::rounds::in_rounds;
use crate::read::trace_rows::{TraceNames, bytes_of_names, merge_names, names_of};
use crate::read::traces::{days_of, rows_that_fit};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Memory of the number of a session, and the step in bytes by which it is reserved.
const NUMBER: usize = 24;
const STEP: usize = 64 << 10;

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
    let mut chosen = chosen(shared, query, &days)?;
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

/// The page's sessions and the next one, with their latest traces.
fn chosen(
    shared: &Shared,
    query: &SessionQuery,
    days: &[(Day, Bounds)],
) -> Result<Vec<(i64, CompactString)>> {
    let latest = |bounds: &Bounds| bounds.traces.map_or(0, |(_, high)| high);
    let mut before = Before::new()?;
    if let Some((at, _)) = &query.cursor {
        for (day, _) in days.iter().take_while(|(_, bounds)| latest(bounds) >= at.nanos()) {
            shared.ask(*day, |reader| add_before(shared, reader, query, at.nanos(), &mut before))?;
        }
    }
    let mut first = First::new(query.limit.max(1) + 1)?;
    for (day, bounds) in days {
        if first.is_beyond(latest(bounds)) {
            break;
        }
        shared.ask(*day, |reader| add_latest(shared, reader, query, &before, &mut first))?;
    }
    Ok(first.into_sessions())
}

/// Whether a session with this latest trace comes after the query's cursor.
fn is_behind(query: &SessionQuery, last: i64, session: &str) -> bool {
    let cursor = query.cursor.as_ref();
    cursor.is_none_or(|(at, id)| (-i128::from(last), session) > (-i128::from(at.nanos()), id.as_str()))
}

/// Adds the sessions of a day with a trace that is not behind the cursor.
fn add_before(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &SessionQuery,
    at: i64,
    before: &mut Before,
) -> fault::Result<()> {
    let filter = TraceFilter {
        since: query.filter.since.max(Some(Timestamp::from_nanos(at))),
        ..query.filter.clone()
    };
    let added = in_rounds(shared, reader, &filter, ConditionUse::Sessions, |condition| {
        each_latest(reader, condition, |start, session| {
            if !is_behind(query, start, session) {
                before.insert(session)?;
            }
            Ok(true)
        })
    });
    added.map(drop)
}

/// Offers the sessions of a day behind the cursor, from the latest on, until no other can be among the first.
/// Gives the number of sessions read.
fn add_latest(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &SessionQuery,
    before: &Before,
    first: &mut First,
) -> fault::Result<usize> {
    let until = query.cursor.as_ref().map(|(at, _)| at.plus(1));
    let until = match (query.filter.until, until) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let filter = TraceFilter { until, ..query.filter.clone() };
    let added = in_rounds(shared, reader, &filter, ConditionUse::Sessions, |condition| {
        each_latest(reader, condition, |start, session| {
            if first.is_beyond(start) {
                return Ok(false);
            }
            if is_behind(query, start, session) && !before.contains(session) {
                first.offer(start, session)?;
            }
            Ok(true)
        })
    });
    Ok(added?.unwrap_or_default())
}

/// Visits the latest trace of each session, the latest first, until `take` returns `false`. Gives the number
/// of sessions.
fn each_latest(
    reader: &DayReader<'_>,
    mut condition: Condition,
    mut take: impl FnMut(i64, &CompactString) -> fault::Result<bool>,
) -> fault::Result<usize> {
    let sql = latest_first(reader, &mut condition)?;
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&condition.args))?;
    let (mut seen, mut hold) = (HashSet::new(), AnswerMemory::current().hold(0)?);
    while let Some(row) = found.next()? {
        let (number, start): (i64, i64) = (row.get(0)?, row.get(1)?);
        if !seen.insert(number) {
            continue;
        }
        hold.set((seen.len() * NUMBER).next_multiple_of(STEP))?;
        if !take(start, &names.text(Some(number))?.unwrap_or_default())? {
            break;
        }
    }
    Ok(seen.len())
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
    let sums = Mutex::new(Sums::new()?);
    shared.ask_all(&days, |reader| {
        let of_day = sums_in(shared, reader, query, chosen)?;
        let mut sums = sums.lock();
        Ok(of_day.of.into_iter().try_for_each(|(session, sum)| sums.add(&session, sum))?)
    })?;
    let mut sums = sums.into_inner().of;
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
) -> fault::Result<Sums> {
    let mut ids = HashMap::new();
    for (_, session) in chosen {
        if let Some(id) = find(reader.conn, DimKind::Session, session)? {
            ids.insert(id, session);
        }
    }
    if ids.is_empty() {
        return Ok(Sums::new()?);
    }
    // They have few traces, so few have to be tested by words.
    let sums = in_rounds(shared, reader, &query.filter, ConditionUse::Sessions, |condition| {
        sums_by(reader, &condition, &ids)
    })?;
    sums.map_or_else(|| Ok(Sums::new()?), Ok)
}

fn sums_by(
    reader: &DayReader<'_>,
    condition: &Condition,
    ids: &HashMap<i64, &CompactString>,
) -> fault::Result<Sums> {
    let mut sums = Sums::new()?;
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
        let sum = Sum {
            user: names.text(row.get(4)?)?.map(|user| (start, trace, user)),
            first: Some(start),
            last: start,
            traces: 1,
            tools: count(5)?,
            errors: count(6)?,
            figures: Figures::unpack(&row.get::<_, Vec<u8>>(7)?)?,
            agents,
            models,
        };
        sums.add(session, sum)?;
    }
    Ok(sums)
}

/// The sums of sessions while days are added.
struct Sums {
    of: BTreeMap<CompactString, Sum>,
    hold: MemoryHold,
}

impl Sums {
    fn new() -> Result<Self> {
        Ok(Self { of: BTreeMap::new(), hold: AnswerMemory::current().hold(0)? })
    }

    fn add(&mut self, session: &CompactString, sum: Sum) -> Result<()> {
        let Some(known) = self.of.get_mut(session) else {
            self.hold.grow(session.len() + sum.bytes())?;
            self.of.insert(session.clone(), sum);
            return Ok(());
        };
        let before = known.bytes();
        known.merge(sum);
        self.hold.grow(known.bytes().saturating_sub(before))
    }
}

impl Sum {
    /// Size in memory in bytes, contents included.
    fn bytes(&self) -> usize {
        size_of::<Self>() + bytes_of_names(&self.agents) + bytes_of_names(&self.models)
    }

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
        let read = |most: usize| {
            let (query, before) = (SessionQuery::default(), Before::new().unwrap());
            let mut first = First::new(most).unwrap();
            let read =
                |reader: &DayReader<'_>| add_latest(&store.shared, reader, &query, &before, &mut first);
            let read = store.shared.ask(day, read).unwrap().unwrap();
            (read, first.into_sessions().len())
        };
        assert_eq!((read(5), read(1_000)), ((6, 5), (301, 301)));
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
                let mut condition =
                    condition(&store.shared, reader, &filter, ConditionUse::Sessions)?.unwrap();
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
