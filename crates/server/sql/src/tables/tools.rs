//! Table of tool runs.

use quipu_core::{Cost, Kind, ScanField, ScannedSpan, SpanScan};

use super::number_of;
use super::spans::scanned;
use crate::cell::{Type, flag, maybe, millis, text, time};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

pub(super) struct Tools;

#[rustfmt::skip]
static COLUMNS: &[Column<ScannedSpan>] = &[
    Column { name: "trace_id", kind: Type::Text, about: "Trace id.", value: |row| text(row.row.trace_id.to_string()) },
    Column { name: "span_id", kind: Type::Text, about: "Span id within the trace.", value: |row| text(row.row.span.span_id.to_string()) },
    Column { name: "tool", kind: Type::Text, about: "Tool.", value: |row| maybe(row.row.span.tool.as_ref()) },
    Column { name: "started_at", kind: Type::Time, about: "Start.", value: |row| time(row.row.span.start) },
    Column { name: "duration_ms", kind: Type::Real, about: "Duration in milliseconds; null while it runs.", value: |row| millis(row.row.duration()) },
    Column { name: "failed", kind: Type::Integer, about: "1 if the run failed, else 0.", value: |row| flag(row.row.failed()) },
    Column { name: "error", kind: Type::Text, about: "Error text, at most 200 characters.", value: |row| maybe(row.row.error.as_ref()) },
    Column { name: "agent", kind: Type::Text, about: "Agent that ran the tool.", value: |row| maybe(row.row.span.cost.as_ref().and_then(|cost| cost.agent.as_ref())) },
    Column { name: "service", kind: Type::Text, about: "Service.", value: |row| maybe(row.row.service.as_ref()) },
    Column { name: "framework", kind: Type::Text, about: "Framework.", value: |row| maybe(row.row.framework.as_ref()) },
    Column { name: "session", kind: Type::Text, about: "Session of the trace.", value: |row| maybe(row.row.session.as_ref()) },
    Column { name: "user", kind: Type::Text, about: "User of the trace.", value: |row| maybe(row.row.user.as_ref()) },
    Column { name: "project", kind: Type::Text, about: "Project of the trace.", value: |row| maybe(row.project.as_ref()) },
];

/// Columns that a scan compares.
const FIELDS: [(&str, ScanField); 6] = [
    ("tool", ScanField::Tool),
    ("service", ScanField::Service),
    ("framework", ScanField::Framework),
    ("session", ScanField::Session),
    ("user", ScanField::User),
    ("project", ScanField::Project),
];

impl Records for Tools {
    type Row = ScannedSpan;
    const NAME: &'static str = "tools";
    const ABOUT: &'static str = "One row for each counted tool run with a stored span.";
    const TIME: Option<&'static str> = Some("started_at");

    fn columns() -> &'static [Column<ScannedSpan>] {
        COLUMNS
    }

    fn equal(column: &str) -> Option<Push> {
        match column {
            "trace_id" => Some(Push::Key),
            _ => FIELDS.iter().any(|(name, _)| *name == column).then_some(Push::Value),
        }
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<ScannedSpan>, String> {
        let named = |(column, field): &(&str, ScanField)| {
            asked.equal(column).filter(|text| !text.is_empty()).map(|text| (*field, text))
        };
        let named = FIELDS.iter().filter_map(named).collect();
        let mut pages =
            scanned(reader, asked, SpanScan { kind: Some(Kind::Tool), named, ..SpanScan::default() })?;
        Ok(Box::new(move |rows| {
            let page = pages(rows)?;
            Ok(page.map(|mut page| {
                page.retain(|row| row.row.span.cost.as_ref().is_some_and(Cost::is_tool_run));
                page
            }))
        }))
    }

    fn number(row: &ScannedSpan) -> i64 {
        number_of((row.row.trace_id, row.row.span.span_id))
    }
}
