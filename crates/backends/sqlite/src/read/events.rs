//! Pages of events.

use std::sync::Arc;

use quipu_core::{
    AnswerMemory, Attributes, Event, EventPage, EventQuery, Level, MemoryHold, Resource, Result, Scope,
    Timestamp, TraceId, Value,
};
use rusqlite::{Row, params_from_iter};

use crate::codec::{DimKind, Names, TextOf, decode_event, find, span_of_key, unpacked_len};
use crate::fault::{self, Fault};
use crate::folder::Day;
use crate::read::filter::Condition;
use crate::read::stored::{Sources, source};
use crate::readers::DayReader;
use crate::shared::Shared;

/// An event with its number in the store.
type Numbered = (i64, Event);

/// One page, newest first.
pub(crate) fn page(shared: &Shared, query: &EventQuery) -> Result<EventPage> {
    let limit = query.limit.max(1);
    let mut rows: Vec<Numbered> = Vec::new();
    let memory = AnswerMemory::current();
    let hold = memory.hold(0)?;
    let mut room = Room { rows: limit.saturating_add(1), bytes: memory.page_bytes(), hold };
    for day in shared.sound_days()? {
        if room.is_full() {
            break;
        }
        if may_have(day, query) {
            rows.extend(shared.ask(day, |reader| events_in(reader, query, &mut room))?.unwrap_or_default());
        }
    }
    // A page that is full by bytes may be the last one. Then the next page is empty.
    let more = room.is_full();
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(number, event)| (event.time, *number));
    Ok(EventPage { rows: rows.into_iter().map(|(_, event)| event).collect(), next, hold: room.hold })
}

/// Remaining capacity of a page.
struct Room {
    rows: usize,
    bytes: usize,
    /// Memory of the events on the page.
    hold: MemoryHold,
}

impl Room {
    const fn is_full(&self) -> bool {
        self.rows == 0 || self.bytes == 0
    }

    fn take(&mut self, event: &Event) -> fault::Result<()> {
        let bytes = event.bytes();
        self.hold.grow(bytes)?;
        self.rows -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        Ok(())
    }
}

/// Whether a day may have matching events. Events are stored in the day of their own time.
fn may_have(day: Day, query: &EventQuery) -> bool {
    let (start, end) = (day.start(), day.plus(1).start());
    query.since.is_none_or(|since| end > since)
        && query.until.is_none_or(|until| start < until)
        && query.cursor.is_none_or(|(time, _)| start <= time)
}

/// A condition on events `e`; `None` if no event of the day can match.
pub(crate) fn conditions(reader: &DayReader<'_>, query: &EventQuery) -> fault::Result<Option<Condition>> {
    let mut all = Condition::of("events e");
    if let Some(since) = query.since {
        all.and("e.time >= ?", since.nanos());
    }
    if let Some(until) = query.until {
        all.and("e.time < ?", until.nanos());
    }
    if let Some(level) = query.level {
        all.and("e.level >= ?", level as i64);
    }
    if let Some(trace) = &query.trace_id {
        all.and("e.trace = ?", trace.as_bytes().to_vec());
    }
    if let Some((time, number)) = query.cursor {
        all.and("e.time <= ?", time.nanos());
        all.and("(e.time < ?", time.nanos());
        all.sql.push_str(" OR e.pk < ?)");
        all.args.push(number.into());
    }
    let names = [
        ("e.name = ?", DimKind::EventName, &query.name),
        ("e.session = ?", DimKind::Session, &query.session),
        ("e.agent = ?", DimKind::Agent, &query.agent),
        ("e.framework = ?", DimKind::Framework, &query.framework),
    ];
    for (condition, kind, text) in names {
        let Some(text) = text else { continue };
        if text.is_empty() && kind == DimKind::EventName {
            all.sql.push_str(" AND e.name IS NULL");
            continue;
        }
        match find(reader.conn, kind, text)? {
            Some(id) => all.and(condition, id),
            None => return Ok(None),
        }
    }
    Ok(Some(all))
}

fn events_in(reader: &DayReader<'_>, query: &EventQuery, room: &mut Room) -> fault::Result<Vec<Numbered>> {
    let Some(condition) = conditions(reader, query)? else {
        return Ok(Vec::new());
    };
    let (sql, args) = (newest_first(&condition), condition.args);
    let wanted = query.q.as_ref().map(|q| q.to_lowercase());
    let names = Names::new(reader.conn);
    let mut sources = Sources::new();
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&args))?;
    let mut events = Vec::new();
    while let Some(row) = found.next()? {
        let event = event_of(row, reader, &names, &mut sources)?;
        let has_text = |wanted: &String| has_text(&event.name, &event.body, &event.attributes, wanted);
        if wanted.as_ref().is_none_or(has_text) {
            room.take(&event)?;
            events.push((row.get(0)?, event));
            if room.is_full() {
                break;
            }
        }
    }
    Ok(events)
}

