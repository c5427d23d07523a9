//! Table of spans.

use quipu_core::{Detail, Kind, ScanField, ScannedSpan, SpanScan, Status};
use rusqlite::types::Value;

use super::number_of;
use crate::cell::{Type, maybe, millis, object, text, time, usd};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

pub(super) struct Spans;

#[rustfmt::skip]
static COLUMNS: &[Column<ScannedSpan>] = &[
    Column { name: "trace_id", kind: Type::Text, about: "Trace id.", value: |row| text(row.row.trace_id.to_string()) },
    Column { name: "span_id", kind: Type::Text, about: "Span id within the trace.", value: |row| text(row.row.span.span_id.to_string()) },
    Column { name: "parent_id", kind: Type::Text, about: "Parent span.", value: |row| maybe(row.row.span.parent_id.map(|id| id.to_string())) },
    Column { name: "name", kind: Type::Text, about: "Name.", value: |row| text(&row.row.span.name) },
    Column { name: "kind", kind: Type::Text, about: "agent, workflow, task, llm, embedding, retrieval, rerank, tool, guardrail, evaluator, memory, planning or other.", value: |row| text(row.row.span.kind.as_str()) },
    Column { name: "service", kind: Type::Text, about: "Service.", value: |row| maybe(row.row.service.as_ref()) },
    Column { name: "framework", kind: Type::Text, about: "Framework.", value: |row| maybe(row.row.framework.as_ref()) },
    Column { name: "agent", kind: Type::Text, about: "Agent named on the span.", value: |row| maybe(row.row.span.agent.as_ref()) },
    Column { name: "provider", kind: Type::Text, about: "Model provider.", value: |row| maybe(row.row.span.provider.as_ref()) },
    Column { name: "model", kind: Type::Text, about: "Model.", value: |row| maybe(row.row.span.model.as_ref()) },
    Column { name: "tool", kind: Type::Text, about: "Tool.", value: |row| maybe(row.row.span.tool.as_ref()) },
    Column { name: "started_at", kind: Type::Time, about: "Start.", value: |row| time(row.row.span.start) },
    Column { name: "duration_ms", kind: Type::Real, about: "Duration in milliseconds; null while it runs.", value: |row| millis(row.row.span.duration) },
    Column { name: "first_token_ms", kind: Type::Real, about: "Milliseconds until the first token.", value: |row| millis(row.row.span.first_token) },
    Column { name: "status", kind: Type::Text, about: "ok, error or unset.", value: |row| text(status(row.row.span.status)) },
    Column { name: "error", kind: Type::Text, about: "Error text, at most 200 characters.", value: |row| maybe(row.row.error.as_ref()) },
    Column { name: "session", kind: Type::Text, about: "Session of the trace.", value: |row| maybe(row.row.session.as_ref()) },
    Column { name: "user", kind: Type::Text, about: "User of the trace.", value: |row| maybe(row.row.user.as_ref()) },
    Column { name: "project", kind: Type::Text, about: "Project of the trace.", value: |row| maybe(row.project.as_ref()) },
    Column { name: "cost_usd", kind: Type::Usd, about: "Cost of a counted call billed by use.", value: |row| usd(row.row.counted().and_then(quipu_core::Cost::billed)) },
    Column { name: "attributes", kind: Type::Json, about: "Attributes as sent, as a JSON object. Reading them takes most of the time.", value: attributes },
];

fn attributes(row: &ScannedSpan) -> Value {
    row.row.span.raw.as_ref().map_or(Value::Null, |span| object(&span.attributes))
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Unset => "unset",
        Status::Ok => "ok",
        Status::Error => "error",
    }
}

/// Columns that a scan compares.
const FIELDS: [(&str, ScanField); 10] = [
    ("name", ScanField::Name),
    ("service", ScanField::Service),
    ("framework", ScanField::Framework),
    ("agent", ScanField::Agent),
    ("provider", ScanField::Provider),
    ("model", ScanField::Model),
    ("tool", ScanField::Tool),
    ("session", ScanField::Session),
    ("user", ScanField::User),
    ("project", ScanField::Project),
];

impl Records for Spans {
    type Row = ScannedSpan;
    const NAME: &'static str = "spans";
    const ABOUT: &'static str = "One row for each stored span.";
    const TIME: Option<&'static str> = Some("started_at");

    fn columns() -> &'static [Column<ScannedSpan>] {
        COLUMNS
    }

    fn equal(column: &str) -> Option<Push> {
        match column {
            "trace_id" => Some(Push::Key),
            "kind" => Some(Push::Value),
            _ => FIELDS.iter().any(|(name, _)| *name == column).then_some(Push::Value),
        }
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<ScannedSpan>, String> {
        let named = |(column, field): &(&str, ScanField)| {
            asked.equal(column).filter(|text| !text.is_empty()).map(|text| (*field, text))
        };
        let mut scan = SpanScan { named: FIELDS.iter().filter_map(named).collect(), ..SpanScan::default() };
        if let Some(word) = asked.equal("kind") {
            let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.as_str() == word) else {
                return Ok(nothing());
            };
            scan.kind = Some(kind);
        }
        if asked.reads("attributes") {
            scan.detail = Detail::Full;
        }
        scanned(reader, asked, scan)
    }

    fn number(row: &ScannedSpan) -> i64 {
        number_of((row.row.trace_id, row.row.span.span_id))
    }
}

/// The error of a store that cannot be read in storage order.
pub(super) const NO_SCAN: &str = "the store cannot be read by SQL; use `sqlite:`";

/// No rows.
pub(super) fn nothing<R>() -> Pages<R> {
    Box::new(|_| Ok(None))
}

/// The pages of a scan within the asked trace and times.
pub(super) fn scanned(
    reader: &StoreReader,
    asked: &Asked,
    mut scan: SpanScan,
) -> Result<Pages<ScannedSpan>, String> {
    if let Some(id) = asked.equal("trace_id") {
        let Ok(id) = id.parse() else { return Ok(nothing()) };
        scan.trace_id = Some(id);
    }
    (scan.since, scan.until) = asked.times("started_at");
    let (reader, mut ended) = (reader.clone(), false);
    Ok(Box::new(move |rows| {
        if ended {
            return Ok(None);
        }
        scan.limit = rows;
        let scanning = reader.store.scanning().ok_or(NO_SCAN)?;
        let page = reader.wait(scanning.scan(&scan))?;
        scan.cursor = page.next;
        ended = page.next.is_none();
        Ok(Some(page.rows))
    }))
}
