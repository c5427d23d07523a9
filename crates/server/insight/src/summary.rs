//! Summary of a time range by framework: load, errors, latency and cost.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use quipu_core::{GroupBy, Result, Store, Timestamp, TraceFilter, UsageQuery, UsageTotals, WorkKey, Worked};

use crate::parts::{Name, split, work_by};
use crate::within;

/// The summary of a time range.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Minutes of the range; `None` for all that is stored.
    pub minutes: Option<f64>,
    /// Over all frameworks.
    pub total: Busy,
    /// Each framework, most calls first; `None` for records without one.
    pub frameworks: Vec<(Name, Busy)>,
    /// Calls by model.
    pub models: Vec<(Name, UsageTotals)>,
    /// Calls by hour, of more than two days by day, in order of time.
    pub times: Vec<(Timestamp, UsageTotals)>,
}

/// The longest range with hourly points.
const LONGEST_BY_HOUR: i64 = 2 * Timestamp::DAY;

/// Activity within the range.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Busy {
    /// Calls, tokens, money, latency.
    pub usage: UsageTotals,
    /// Traces.
    pub traces: u64,
    /// Sessions with a trace.
    pub sessions: u64,
}

/// Sums up the matching records: calls by their own framework, traces and sessions by that of the trace. If
/// the filter names frameworks, calls that an SDK reported within their traces also count.
///
/// # Errors
/// The store cannot be read.
pub async fn summary(store: &dyn Store, filter: &TraceFilter, now: Timestamp) -> Result<Summary> {
    let mut frameworks: BTreeMap<Name, Busy> = BTreeMap::new();
    let mut total = Busy::default();
    let query = UsageQuery { filter: filter.clone(), group_by: vec![GroupBy::Framework] };
    for group in store.usage(&query).await? {
        let name = split(group.key).0.pop().flatten();
        total.usage.merge(&group.totals);
        frameworks.entry(name).or_default().usage.merge(&group.totals);
    }
    for (name, filter) in within::around_each(filter) {
        for group in store.usage(&UsageQuery { filter, group_by: Vec::new() }).await? {
            total.usage.merge(&group.totals);
            frameworks.entry(Some(name.clone())).or_default().usage.merge(&group.totals);
        }
    }
    let mut sessions: BTreeSet<CompactString> = BTreeSet::new();
    let keys = [WorkKey::Framework, WorkKey::Session];
    for ([framework, session], totals) in work_by(store, Worked::Traces, filter, false, keys).await? {
        let busy = frameworks.entry(framework).or_default();
        busy.traces += totals.count;
        total.traces += totals.count;
        if let Some(session) = session {
            busy.sessions += 1;
            sessions.insert(session);
        }
    }
    total.sessions = u64::try_from(sessions.len()).unwrap_or(u64::MAX);
    let mut frameworks: Vec<(Name, Busy)> = frameworks.into_iter().collect();
    frameworks.sort_by_key(|(_, busy)| Reverse((busy.usage.llm_calls, busy.traces)));
    let minute = (60 * Timestamp::SECOND) as f64;
    let range = filter.since.map(|since| filter.until.unwrap_or(now).since(since));
    let minutes = range.map(|range| range as f64 / minute).filter(|minutes| *minutes > 0.0);
    let (models, times) = (models(store, filter).await?, times(store, filter, range).await?);
    Ok(Summary { minutes, total, frameworks, models, times })
}

async fn models(store: &dyn Store, filter: &TraceFilter) -> Result<Vec<(Name, UsageTotals)>> {
    let query = UsageQuery { filter: filter.clone(), group_by: vec![GroupBy::Model] };
    let groups = within::usage_within(store, &query).await?.into_iter();
    Ok(groups.map(|group| (split(group.key).0.pop().flatten(), group.totals)).collect())
}

async fn times(
    store: &dyn Store,
    filter: &TraceFilter,
    range: Option<i64>,
) -> Result<Vec<(Timestamp, UsageTotals)>> {
    let by_hour = range.is_some_and(|range| range <= LONGEST_BY_HOUR);
    let by = if by_hour { GroupBy::Hour } else { GroupBy::Day };
    let query = UsageQuery { filter: filter.clone(), group_by: vec![by] };
    let groups = within::usage_within(store, &query).await?.into_iter();
    let mut times: Vec<_> = groups.filter_map(|group| Some((split(group.key).1?, group.totals))).collect();
    times.sort_by_key(|(at, _)| *at);
    Ok(times)
}
