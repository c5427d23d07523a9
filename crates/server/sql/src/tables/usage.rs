//! Table of usage: sums of calls from the store's sums by hour, folded by the columns that a statement names.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quipu_core::{GroupBy, Timestamp, TraceFilter, UsageGroup, UsageKey, UsageQuery, UsageTotals};
use rusqlite::types::Value;

use super::number_of;
use super::spans::nothing;
use super::traces::of_origin;
use crate::cell::{Type, count, maybe, millis, time, usd};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};
use crate::times::earlier;

/// The column that only conditions name.
const RANGE: &str = "started_at";
/// Rows of an answer that is kept for the next scans, and the time for which it is kept.
const KEPT_ROWS: usize = 20_000;
const KEPT_FOR: Duration = Duration::from_secs(1);
const MINUTE: i64 = 60 * Timestamp::SECOND;

/// Columns by which a statement can fold.
const KEYS: [(&str, GroupBy); 18] = [
    ("minute", GroupBy::Step(MINUTE)),
    ("hour", GroupBy::Hour),
    ("day", GroupBy::Day),
    ("week", GroupBy::Week),
    ("month", GroupBy::Month),
    ("model", GroupBy::Model),
    ("provider", GroupBy::Provider),
    ("agent", GroupBy::Agent),
    ("service", GroupBy::Service),
    ("framework", GroupBy::Framework),
    ("convention", GroupBy::Convention),
    ("tool", GroupBy::Tool),
    ("session", GroupBy::Session),
    ("user", GroupBy::User),
    ("project", GroupBy::Project),
    ("revision", GroupBy::Commit),
    ("branch", GroupBy::Branch),
    ("billing", GroupBy::Billing),
];

/// Longest length of each period in nanoseconds.
const PERIODS: [(&str, i64); 5] = [
    ("minute", MINUTE),
    ("hour", Timestamp::HOUR),
    ("day", Timestamp::DAY),
    ("week", 7 * Timestamp::DAY),
    ("month", 31 * Timestamp::DAY),
];

/// One combination of the named columns with its sums.
pub(super) struct Sum {
    by: Arc<[GroupBy]>,
    key: Vec<UsageKey>,
    totals: UsageTotals,
}

impl Sum {
    fn name(&self, by: GroupBy) -> Value {
        match self.by.iter().position(|known| *known == by).and_then(|at| self.key.get(at)) {
            Some(UsageKey::Name(name)) => maybe(name.as_ref()),
            Some(UsageKey::Time(start)) => time(*start),
            Some(UsageKey::Rest) | None => Value::Null,
        }
    }
}

#[rustfmt::skip]
static COLUMNS: &[Column<Arc<Sum>>] = &[
    Column { name: "minute", kind: Type::Time, about: "Start of the minute.", value: |row| row.name(GroupBy::Step(MINUTE)) },
    Column { name: "hour", kind: Type::Time, about: "Start of the hour.", value: |row| row.name(GroupBy::Hour) },
    Column { name: "day", kind: Type::Time, about: "Start of the day.", value: |row| row.name(GroupBy::Day) },
    Column { name: "week", kind: Type::Time, about: "Start of the week, a Monday.", value: |row| row.name(GroupBy::Week) },
    Column { name: "month", kind: Type::Time, about: "Start of the month.", value: |row| row.name(GroupBy::Month) },
    Column { name: "model", kind: Type::Text, about: "Model that answered, else the requested one.", value: |row| row.name(GroupBy::Model) },
    Column { name: "provider", kind: Type::Text, about: "Model provider.", value: |row| row.name(GroupBy::Provider) },
    Column { name: "agent", kind: Type::Text, about: "Agent that made the calls.", value: |row| row.name(GroupBy::Agent) },
    Column { name: "service", kind: Type::Text, about: "Service.", value: |row| row.name(GroupBy::Service) },
    Column { name: "framework", kind: Type::Text, about: "Framework.", value: |row| row.name(GroupBy::Framework) },
    Column { name: "convention", kind: Type::Text, about: "Convention by which they were read.", value: |row| row.name(GroupBy::Convention) },
    Column { name: "tool", kind: Type::Text, about: "Nearest tool above the calls.", value: |row| row.name(GroupBy::Tool) },
    Column { name: "session", kind: Type::Text, about: "Session of the traces.", value: |row| row.name(GroupBy::Session) },
    Column { name: "user", kind: Type::Text, about: "User of the traces.", value: |row| row.name(GroupBy::User) },
    Column { name: "project", kind: Type::Text, about: "Project that the spans name.", value: |row| row.name(GroupBy::Project) },
    Column { name: "revision", kind: Type::Text, about: "Revision of the source code.", value: |row| row.name(GroupBy::Commit) },
    Column { name: "branch", kind: Type::Text, about: "Branch of the source code.", value: |row| row.name(GroupBy::Branch) },
    Column { name: "billing", kind: Type::Text, about: "metered or subscription.", value: |row| row.name(GroupBy::Billing) },
    Column { name: "calls", kind: Type::Integer, about: "Number of calls: `sum(is_call)` of the table calls.", value: |row| count(row.totals.llm_calls) },
    Column { name: "failed", kind: Type::Integer, about: "Number of failed calls.", value: |row| count(row.totals.errors) },
    Column { name: "finished", kind: Type::Integer, about: "Number of calls with a duration.", value: |row| count(row.totals.latency.count()) },
    Column { name: "duration_ms", kind: Type::Real, about: "Sum of their durations in milliseconds.", value: |row| millis(Some(row.totals.latency.sum())) },
    Column { name: "input_tokens", kind: Type::Integer, about: "Input tokens, with cached ones.", value: |row| count(row.totals.tokens.input) },
    Column { name: "output_tokens", kind: Type::Integer, about: "Output tokens, with reasoning.", value: |row| count(row.totals.tokens.output) },
    Column { name: "cache_read_tokens", kind: Type::Integer, about: "Input tokens read from a cache.", value: |row| count(row.totals.tokens.cache_read) },
    Column { name: "cache_write_tokens", kind: Type::Integer, about: "Input tokens written to a cache.", value: |row| count(row.totals.tokens.cache_write) },
    Column { name: "reasoning_tokens", kind: Type::Integer, about: "Output tokens spent on reasoning.", value: |row| count(row.totals.tokens.reasoning) },
    Column { name: "cost_usd", kind: Type::Usd, about: "Cost of calls billed by use.", value: |row| usd(row.totals.cost) },
    Column { name: "subscription_usd", kind: Type::Usd, about: "List price of calls under a subscription.", value: |row| usd(row.totals.subscription) },
    Column { name: "reported_usd", kind: Type::Usd, about: "Cost that the sources reported.", value: |row| usd(row.totals.reported) },
    Column { name: "unpriced_calls", kind: Type::Integer, about: "Calls with usage but without a price.", value: |row| count(row.totals.unpriced.values().sum()) },
    Column { name: "estimated_calls", kind: Type::Integer, about: "Calls without usage, whose tokens are estimated. No other sum has them.", value: |row| count(row.totals.estimated.calls) },
    Column { name: "estimated_usd", kind: Type::Usd, about: "Expected cost of those calls.", value: |row| usd(row.totals.estimated.cost.map(|cost| cost.expected)) },
];

