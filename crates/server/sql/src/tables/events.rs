//! Table of events.

use quipu_core::{Event, EventQuery, Value as Attribute};
use rusqlite::types::Value;

use super::number_of;
use super::spans::nothing;
use crate::cell::{Type, json, maybe, object, text, time};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

pub(super) struct Events;

#[rustfmt::skip]
static COLUMNS: &[Column<Event>] = &[
    Column { name: "time", kind: Type::Time, about: "Time.", value: |row| time(row.time) },
    Column { name: "level", kind: Type::Text, about: "trace, debug, info, success, warning, error or critical.", value: |row| text(row.level.as_str()) },
    Column { name: "name", kind: Type::Text, about: "Name; null for a plain log line.", value: |row| maybe(Some(&row.name).filter(|name| !name.is_empty())) },
    Column { name: "trace_id", kind: Type::Text, about: "Trace id.", value: |row| maybe(row.trace_id.map(|id| id.to_string())) },
    Column { name: "span_id", kind: Type::Text, about: "Span id.", value: |row| maybe(row.span_id.map(|id| id.to_string())) },
    Column { name: "session", kind: Type::Text, about: "Session.", value: |row| maybe(row.session.as_ref()) },
    Column { name: "agent", kind: Type::Text, about: "Agent.", value: |row| maybe(row.agent.as_ref()) },
    Column { name: "framework", kind: Type::Text, about: "Framework.", value: |row| maybe(row.framework.as_ref()) },
    Column { name: "service", kind: Type::Text, about: "Service.", value: |row| maybe(row.resource.service()) },
    Column { name: "body", kind: Type::Text, about: "Body: its text, or another value as JSON.", value: body },
    Column { name: "attributes", kind: Type::Json, about: "Attributes as sent, as a JSON object.", value: |row| object(&row.attributes) },
];

static HIDDEN: &[Column<Event>] = &[Column {
    name: "events",
    kind: Type::Text,
    about: "For `events MATCH 'text'`: the text occurs in the name, the body or an attribute.",
    value: |_| Value::Null,
}];

fn body(row: &Event) -> Value {
    match &row.body {
        Attribute::Null => Value::Null,
        Attribute::String(body) => text(body),
        other => text(json(other).to_string()),
    }
}

impl Records for Events {
    type Row = Event;
    const NAME: &'static str = "events";
    const ABOUT: &'static str = "One row for each structured event or log record.";
    const TIME: Option<&'static str> = Some("time");
    const ORDER: Option<(&'static str, bool, bool)> = Some(("time", false, true));

    fn columns() -> &'static [Column<Event>] {
        COLUMNS
    }

    fn hidden() -> &'static [Column<Event>] {
        HIDDEN
    }

    fn equal(column: &str) -> Option<Push> {
        match column {
            "trace_id" => Some(Push::Key),
            "name" | "session" | "agent" | "framework" => Some(Push::Value),
            _ => None,
        }
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<Event>, String> {
        let (since, until) = asked.times("time");
        let trace_id = match asked.equal("trace_id").map(|id| id.parse()) {
            None => None,
            Some(Ok(id)) => Some(id),
            Some(Err(_)) => return Ok(nothing()),
        };
        let query = EventQuery {
            since,
            until,
            trace_id,
            name: asked.equal("name"),
            session: asked.equal("session"),
            agent: asked.equal("agent"),
            framework: asked.equal("framework"),
            q: asked.words()?,
            ..EventQuery::default()
        };
        Ok(read(reader, query))
    }

    fn number(row: &Event) -> i64 {
        number_of((
            row.time,
            &row.name,
            row.trace_id,
            row.span_id,
            format!("{:?}{:?}{:?}{:?}", row.level, row.body, row.attributes, row.resource.attributes),
        ))
    }
}

/// The pages of events, newest first.
pub(super) fn read(reader: &StoreReader, mut query: EventQuery) -> Pages<Event> {
    let (reader, mut ended) = (reader.clone(), false);
    Box::new(move |rows| {
        if ended {
            return Ok(None);
        }
        query.limit = rows;
        let page = reader.wait(reader.store.events(&query))?;
        query.cursor = page.next;
        ended = page.next.is_none();
        Ok(Some(page.rows))
    })
}