/// Newest first, in the order of an index: SQLite would keep the bodies of all rows in memory to sort them.
fn newest_first(Condition { from, sql, .. }: &Condition) -> String {
    format!(
        "SELECT e.pk, e.time, e.level, e.name, e.trace, e.span, e.session, e.agent, e.framework, e.resource, e.scope, b.z \
         FROM {from} JOIN event_bodies b ON b.pk = e.pk WHERE {sql} ORDER BY e.time DESC, e.pk DESC"
    )
}

/// The event in a row.
pub(crate) fn event_of(
    row: &Row<'_>,
    reader: &DayReader<'_>,
    names: &Names<'_>,
    sources: &mut Sources,
) -> fault::Result<Event> {
    let text = |at: usize| names.text(row.get(at)?);
    let z = row.get_ref(11)?.as_blob().map_err(rusqlite::Error::from)?;
    let _hold = AnswerMemory::current().hold(unpacked_len(z)?.saturating_mul(2))?;
    let body = decode_event(&reader.unpack(z)?)?;
    let trace = row.get::<_, Option<Vec<u8>>>(4)?.map(|bytes| TraceId::from_slice(&bytes)).transpose();
    let level =
        usize::try_from(row.get::<_, i64>(2)?).ok().and_then(|number| Level::ALL.get(number).copied());
    Ok(Event {
        time: Timestamp::from_nanos(row.get(1)?),
        level: level.unwrap_or_default(),
        name: text(3)?.unwrap_or_default(),
        trace_id: trace.map_err(|_| Fault::Damaged("a trace id has a wrong form"))?,
        span_id: row.get::<_, Option<i64>>(5)?.map(span_of_key).transpose()?,
        session: text(6)?,
        agent: text(7)?,
        framework: text(8)?,
        body: body.body,
        attributes: body.attributes,
        resource: Arc::new(source::<Resource>(reader.conn, sources, row.get(9)?)?),
        scope: Arc::new(source::<Scope>(reader.conn, sources, row.get(10)?)?),
        wire: None,
    })
}

/// Whether a lower-case text occurs in the name, body or attributes of an event, ignoring case.
pub(crate) fn has_text(name: &str, body: &Value, attributes: &Attributes, wanted: &str) -> bool {
    name.to_lowercase().contains(wanted)
        || occurs_in(body, wanted)
        || attributes.iter().any(|(_, value)| occurs_in(value, wanted))
}

fn occurs_in(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text.to_lowercase().contains(wanted),
        Value::Array(values) => values.iter().any(|value| occurs_in(value, wanted)),
        Value::Map(pairs) => pairs.iter().any(|(_, value)| occurs_in(value, wanted)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use quipu_conformance::sample::{at, event, trace_id};
    use quipu_core::{Backend, Batch};

    use super::*;
    use crate::{Config, Sqlite};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_question_sorts_events_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Config::at(folder.path())).unwrap();
        let trace = trace_id(7);
        let events = (0..500)
            .map(|number| Event { trace_id: Some(trace), ..event(at(number), Level::Info, "note", "text") })
            .collect();
        store.write(Batch { events, ..Batch::default() }.into()).await.unwrap();
        let day = store.shared.sound_days().unwrap()[0];
        let of_trace = EventQuery { trace_id: Some(trace), ..EventQuery::default() };
        let questions = [
            EventQuery::default(),
            EventQuery { cursor: Some((Timestamp::from_nanos(i64::MAX), 9)), ..of_trace.clone() },
            EventQuery { level: Some(Level::Info), ..of_trace.clone() },
            of_trace,
        ];
        for query in questions {
            let ask = |reader: &DayReader<'_>| {
                let condition = conditions(reader, &query)?.unwrap();
                let mut look =
                    reader.conn.prepare(&format!("EXPLAIN QUERY PLAN {}", newest_first(&condition)))?;
                let steps =
                    look.query_map(params_from_iter(&condition.args), |row| row.get::<_, String>(3))?;
                Ok(steps.collect::<rusqlite::Result<Vec<_>>>()?.join("; "))
            };
            let plan = store.shared.ask(day, ask).unwrap().unwrap();
            assert!(!plan.contains("TEMP B-TREE"), "{query:?}: {plan}");
        }
    }
}
