//! Table of counted calls.

use quipu_core::{Cost, CostQuery, CostRow, Timestamp, TraceFilter, TraceId, Usage};
use rusqlite::types::Value;

use super::number_of;
use super::spans::nothing;
use crate::cell::{Type, counted, flag, maybe, millis, text, time, usd};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

pub(super) struct Calls;

/// A call's time differs from the start of its span by less than this. Another record of the same call may
/// give it.
const APART: i64 = Timestamp::HOUR;

fn usage(row: &CostRow, figure: impl Fn(&Usage) -> Option<u64>) -> Value {
    counted(row.cost.usage.as_ref().and_then(figure))
}

#[rustfmt::skip]
static COLUMNS: &[Column<CostRow>] = &[
    Column { name: "trace_id", kind: Type::Text, about: "Trace id.", value: |row| text(row.cost.trace_id.to_string()) },
    Column { name: "span_id", kind: Type::Text, about: "Span id within the trace.", value: |row| text(row.cost.span_id.to_string()) },
    Column { name: "started_at", kind: Type::Time, about: "Start.", value: |row| time(row.cost.time) },
    Column { name: "duration_ms", kind: Type::Real, about: "Duration in milliseconds; null while it runs.", value: |row| millis(row.cost.duration) },
    Column { name: "kind", kind: Type::Text, about: "llm, embedding or rerank; another kind if only it has the usage.", value: |row| text(row.cost.kind.as_str()) },
    Column { name: "failed", kind: Type::Integer, about: "1 if the call failed, else 0.", value: |row| flag(row.cost.failed) },
    Column { name: "rule", kind: Type::Text, about: "Rule by which it counts: leaf, merged, orphan_rollup or metric.", value: |row| text(row.cost.rule.word()) },
    Column { name: "is_call", kind: Type::Integer, about: "1 for a call, 0 for a row that adds tokens only.", value: |row| flag(row.cost.is_call()) },
    Column { name: "service", kind: Type::Text, about: "Service.", value: |row| maybe(row.cost.service.as_ref()) },
    Column { name: "framework", kind: Type::Text, about: "Framework.", value: |row| maybe(row.cost.framework.as_ref()) },
    Column { name: "convention", kind: Type::Text, about: "Convention by which it was read.", value: |row| maybe(Some(&row.cost.convention).filter(|name| !name.is_empty())) },
    Column { name: "agent", kind: Type::Text, about: "Agent that made the call.", value: |row| maybe(row.cost.agent.as_ref()) },
    Column { name: "tool", kind: Type::Text, about: "Nearest tool above the call.", value: |row| maybe(row.cost.tool.as_ref()) },
    Column { name: "provider", kind: Type::Text, about: "Model provider.", value: |row| maybe(row.cost.provider.as_ref()) },
    Column { name: "model", kind: Type::Text, about: "Model that answered, else the requested one.", value: |row| maybe(row.cost.model()) },
    Column { name: "request_model", kind: Type::Text, about: "Requested model.", value: |row| maybe(row.cost.request_model.as_ref()) },
    Column { name: "service_tier", kind: Type::Text, about: "Service tier.", value: |row| maybe(row.cost.service_tier.as_ref()) },
    Column { name: "billing", kind: Type::Text, about: "metered or subscription.", value: |row| text(row.cost.billing.as_str()) },
    Column { name: "input_tokens", kind: Type::Integer, about: "Input tokens, with cached ones.", value: |row| usage(row, |usage| usage.input) },
    Column { name: "output_tokens", kind: Type::Integer, about: "Output tokens, with reasoning.", value: |row| usage(row, |usage| usage.output) },
    Column { name: "cache_read_tokens", kind: Type::Integer, about: "Input tokens read from a cache.", value: |row| usage(row, |usage| usage.cache_read) },
    Column { name: "cache_write_tokens", kind: Type::Integer, about: "Input tokens written to a cache.", value: |row| usage(row, |usage| usage.cache_write) },
    Column { name: "reasoning_tokens", kind: Type::Integer, about: "Output tokens spent on reasoning.", value: |row| usage(row, |usage| usage.reasoning) },
    Column { name: "cost_usd", kind: Type::Usd, about: "Cost of a call billed by use.", value: |row| usd(row.cost.billed()) },
    Column { name: "subscription_usd", kind: Type::Usd, about: "List price of a call under a subscription.", value: |row| usd(row.cost.subscription()) },
    Column { name: "reported_usd", kind: Type::Usd, about: "Cost that the source reported.", value: |row| usd(row.cost.reported) },
    Column { name: "unpriced", kind: Type::Text, about: "Reason for a missing cost.", value: |row| maybe(row.cost.unpriced.map(quipu_core::Unpriced::as_str)) },
    Column { name: "session", kind: Type::Text, about: "Session of the trace.", value: |row| maybe(row.session.as_ref()) },
    Column { name: "user", kind: Type::Text, about: "User of the trace.", value: |row| maybe(row.user.as_ref()) },
];

impl Records for Calls {
    type Row = CostRow;
    const NAME: &'static str = "calls";
    const ABOUT: &'static str = "One row for each counted call, with its tokens and cost.";
    const TIME: Option<&'static str> = Some("started_at");
    const ORDER: Option<(&'static str, bool, bool)> = Some(("started_at", true, false));

    fn columns() -> &'static [Column<CostRow>] {
        COLUMNS
    }

    fn equal(column: &str) -> Option<Push> {
        match column {
            "trace_id" => Some(Push::Key),
            "service" | "framework" | "agent" | "model" | "session" | "user" => Some(Push::Value),
            _ => None,
        }
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<CostRow>, String> {
        let (since, until) = asked.times("started_at");
        let mut filter = TraceFilter {
            since,
            until,
            service: asked.equal("service"),
            framework: asked.equal("framework"),
            agent: asked.equal("agent"),
            model: asked.equal("model"),
            session: asked.equal("session"),
            user: asked.equal("user"),
            ..TraceFilter::default()
        };
        let trace = match asked.equal("trace_id").map(|id| id.parse::<TraceId>()) {
            None => None,
            Some(Err(_)) => return Ok(nothing()),
            Some(Ok(id)) => {
                let Some((first, last)) = times_of(reader, id)? else { return Ok(nothing()) };
                let since = first.plus(-APART);
                filter.since = Some(filter.since.map_or(since, |known| known.max(since)));
                let until = last.plus(APART);
                filter.until = Some(filter.until.map_or(until, |known| known.min(until)));
                Some(id)
            }
        };
        let mut query = CostQuery { filter, ..CostQuery::default() };
        let (reader, mut ended) = (reader.clone(), false);
        Ok(Box::new(move |rows| {
            if ended {
                return Ok(None);
            }
            query.limit = rows;
            let mut page = reader.wait(reader.store.costs(&query))?;
            query.cursor = page.next;
            ended = page.next.is_none();
            page.rows.retain(|row| trace.is_none_or(|trace| row.cost.trace_id == trace));
            Ok(Some(page.rows))
        }))
    }

    fn number(row: &CostRow) -> i64 {
        let Cost { trace_id, span_id, .. } = row.cost;
        number_of((trace_id, span_id))
    }
}

/// Start of the first and of the last span of a trace, unsampled spans included.
fn times_of(reader: &StoreReader, trace: TraceId) -> Result<Option<(Timestamp, Timestamp)>, String> {
    let lists = reader.wait(reader.store.nodes(&[(trace, reader.now)]))?;
    let starts = || lists.iter().flatten().map(|node| node.start);
    Ok(starts().min().zip(starts().max()))
}
