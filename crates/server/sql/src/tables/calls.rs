//! Table of counted calls.

use quipu_core::{CostFacts, CostQuery, CostScan, ScanCursor, ScannedCost, TraceFilter, Usage};
use rusqlite::types::Value;

use super::number_of;
use super::spans::{NO_SCAN, nothing};
use crate::cell::{Type, counted, flag, maybe, millis, text, time, usd};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

pub(super) struct Calls;

/// Rows of a page of one trace.
const TRACE_ROWS: usize = 6_400;

fn usage(row: &ScannedCost, figure: impl Fn(&Usage) -> Option<u64>) -> Value {
    counted(row.row.cost.usage.as_ref().and_then(figure))
}

#[rustfmt::skip]
static COLUMNS: &[Column<ScannedCost>] = &[
    Column { name: "trace_id", kind: Type::Text, about: "Trace id.", value: |row| text(row.row.cost.trace_id.to_string()) },
    Column { name: "span_id", kind: Type::Text, about: "Span id within the trace.", value: |row| text(row.row.cost.span_id.to_string()) },
    Column { name: "started_at", kind: Type::Time, about: "Start.", value: |row| time(row.row.cost.time) },
    Column { name: "duration_ms", kind: Type::Real, about: "Duration in milliseconds; null while it runs.", value: |row| millis(row.row.cost.duration) },
    Column { name: "kind", kind: Type::Text, about: "llm, embedding or rerank; another kind if only it has the usage.", value: |row| text(row.row.cost.kind.as_str()) },
    Column { name: "failed", kind: Type::Integer, about: "1 if the call failed, else 0.", value: |row| flag(row.row.cost.failed) },
    Column { name: "rule", kind: Type::Text, about: "Rule by which it counts: leaf, merged, orphan_rollup or metric.", value: |row| text(row.row.cost.rule.word()) },
    Column { name: "is_call", kind: Type::Integer, about: "1 for a call, 0 for a row that adds tokens only.", value: |row| flag(row.row.cost.is_call()) },
    Column { name: "service", kind: Type::Text, about: "Service.", value: |row| maybe(row.row.cost.service.as_ref()) },
    Column { name: "framework", kind: Type::Text, about: "Framework.", value: |row| maybe(row.row.cost.framework.as_ref()) },
    Column { name: "convention", kind: Type::Text, about: "Convention by which it was read.", value: |row| maybe(Some(&row.row.cost.convention).filter(|name| !name.is_empty())) },
    Column { name: "agent", kind: Type::Text, about: "Agent that made the call.", value: |row| maybe(row.row.cost.agent.as_ref()) },
    Column { name: "tool", kind: Type::Text, about: "Nearest tool above the call.", value: |row| maybe(row.row.cost.tool.as_ref()) },
    Column { name: "provider", kind: Type::Text, about: "Model provider.", value: |row| maybe(row.row.cost.provider.as_ref()) },
    Column { name: "model", kind: Type::Text, about: "Model that answered, else the requested one.", value: |row| maybe(row.row.cost.model()) },
    Column { name: "request_model", kind: Type::Text, about: "Requested model.", value: |row| maybe(row.row.cost.request_model.as_ref()) },
    Column { name: "service_tier", kind: Type::Text, about: "Service tier.", value: |row| maybe(row.row.cost.service_tier.as_ref()) },
    Column { name: "billing", kind: Type::Text, about: "metered or subscription.", value: |row| text(row.row.cost.billing.as_str()) },
    Column { name: "input_tokens", kind: Type::Integer, about: "Input tokens, with cached ones.", value: |row| usage(row, |usage| usage.input) },
    Column { name: "output_tokens", kind: Type::Integer, about: "Output tokens, with reasoning.", value: |row| usage(row, |usage| usage.output) },
    Column { name: "cache_read_tokens", kind: Type::Integer, about: "Input tokens read from a cache.", value: |row| usage(row, |usage| usage.cache_read) },
    Column { name: "cache_write_tokens", kind: Type::Integer, about: "Input tokens written to a cache.", value: |row| usage(row, |usage| usage.cache_write) },
    Column { name: "reasoning_tokens", kind: Type::Integer, about: "Output tokens spent on reasoning.", value: |row| usage(row, |usage| usage.reasoning) },
    Column { name: "cost_usd", kind: Type::Usd, about: "Cost of a call billed by use.", value: |row| usd(row.row.cost.billed()) },
    Column { name: "subscription_usd", kind: Type::Usd, about: "List price of a call under a subscription.", value: |row| usd(row.row.cost.subscription()) },
    Column { name: "reported_usd", kind: Type::Usd, about: "Cost that the source reported.", value: |row| usd(row.row.cost.reported) },
    Column { name: "unpriced", kind: Type::Text, about: "Reason for a missing cost.", value: |row| maybe(row.row.cost.unpriced.map(quipu_core::Unpriced::as_str)) },
    Column { name: "session", kind: Type::Text, about: "Session of the trace.", value: |row| maybe(row.row.session.as_ref()) },
    Column { name: "user", kind: Type::Text, about: "User of the trace.", value: |row| maybe(row.row.user.as_ref()) },
];

