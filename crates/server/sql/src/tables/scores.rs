//! Table of scores: the latest version of each.

use std::collections::HashSet;

use quipu_core::{Event, EventQuery, Value as Attribute};
use rusqlite::types::Value;

use super::events::{Events, read};
use crate::cell::{Type, maybe, text, time};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

/// The event of an evaluation, and its attributes (OpenTelemetry semantic conventions for generative AI).
const EVENT: &str = "gen_ai.evaluation.result";
const ID: &str = "quipu.score.id";

pub(super) struct Scores;

fn attribute(row: &Event, key: &str) -> Value {
    maybe(row.attributes.text(key))
}

#[rustfmt::skip]
static COLUMNS: &[Column<Event>] = &[
    Column { name: "id", kind: Type::Text, about: "Id of the score; null for evaluations of telemetry.", value: |row| attribute(row, ID) },
    Column { name: "time", kind: Type::Time, about: "Time.", value: |row| time(row.time) },
    Column { name: "name", kind: Type::Text, about: "Name of the score.", value: |row| attribute(row, "gen_ai.evaluation.name") },
    Column { name: "value", kind: Type::Real, about: "Number.", value: |row| row.attributes.get("gen_ai.evaluation.score.value").and_then(Attribute::as_number).map_or(Value::Null, Value::Real) },
    Column { name: "label", kind: Type::Text, about: "Label.", value: |row| attribute(row, "gen_ai.evaluation.score.label") },
    Column { name: "comment", kind: Type::Text, about: "Comment.", value: |row| attribute(row, "gen_ai.evaluation.explanation") },
    Column { name: "source", kind: Type::Text, about: "Source.", value: |row| attribute(row, "quipu.score.source") },
    Column { name: "by", kind: Type::Text, about: "Key or user that stored it.", value: |row| attribute(row, "quipu.score.by") },
    Column { name: "trace_id", kind: Type::Text, about: "Trace id.", value: |row| maybe(row.trace_id.map(|id| text_of(&id))) },
    Column { name: "span_id", kind: Type::Text, about: "Span id.", value: |row| maybe(row.span_id.map(|id| text_of(&id))) },
    Column { name: "session", kind: Type::Text, about: "Session.", value: |row| row.session.as_ref().map_or(Value::Null, text) },
];

fn text_of(id: &impl std::fmt::Display) -> String {
    id.to_string()
}

impl Records for Scores {
    type Row = Event;
    const NAME: &'static str = "scores";
    const ABOUT: &'static str = "One row for each score or evaluation result, in its latest version.";
    const ORDER: Option<(&'static str, bool, bool)> = Some(("time", false, true));

    fn columns() -> &'static [Column<Event>] {
        COLUMNS
    }

    fn equal(_: &str) -> Option<Push> {
        // An older version of a score must not appear because its latest version does not match.
        None
    }

    fn pages(&self, reader: &StoreReader, _: &Asked) -> Result<Pages<Event>, String> {
        let mut pages = read(reader, EventQuery { name: Some(EVENT.to_owned()), ..EventQuery::default() });
        let mut known = HashSet::new();
        Ok(Box::new(move |rows| {
            let page = pages(rows)?;
            Ok(page.map(|mut page| {
                page.retain(|row| row.attributes.text(ID).is_none_or(|id| known.insert(id.to_owned())));
                page
            }))
        }))
    }

    fn number(row: &Event) -> i64 {
        Events::number(row)
    }
}
