//! Table of traces.

use quipu_core::{Sort, TraceFilter, TraceQuery, TraceRow, TraceStatus};

use super::number_of;
use crate::cell::{Type, count, list, maybe, millis, text, time, usd};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

pub(super) struct Traces;

const STATUSES: [TraceStatus; 4] =
    [TraceStatus::Unset, TraceStatus::Ok, TraceStatus::Error, TraceStatus::Running];

#[rustfmt::skip]
static COLUMNS: &[Column<TraceRow>] = &[
    Column { name: "trace_id", kind: Type::Text, about: "Trace id.", value: |row| text(row.trace_id.to_string()) },
    Column { name: "name", kind: Type::Text, about: "Name of the root span.", value: |row| text(&row.name) },
    Column { name: "service", kind: Type::Text, about: "Service.", value: |row| maybe(row.service.as_ref()) },
    Column { name: "framework", kind: Type::Text, about: "Framework.", value: |row| maybe(row.framework.as_ref()) },
    Column { name: "convention", kind: Type::Text, about: "Convention by which its spans were read.", value: |row| maybe(row.convention.as_ref()) },
    Column { name: "started_at", kind: Type::Time, about: "Earliest start.", value: |row| time(row.started_at) },
    Column { name: "duration_ms", kind: Type::Real, about: "Milliseconds from the earliest start to the latest end.", value: |row| millis(Some(row.duration)) },
    Column { name: "status", kind: Type::Text, about: "ok, error, unset or running.", value: |row| text(row.status.as_str()) },
    Column { name: "spans", kind: Type::Integer, about: "Number of spans.", value: |row| count(row.spans) },
    Column { name: "llm_calls", kind: Type::Integer, about: "Number of LLM calls.", value: |row| count(row.llm_calls) },
    Column { name: "tool_calls", kind: Type::Integer, about: "Number of tool runs.", value: |row| count(row.tool_calls) },
    Column { name: "errors", kind: Type::Integer, about: "Number of failures, each counted where it began.", value: |row| count(row.errors) },
    Column { name: "input_tokens", kind: Type::Integer, about: "Input tokens.", value: |row| count(row.tokens.input) },
    Column { name: "output_tokens", kind: Type::Integer, about: "Output tokens.", value: |row| count(row.tokens.output) },
    Column { name: "cache_read_tokens", kind: Type::Integer, about: "Input tokens read from a cache.", value: |row| count(row.tokens.cache_read) },
    Column { name: "cache_write_tokens", kind: Type::Integer, about: "Input tokens written to a cache.", value: |row| count(row.tokens.cache_write) },
    Column { name: "reasoning_tokens", kind: Type::Integer, about: "Output tokens spent on reasoning.", value: |row| count(row.tokens.reasoning) },
    Column { name: "cost_usd", kind: Type::Usd, about: "Cost of calls billed by use.", value: |row| usd(row.cost) },
    Column { name: "subscription_usd", kind: Type::Usd, about: "List price of the use under a subscription.", value: |row| usd(row.subscription) },
    Column { name: "reported_usd", kind: Type::Usd, about: "Cost that the source reported.", value: |row| usd(row.reported_cost) },
    Column { name: "unpriced_calls", kind: Type::Integer, about: "Counted calls without a price.", value: |row| count(row.unpriced_calls) },
    Column { name: "session", kind: Type::Text, about: "Session.", value: |row| maybe(row.session.as_ref()) },
    Column { name: "user", kind: Type::Text, about: "User.", value: |row| maybe(row.user.as_ref()) },
    Column { name: "project", kind: Type::Text, about: "Project that its spans name.", value: |row| maybe(row.project.as_ref()) },
    Column { name: "revision", kind: Type::Text, about: "Revision of the source code.", value: |row| maybe(row.commit.as_ref()) },
    Column { name: "branch", kind: Type::Text, about: "Branch of the source code.", value: |row| maybe(row.branch.as_ref()) },
    Column { name: "tags", kind: Type::Json, about: "Tags, as a JSON list.", value: |row| list(&row.tags) },
    Column { name: "agents", kind: Type::Json, about: "Agents, as a JSON list.", value: |row| list(&row.agents) },
    Column { name: "models", kind: Type::Json, about: "Models, as a JSON list.", value: |row| list(&row.models) },
];

static HIDDEN: &[Column<TraceRow>] = &[Column {
    name: "traces",
    kind: Type::Text,
    about: "For `traces MATCH 'words'`: all words occur in the text of one span.",
    value: |_| rusqlite::types::Value::Null,
}];

impl Records for Traces {
    type Row = TraceRow;
    const NAME: &'static str = "traces";
    const ABOUT: &'static str = "One row for each trace.";
    const TIME: Option<&'static str> = Some("started_at");
    const ORDER: Option<(&'static str, bool, bool)> = Some(("started_at", true, true));

    fn columns() -> &'static [Column<TraceRow>] {
        COLUMNS
    }

    fn hidden() -> &'static [Column<TraceRow>] {
        HIDDEN
    }

    fn equal(column: &str) -> Option<Push> {
        match column {
            "trace_id" => Some(Push::Key),
            "service" | "framework" | "status" | "session" | "user" | "project" | "revision" | "branch" => {
                Some(Push::Value)
            }
            _ => None,
        }
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<TraceRow>, String> {
        let words = asked.words()?;
        let reader = reader.clone();
        if let (Some(id), None) = (asked.equal("trace_id"), &words) {
            let mut id = id.parse().ok();
            return Ok(Box::new(move |_| {
                let Some(id) = id.take() else { return Ok(None) };
                let row = reader.wait(reader.store.trace(id))?;
                // A trace without a visible span is in no list.
                Ok(row.filter(|row| row.spans > 0).map(|row| vec![row]))
            }));
        }
        let mut query = TraceQuery { filter: filter(asked, words), ..TraceQuery::default() };
        query.sort = if asked.ascending { Sort::Oldest } else { Sort::Newest };
        let mut ended = false;
        Ok(Box::new(move |rows| {
            if ended {
                return Ok(None);
            }
            query.limit = rows;
            let page = reader.wait(reader.store.traces(&query))?;
            query.cursor = page.next;
            ended = page.next.is_none();
            Ok(Some(page.rows))
        }))
    }

    fn number(row: &TraceRow) -> i64 {
        number_of(row.trace_id)
    }
}

fn filter(asked: &Asked, q: Option<String>) -> TraceFilter {
    let (since, until) = asked.times("started_at");
    let status = asked.equal("status");
    TraceFilter {
        since,
        until,
        q,
        status: status.and_then(|word| STATUSES.into_iter().find(|status| status.as_str() == word)),
        ..of_origin(asked)
    }
}

/// The conditions on where a trace comes from, which other tables have too.
pub(super) fn of_origin(asked: &Asked) -> TraceFilter {
    TraceFilter {
        service: asked.equal("service"),
        framework: asked.equal("framework"),
        session: asked.equal("session"),
        user: asked.equal("user"),
        project: asked.equal("project"),
        commit: asked.equal("revision"),
        branch: asked.equal("branch"),
        ..TraceFilter::default()
    }
}
