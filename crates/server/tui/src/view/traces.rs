//! Lists of traces.

use serde_json::Value;

use super::cells::{clock, first, name, status};
use super::{Ask, list, summary};
use crate::figure::{count, millis, rounded_cost, text};
use crate::form::Tone;
use crate::page::{Block, Cell, Column, Page, Row, Table};
use crate::place::{Place, Target};
use crate::source::{AskError, Request, escape};

/// Rows of a list.
const ROWS: &str = "200";

/// The list of traces.
pub(super) fn load(ask: &Ask<'_>) -> Result<Page, AskError> {
    let answer = ask.ask(&ask.of("/api/v1/traces").with("sort", ask.sort).with("limit", ROWS))?;
    Ok(Page { blocks: vec![Block::Table(table(&answer, "", ask))] })
}

/// Traces of a session under its totals.
pub(super) fn of_session(ask: &Ask<'_>, id: &str) -> Result<Page, AskError> {
    let answer = ask.ask(&Request::get(format!("/api/v1/sessions/{}", escape(id))).with("limit", ROWS))?;
    let facts = summary::session(&answer["session"], ask);
    Ok(Page { blocks: vec![Block::Facts(facts), Block::Table(table(&answer, "", ask))] })
}

/// Traces of an answer as a table.
pub(super) fn table(answer: &Value, title: &'static str, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let columns = vec![
        Column::words(words.started, 11, 0),
        Column::words(words.status, 7, 1),
        Column::words(words.name, 16, 0),
        Column::words(words.agent, 10, 5),
        Column::words(words.model, 12, 6),
        Column::figures(words.duration, 2),
        Column::figures(words.calls, 7),
        Column::figures(words.tool_runs, 8),
        Column::figures(words.errors, 4),
        Column::figures(words.tokens, 3),
        Column::figures(words.cost, 0),
    ];
    let more = answer["next_cursor"].is_string();
    Table {
        title,
        columns,
        rows: list(answer, "traces").map(|trace| row(trace, ask)).collect(),
        nothing: words.no_traces,
        note: more.then(|| words.more_rows.to_owned()),
    }
}

fn row(trace: &Value, ask: &Ask<'_>) -> Row {
    let who = match trace["agents"].as_array().filter(|agents| !agents.is_empty()) {
        Some(_) => Cell::new(text(&trace["agents"])),
        None => name(first(trace, &["service", "framework"])),
    };
    let models = trace["models"].as_array().filter(|models| !models.is_empty());
    let row = Row::new(vec![
        Cell::toned(clock(&trace["started_at"], ask), Tone::Dim),
        status(&trace["status"]),
        Cell::new(text(&trace["name"])),
        who,
        models.map_or_else(|| Cell::toned("–", Tone::Dim), |_| Cell::new(text(&trace["models"]))),
        Cell::new(millis(&trace["duration_ms"])),
        Cell::new(text(&trace["llm_calls"])),
        Cell::new(text(&trace["tool_calls"])),
        Cell::warns(text(&trace["errors"]), Tone::Bad),
        Cell::new(count(&trace["tokens"]["total"])),
        Cell::new(rounded_cost(trace)),
    ]);
    match trace["trace_id"].as_str() {
        Some(id) => row.to(Target::Open(Place::Trace(id.to_owned()))),
        None => row,
    }
}
