//! Unpriced usage, largest first: a list for the user's own price book.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Cost, GroupBy, Result, Store, Timestamp, TraceFilter, Unpriced, UsageKey, UsageQuery};

use crate::rows::Rows;

/// The unpriced calls of one model, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpricedModel {
    /// Provider; `None` if the source has none.
    pub provider: Option<CompactString>,
    /// Model of the answer, else the requested one; `None` if the source has none.
    pub model: Option<CompactString>,
    /// Reason for the missing price.
    pub reason: Unpriced,
    /// Counted ledger rows: calls, and roll-ups in place of calls.
    pub calls: u64,
    /// Input and output tokens together.
    pub tokens: u64,
    /// Start of the first.
    pub first_seen: Timestamp,
    /// Start of the last.
    pub last_seen: Timestamp,
}

/// Everything without a price that the filter lets through, most tokens first, then most calls, then by name.
///
/// Only days on which something is unpriced are read row by row.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &dyn Store, filter: &TraceFilter) -> Result<Vec<UnpricedModel>> {
    let mut models = BTreeMap::new();
    for (since, until) in days_with_unpriced(store, filter).await? {
        let of_days = TraceFilter {
            since: Some(filter.since.map_or(since, |asked| asked.max(since))),
            until: Some(filter.until.map_or(until, |asked| asked.min(until))),
            ..filter.clone()
        };
        let mut rows = Rows::of(store, of_days);
        while let Some(page) = rows.next().await? {
            page.iter().for_each(|row| add(&mut models, &row.cost));
        }
    }
    let mut models: Vec<_> = models.into_values().collect();
    models.sort_by_key(|model: &UnpricedModel| (Reverse(model.tokens), Reverse(model.calls)));
    Ok(models)
}

/// Runs of days, half-open.
async fn days_with_unpriced(store: &dyn Store, filter: &TraceFilter) -> Result<Vec<(Timestamp, Timestamp)>> {
    let query = UsageQuery { filter: filter.clone(), group_by: vec![GroupBy::Day] };
    let mut days: Vec<_> = store
        .usage(&query)
        .await?
        .iter()
        .filter(|group| group.totals.unpriced.values().any(|calls| *calls > 0))
        .filter_map(|group| match group.key.first() {
            Some(UsageKey::Time(day)) => Some(*day),
            _ => None,
        })
        .collect();
    days.sort_unstable();
    let mut runs: Vec<(Timestamp, Timestamp)> = Vec::new();
    for day in days {
        let end = day.plus(Timestamp::DAY);
        match runs.last_mut() {
            Some(run) if run.1 == day => run.1 = end,
            _ => runs.push((day, end)),
        }
    }
    Ok(runs)
}

type Key = (Option<CompactString>, Option<CompactString>, Unpriced);

fn add(models: &mut BTreeMap<Key, UnpricedModel>, cost: &Cost) {
    let Some(reason) = cost.unpriced.filter(|_| cost.amount.is_none()) else { return };
    let key = (cost.provider.clone(), cost.model().cloned(), reason);
    let model = models.entry(key).or_insert_with_key(|(provider, model, reason)| UnpricedModel {
        provider: provider.clone(),
        model: model.clone(),
        reason: *reason,
        calls: 0,
        tokens: 0,
        first_seen: cost.time,
        last_seen: cost.time,
    });
    model.calls += 1;
    model.tokens = model.tokens.saturating_add(cost.usage.as_ref().map_or(0, |usage| usage.tokens().total()));
    model.first_seen = model.first_seen.min(cost.time);
    model.last_seen = model.last_seen.max(cost.time);
}
