//! Short queries for cases.

use std::future::Future;
use std::time::Duration;

use quipu_core::{
    CostQuery, CostRow, Detail, EventQuery, Sort, Span, SpanQuery, SpanRow, Store, TraceFilter, TraceId,
    TraceQuery, TraceRow, UsageGroup, UsageKey, UsageQuery, UsageTotals,
};
use tokio::time::{Instant, sleep};

use crate::sample::{span_id, trace_id};
use crate::{Failure, Outcome};

/// Maximum lag of an index.
const LAG: Duration = Duration::from_secs(20);

pub async fn trace(store: &dyn Store, number: u64) -> Outcome<TraceRow> {
    store.trace(trace_id(number)).await?.ok_or_else(|| Failure::new(format!("trace {number} is not known")))
}

pub async fn span(store: &dyn Store, trace: u64, number: u64) -> Outcome<SpanRow> {
    let row = store.span(trace_id(trace), span_id(number)).await?;
    row.ok_or_else(|| Failure::new(format!("span {number} of trace {trace} is not known")))
}

/// The span as stored.
pub async fn raw(store: &dyn Store, trace: u64, number: u64) -> Outcome<Span> {
    let row = span(store, trace, number).await?;
    let raw = row.raw.ok_or_else(|| Failure::new(format!("span {number} comes without what was sent")))?;
    Ok(*raw)
}

pub async fn all_spans(
    store: &dyn Store,
    trace: TraceId,
    detail: Detail,
    limit: usize,
) -> Outcome<Vec<SpanRow>> {
    let mut query = SpanQuery { trace_id: trace, after: None, limit, detail };
    let mut rows = Vec::new();
    loop {
        let page = store.spans(&query).await?;
        if page.rows.len() > limit || (page.rows.is_empty() && page.next.is_some()) {
            return Err(Failure::new(format!(
                "a page of {} spans where {limit} were asked for",
                page.rows.len()
            )));
        }
        rows.extend(page.rows);
        match page.next {
            Some(next) if query.after == Some(next) => return Err(Failure::new("the cursor stands still")),
            Some(next) => query.after = Some(next),
            None => return Ok(rows),
        }
    }
}

/// Every trace of a query, page by page.
pub async fn all_traces(
    store: &dyn Store,
    filter: &TraceFilter,
    sort: Sort,
    limit: usize,
) -> Outcome<Vec<TraceRow>> {
    let mut query = TraceQuery { filter: filter.clone(), sort, limit, cursor: None };
    let mut rows = Vec::new();
    loop {
        let page = store.traces(&query).await?;
        if page.rows.len() > limit || (page.rows.is_empty() && page.next.is_some()) {
            return Err(Failure::new(format!(
                "a page of {} traces where {limit} were asked for",
                page.rows.len()
            )));
        }
        rows.extend(page.rows);
        match page.next {
            Some(next) if query.cursor == Some(next) => return Err(Failure::new("the cursor stands still")),
            Some(next) => query.cursor = Some(next),
            None => return Ok(rows),
        }
    }
}

/// Every ledger row of a query, page by page.
pub async fn all_costs(store: &dyn Store, filter: &TraceFilter, limit: usize) -> Outcome<Vec<CostRow>> {
    let mut query = CostQuery { filter: filter.clone(), limit, cursor: None };
    let mut rows = Vec::new();
    loop {
        let page = store.costs(&query).await?;
        if page.rows.len() > limit || (page.rows.is_empty() && page.next.is_some()) {
            let many = page.rows.len();
            return Err(Failure::new(format!("a page of {many} ledger rows where {limit} were asked for")));
        }
        rows.extend(page.rows);
        match page.next {
            Some(next) if query.cursor == Some(next) => return Err(Failure::new("the cursor stands still")),
            Some(next) => query.cursor = Some(next),
            None => return Ok(rows),
        }
    }
}

/// Traces that match a filter, in the order of their ids.
pub async fn picked(store: &dyn Store, filter: TraceFilter) -> Outcome<Vec<TraceId>> {
    let mut ids: Vec<_> =
        all_traces(store, &filter, Sort::Newest, 1_000).await?.iter().map(|row| row.trace_id).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// The trace ids of numbers.
pub fn ids(numbers: &[u64]) -> Vec<TraceId> {
    numbers.iter().copied().map(trace_id).collect()
}

/// All usage in one total.
pub async fn total(store: &dyn Store, filter: TraceFilter) -> Outcome<UsageTotals> {
    let groups = store.usage(&UsageQuery { filter, group_by: Vec::new() }).await?;
    match <[UsageGroup; 1]>::try_from(groups) {
        Ok([group]) => Ok(group.totals),
        Err(groups) => Err(Failure::new(format!("{} groups where no key was asked for", groups.len()))),
    }
}

/// Usage groups by key.
pub async fn groups(store: &dyn Store, query: &UsageQuery) -> Outcome<Vec<(Vec<UsageKey>, UsageTotals)>> {
    let mut groups: Vec<_> =
        store.usage(query).await?.into_iter().map(|group| (group.key, group.totals)).collect();
    groups.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(groups)
}

/// A query for every event.
pub fn every_event() -> EventQuery {
    EventQuery { limit: 1_000, ..EventQuery::default() }
}

/// Repeats a query until the answer is as expected, for at most 20 seconds. Indexes may lag, but must catch
/// up.
pub async fn eventually<F, Fut>(what: &str, ask: F) -> Outcome
where
    F: Fn() -> Fut,
    Fut: Future<Output = Outcome<bool>>,
{
    let deadline = Instant::now() + LAG;
    while !ask().await? {
        if Instant::now() >= deadline {
            return Err(Failure::new(format!("{what}: not within {} s", LAG.as_secs())));
        }
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
