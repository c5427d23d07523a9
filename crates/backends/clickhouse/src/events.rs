//! Pages of events, and sums over them.

use quipu_answers::{EventList, Question as _, WorkSum};
use quipu_core::{Event, EventPage, EventQuery, Result, Timestamp, WorkGroup, WorkQuery};

use crate::codec::decode_event;
use crate::open::Clickhouse;
use crate::sql;

/// Events that are read at once when all are needed.
const MANY: usize = 2_000;

/// Conditions that every event of a query meets.
fn conditions(query: &EventQuery) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(query.since.map(|since| format!("time >= {}", since.nanos())));
    all.extend(query.until.map(|until| format!("time < {}", until.nanos())));
    all.extend(query.level.map(|level| format!("level >= {}", level as u8)));
    all.extend(query.trace_id.map(|id| format!("trace_id = {}", sql::bytes(id.as_bytes()))));
    for (column, wanted) in [
        ("name", &query.name),
        ("session", &query.session),
        ("agent", &query.agent),
        ("framework", &query.framework),
    ] {
        all.extend(wanted.as_ref().map(|wanted| format!("{column} = {}", sql::text(wanted))));
    }
    all
}

impl Clickhouse {
    pub(crate) async fn page_of_events(&self, query: &EventQuery) -> Result<EventPage> {
        let mut list = EventList::new(query)?;
        let mut after = query.cursor;
        let size = query.limit.max(1).saturating_add(1).min(MANY);
        loop {
            let rows = self.events_after(&conditions(query), after, size).await?;
            rows.iter().try_for_each(|(number, event)| list.add(*number, event))?;
            after = rows.last().map(|(number, event)| (event.time, *number));
            if rows.len() < size || list.is_full() {
                return Ok(list.finish());
            }
        }
    }

    pub(crate) async fn work_of_events(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        let mut sum = WorkSum::new(query)?;
        let (since, until) = (query.filter.since, query.filter.until);
        let conditions = conditions(&EventQuery { since, until, ..EventQuery::default() });
        let mut after = None;
        loop {
            let rows = self.events_after(&conditions, after, MANY).await?;
            rows.iter().try_for_each(|(_, event)| sum.add_event(event))?;
            after = rows.last().map(|(number, event)| (event.time, *number));
            if rows.len() < MANY {
                return sum.finish();
            }
        }
    }

    /// The next events, newest first, each with its number.
    pub(crate) async fn events_after(
        &self,
        conditions: &[String],
        after: Option<(Timestamp, i64)>,
        count: usize,
    ) -> Result<Vec<(i64, Event)>> {
        let after = after.map(|(time, number)| format!("(time, number) < ({}, {number})", time.nanos()));
        let conditions: Vec<String> = conditions.iter().cloned().chain(after).collect();
        let sql = format!(
            "SELECT number, body FROM {} FINAL{} ORDER BY time DESC, number DESC LIMIT {count}",
            self.connection.table("events"),
            sql::filter(&conditions)
        );
        let mut rows = self.connection.rows(&sql).await?;
        let mut events = Vec::new();
        while !rows.is_empty() {
            events.push((rows.i64()?, decode_event(&rows.bytes()?)?));
        }
        Ok(events)
    }
}