impl Records for Calls {
    type Row = ScannedCost;
    const NAME: &'static str = "calls";
    const ABOUT: &'static str = "One row for each counted call, with its tokens and cost.";
    const TIME: Option<&'static str> = Some("started_at");
    const ORDER: Option<(&'static str, bool, bool)> = Some(("started_at", true, false));

    fn columns() -> &'static [Column<ScannedCost>] {
        COLUMNS
    }

    fn equal(column: &str) -> Option<Push> {
        match column {
            "trace_id" => Some(Push::Key),
            "service" | "framework" | "agent" | "model" | "session" | "user" => Some(Push::Value),
            _ => None,
        }
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<ScannedCost>, String> {
        let (since, until) = asked.times("started_at");
        let filter = TraceFilter {
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
        let trace_id = match asked.equal("trace_id").map(|id| id.parse()) {
            None => None,
            Some(Ok(id)) => Some(id),
            Some(Err(_)) => return Ok(nothing()),
        };
        if asked.ascending && trace_id.is_none() {
            return Ok(by_time(reader.clone(), CostQuery { filter, ..CostQuery::default() }));
        }
        let facts = CostFacts {
            span: asked.reads("span_id"),
            owner: ["trace_id", "session", "user"].into_iter().any(|column| asked.reads(column)),
        };
        let scan = CostScan { filter, trace_id, facts, ..CostScan::default() };
        let pages = in_storage_order(reader.clone(), scan);
        Ok(if asked.ascending { sorted(pages)? } else { pages })
    }

    fn number(row: &ScannedCost) -> i64 {
        number_of(row.at)
    }
}

/// Rows in the order of time.
fn by_time(reader: StoreReader, mut query: CostQuery) -> Pages<ScannedCost> {
    let (mut ended, mut number) = (false, 0);
    Box::new(move |rows| {
        if ended {
            return Ok(None);
        }
        query.limit = rows;
        let page = reader.wait(reader.store.costs(&query))?;
        query.cursor = page.next;
        ended = page.next.is_none();
        let counted = page.rows.into_iter().map(|row| {
            // No other scan of the statement has rows with numbers of this kind.
            number += 1;
            ScannedCost { row, at: ScanCursor { day: i32::MIN, number } }
        });
        Ok(Some(counted.collect()))
    })
}

fn in_storage_order(reader: StoreReader, mut scan: CostScan) -> Pages<ScannedCost> {
    let mut ended = false;
    Box::new(move |rows| {
        if ended {
            return Ok(None);
        }
        scan.limit = rows;
        let scanning = reader.store.scanning().ok_or(NO_SCAN)?;
        let page = reader.wait(scanning.scan_costs(&scan))?;
        scan.cursor = page.next;
        ended = page.next.is_none();
        Ok(Some(page.rows))
    })
}

/// All rows of few pages, by time.
fn sorted(mut pages: Pages<ScannedCost>) -> Result<Pages<ScannedCost>, String> {
    let mut all = Vec::new();
    while let Some(page) = pages(TRACE_ROWS)? {
        all.extend(page);
    }
    all.sort_by_key(|row| row.row.cost.time);
    let mut all = Some(all);
    Ok(Box::new(move |_| Ok(all.take())))
}
