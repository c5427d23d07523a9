//! Table of sessions.

use quipu_core::{SessionQuery, SessionRow, TraceFilter};

use super::number_of;
use crate::cell::{Type, count, list, maybe, text, time, usd};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

pub(super) struct Sessions;

#[rustfmt::skip]
static COLUMNS: &[Column<SessionRow>] = &[
    Column { name: "session", kind: Type::Text, about: "Session id.", value: |row| text(&row.session) },
    Column { name: "user", kind: Type::Text, about: "User.", value: |row| maybe(row.user.as_ref()) },
    Column { name: "started_at", kind: Type::Time, about: "Start of its first trace.", value: |row| time(row.started_at) },
    Column { name: "last_at", kind: Type::Time, about: "Start of its last trace.", value: |row| time(row.last_at) },
    Column { name: "traces", kind: Type::Integer, about: "Number of traces.", value: |row| count(row.traces) },
    Column { name: "llm_calls", kind: Type::Integer, about: "Number of LLM calls.", value: |row| count(row.llm_calls) },
    Column { name: "tool_calls", kind: Type::Integer, about: "Number of tool runs.", value: |row| count(row.tool_calls) },
    Column { name: "errors", kind: Type::Integer, about: "Number of failures.", value: |row| count(row.errors) },
    Column { name: "input_tokens", kind: Type::Integer, about: "Input tokens.", value: |row| count(row.tokens.input) },
    Column { name: "output_tokens", kind: Type::Integer, about: "Output tokens.", value: |row| count(row.tokens.output) },
    Column { name: "cost_usd", kind: Type::Usd, about: "Cost of calls billed by use.", value: |row| usd(row.cost) },
    Column { name: "subscription_usd", kind: Type::Usd, about: "List price of the use under a subscription.", value: |row| usd(row.subscription) },
    Column { name: "agents", kind: Type::Json, about: "Agents, as a JSON list.", value: |row| list(&row.agents) },
    Column { name: "models", kind: Type::Json, about: "Models, as a JSON list.", value: |row| list(&row.models) },
];

impl Records for Sessions {
    type Row = SessionRow;
    const NAME: &'static str = "sessions";
    const ABOUT: &'static str = "One row for each session: the sums of its traces.";
    const ORDER: Option<(&'static str, bool, bool)> = Some(("last_at", false, true));

    fn columns() -> &'static [Column<SessionRow>] {
        COLUMNS
    }

    fn equal(column: &str) -> Option<Push> {
        (column == "session").then_some(Push::Key)
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<SessionRow>, String> {
        let filter = TraceFilter { session: asked.equal("session"), ..TraceFilter::default() };
        let mut query = SessionQuery { filter, ..SessionQuery::default() };
        let (reader, mut ended) = (reader.clone(), false);
        Ok(Box::new(move |rows| {
            if ended {
                return Ok(None);
            }
            query.limit = rows;
            let page = reader.wait(reader.store.sessions(&query))?;
            ended = page.next.is_none();
            query.cursor = page.next;
            Ok(Some(page.rows))
        }))
    }

    fn number(row: &SessionRow) -> i64 {
        number_of(&row.session)
    }
}