static HIDDEN: &[Column<Arc<Sum>>] = &[Column {
    name: RANGE,
    kind: Type::Time,
    about: "Start of the calls. Only conditions name it: `started_at >= ago('30d')`.",
    value: |_| Value::Null,
}];

/// The rows of an answer.
struct Kept {
    query: UsageQuery,
    since: Instant,
    rows: Vec<Arc<Sum>>,
}

#[derive(Default)]
pub(super) struct UsageSums {
    /// The last answer: a join can scan the same sums once for each row of another table.
    kept: Mutex<Option<Kept>>,
}

impl Records for UsageSums {
    type Row = Arc<Sum>;
    const NAME: &'static str = "usage";
    const ABOUT: &'static str =
        "Sums of calls, one row for each combination of the other columns that the statement names.";
    const PERIODS: &'static [&'static str] = &["minute", "hour", "day", "week", "month"];
    const RANGE: Option<&'static str> = Some(RANGE);

    fn columns() -> &'static [Column<Arc<Sum>>] {
        COLUMNS
    }

    fn hidden() -> &'static [Column<Arc<Sum>>] {
        HIDDEN
    }

    fn equal(column: &str) -> Option<Push> {
        let found =
            ["model", "agent", "service", "framework", "session", "user", "project", "revision", "branch"];
        found.contains(&column).then_some(Push::Value)
    }

    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<Arc<Sum>>, String> {
        let Some(query) = query(asked)? else { return Ok(nothing()) };
        let mut rows = Some(self.rows(reader, query)?);
        Ok(Box::new(move |_| Ok(rows.take())))
    }

    fn number(row: &Arc<Sum>) -> i64 {
        number_of(&row.key)
    }
}

/// The query of a scan; `None` if no call can match.
fn query(asked: &Asked) -> Result<Option<UsageQuery>, String> {
    let Some((mut since, mut until)) = asked.range(RANGE)? else { return Ok(None) };
    for (column, width) in PERIODS {
        let (first, last) = asked.times(column);
        since = since.max(first);
        until = earlier(until, last.map(|last| last.plus(width)));
    }
    let filter = TraceFilter {
        since,
        until,
        model: asked.equal("model"),
        agent: asked.equal("agent"),
        ..of_origin(asked)
    };
    let group_by = KEYS.into_iter().filter(|(column, _)| asked.reads(column)).map(|(_, by)| by).collect();
    Ok(Some(UsageQuery { filter, group_by }))
}

impl UsageSums {
    fn rows(&self, reader: &StoreReader, query: UsageQuery) -> Result<Vec<Arc<Sum>>, String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |kept: &&Kept| kept.query == query && kept.since.elapsed() < KEPT_FOR;
        if let Some(known) = kept.as_ref().filter(fresh) {
            return Ok(known.rows.clone());
        }
        let since = Instant::now();
        let groups = reader.wait(reader.store.usage(&query))?;
        if groups.iter().any(UsageGroup::is_rest) {
            return Err("the sums of usage need more memory than their limit; name fewer columns".to_owned());
        }
        let by: Arc<[GroupBy]> = query.group_by.as_slice().into();
        let nothing = UsageTotals::default();
        // Without a key, the store has a group even if there is no call.
        let groups = groups.into_iter().filter(|group| !group.key.is_empty() || group.totals != nothing);
        let sum = |UsageGroup { key, totals }: UsageGroup| Arc::new(Sum { by: Arc::clone(&by), key, totals });
        let rows: Vec<Arc<Sum>> = groups.map(sum).collect();
        *kept = (rows.len() <= KEPT_ROWS).then(|| Kept { query, since, rows: rows.clone() });
        Ok(rows)
    }
}
