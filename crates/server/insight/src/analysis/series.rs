//! Points in time, and their trend.

use std::collections::BTreeMap;

use quipu_core::{Result, Store, Timestamp, TraceFilter, UsageKey, UsageQuery, UsageTotals, Usd};

use super::stats::{float, median, money, theil_sen};
use super::{Bucket, CostPoint, Trend};

/// Least whole buckets for a trend.
const TREND_BUCKETS: usize = 4;

/// Sums by bucket.
pub(super) async fn by_bucket(
    store: &dyn Store,
    filter: TraceFilter,
    bucket: Bucket,
) -> Result<BTreeMap<Timestamp, UsageTotals>> {
    let groups = store.usage(&UsageQuery { filter, group_by: vec![bucket.group()] }).await?;
    let timed = groups.into_iter().filter_map(|group| match group.key.first() {
        Some(UsageKey::Time(start)) => Some((*start, group.totals)),
        _ => None,
    });
    Ok(timed.collect())
}

/// Every bucket that the time touches, empty ones included.
pub(super) fn points(
    sums: &BTreeMap<Timestamp, UsageTotals>,
    bucket: Bucket,
    (since, until): (Timestamp, Timestamp),
) -> Vec<CostPoint> {
    let none = UsageTotals::default();
    let mut points = Vec::new();
    let mut start = bucket.start(since);
    while start < until {
        let totals = sums.get(&start).unwrap_or(&none);
        let unpriced = totals.unpriced.values().any(|calls| *calls > 0);
        let known = |amount: Option<Usd>| amount.or((!unpriced).then_some(Usd::ZERO));
        points.push(CostPoint {
            start,
            cost: known(totals.cost),
            subscription: known(totals.subscription),
            llm_calls: totals.llm_calls,
            tokens: totals.tokens.total(),
        });
        let next = bucket.next(start);
        if next <= start {
            break;
        }
        start = next;
    }
    points
}

/// Trend of metered cost over the whole buckets within the time; unpriced calls count as zero.
pub(super) fn trend(
    points: &[CostPoint],
    bucket: Bucket,
    (since, until): (Timestamp, Timestamp),
) -> Option<Trend> {
    let whole = |point: &&CostPoint| point.start >= since && bucket.next(point.start) <= until;
    let mut costs: Vec<f64> =
        points.iter().filter(whole).map(|point| float(point.cost.unwrap_or_default())).collect();
    if costs.len() < TREND_BUCKETS {
        return None;
    }
    let slope = theil_sen(&costs);
    let buckets = costs.len();
    let level = median(&mut costs);
    let percent_per_bucket = (level > 0.0).then(|| slope / level * 100.0);
    Some(Trend { per_bucket: money(slope), percent_per_bucket, buckets })
}
