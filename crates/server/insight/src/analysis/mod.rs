//! Cost analysis: sums, trend, forecast, caches, sessions, and cheaper models.

mod answer;
mod ask;
mod cache;
mod family;
mod forecast;
mod scan;
mod series;
mod stats;
mod suggest;

use std::collections::BTreeMap;

pub use answer::{CacheUse, CostAnalysis, CostPoint, Deviations, Forecast, SessionCost, Suggestion, Trend};
pub use ask::{Ask, Bucket, Horizon, MAX_POINTS, MAX_ROWS};
use quipu_core::{Result, Store, Timestamp, TraceFilter, UsageTotals};

use crate::catalog::Catalog;
use scan::Scan;

/// Analyses what a store's counted calls cost. Sums and series are asked of the store as sums; caches,
/// sessions, suggestions and deviations are read row by row, a page at a time.
///
/// # Errors
/// The time is empty or has more than [`MAX_POINTS`] buckets (`Invalid`), or the store cannot be read.
pub async fn analyse(
    store: &dyn Store,
    books: &dyn Catalog,
    ask: &Ask,
    now: Timestamp,
) -> Result<CostAnalysis> {
    let (since, until) = ask.times(now)?;
    let within = |since: Timestamp, until: Timestamp| TraceFilter {
        since: Some(since),
        until: Some(until),
        ..ask.filter.clone()
    };
    let sums = series::by_bucket(store, within(since, until), ask.bucket).await?;
    let before = within(since.plus(-until.since(since)), since);
    let previous = merged(&series::by_bucket(store, before, ask.bucket).await?);
    let total = merged(&sums);
    let points = series::points(&sums, ask.bucket, (since, until));
    let trend = series::trend(&points, ask.bucket, (since, until.min(now)));
    let forecast = if now.since(until) > Timestamp::HOUR {
        Err(format!("The requested time range ends in the past, at {until}."))
    } else {
        forecast::forecast(store, &ask.filter, ask.horizon(), now).await?
    };
    let rows_since = rows_since(store, ask, (since, until), total.llm_calls).await?;
    let mut scan = Scan::of(store, books, within(rows_since, until)).await?;
    Ok(CostAnalysis {
        since,
        until,
        bucket: ask.bucket,
        previous: Some(previous).filter(|totals| *totals != UsageTotals::default()),
        series: points,
        trend,
        forecast_reason: forecast.as_ref().err().cloned(),
        forecast: forecast.ok(),
        cache: scan.metered.sums(),
        subscription_cache: scan.subscription.sums(),
        sessions: scan.dearest(),
        suggestions: scan.mixes.suggestions(books, now),
        deviations: scan.deviations,
        unpriced_calls: total.unpriced.values().sum(),
        rows: scan.rows,
        rows_since,
        total,
    })
}

fn merged(sums: &BTreeMap<Timestamp, UsageTotals>) -> UsageTotals {
    let mut total = UsageTotals::default();
    sums.values().for_each(|totals| total.merge(totals));
    total
}

/// Start of the rows that are read one by one: the latest hours within the limit of rows, at least one hour.
async fn rows_since(
    store: &dyn Store,
    ask: &Ask,
    (since, until): (Timestamp, Timestamp),
    calls: u64,
) -> Result<Timestamp> {
    let most = ask.max_rows.unwrap_or(MAX_ROWS);
    if calls <= most {
        return Ok(since);
    }
    let filter = TraceFilter { since: Some(since), until: Some(until), ..ask.filter.clone() };
    let (mut rows, mut from) = (0_u64, until);
    for (hour, totals) in series::by_bucket(store, filter, Bucket::Hour).await?.iter().rev() {
        rows = rows.saturating_add(totals.llm_calls);
        if rows > most && from < until {
            break;
        }
        from = *hour;
    }
    Ok(from.max(since))
}
