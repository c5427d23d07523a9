//! Insights into tools: hourly figures, errors, comparison with a baseline, and recommendations.

mod reports;
mod rules;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{
    FacetField, GroupBy, Kind, Result, Sketch, Store, Timestamp, ToolGroup, TraceFilter, UsageQuery,
    UsageTotals, WorkKey, WorkQuery, Worked,
};

use crate::parts::{ErrorCount, split, without, work_by};

pub use reports::ToolReports;
pub use rules::{Recommendation, Rule};

/// Number of hours per tool.
const HOURS: i64 = 24;
/// Number of days in the baseline, before the requested time.
const BASELINE_DAYS: i64 = 7;
/// Limit of kinds of errors per tool.
const ERROR_KINDS: usize = 10;

/// Insights into one tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolInsight {
    /// Its runs in the requested time.
    pub tool: ToolGroup,
    /// The last 24 hours of the time asked for, empty ones too.
    pub hours: Vec<Hour>,
    /// The LLM calls that were made within its runs.
    pub within: UsageTotals,
    /// Failures, most first.
    pub error_kinds: Vec<ErrorCount>,
    /// The week before; `None` without stored data, or for all time.
    pub baseline: Option<Baseline>,
    /// Recommendations for the tool.
    pub recommendations: Vec<Recommendation>,
}

/// One hour of a tool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hour {
    /// Its start.
    pub start: Timestamp,
    /// Runs.
    pub calls: u64,
    /// Failed ones.
    pub errors: u64,
    /// Durations in nanoseconds.
    pub latency: Sketch,
}

/// Runs of a tool before the time asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Baseline {
    /// Start of the time that is stored of the seven days before.
    pub since: Timestamp,
    /// Start of the requested time.
    pub until: Timestamp,
    /// Runs.
    pub calls: u64,
    /// Failed ones.
    pub errors: u64,
    /// Durations in nanoseconds.
    pub latency: Sketch,
}

/// How a tool does against its baseline.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Change {
    /// Percentage points of success more, or less.
    pub success_points: Option<f64>,
    /// Percent by which the 95th percentile is longer, or shorter.
    pub p95_percent: Option<f64>,
}

impl ToolInsight {
    /// How it does against its baseline; `None` without one.
    pub fn change(&self) -> Option<Change> {
        let before = self.baseline.as_ref()?;
        let p95 = |sketch: &Sketch| sketch.quantile(0.95).filter(|nanos| *nanos > 0.0);
        let rate = |calls, errors| quipu_query::success_rate(calls, errors);
        let success = rate(self.tool.calls, self.tool.errors).zip(rate(before.calls, before.errors));
        let slower = p95(&self.tool.latency).zip(p95(&before.latency));
        Some(Change {
            success_points: success.map(|(now, before)| (now - before) * 100.0),
            p95_percent: slower.map(|(now, before)| (now / before - 1.0) * 100.0),
        })
    }

    /// Output tokens per input token of the calls within it; `None` without input tokens.
    pub fn output_per_input(&self) -> Option<f64> {
        let tokens = &self.within.tokens;
        (tokens.input > 0).then(|| tokens.output as f64 / tokens.input as f64)
    }
}

/// Insights into every tool, most runs first. The filter's model is that of the trace, and applies to runs
/// only: hours, errors and baseline cover all models.
///
/// # Errors
/// The store cannot be read.
pub async fn insights(store: &dyn Store, filter: &TraceFilter, now: Timestamp) -> Result<Vec<ToolInsight>> {
    insights_against(store, filter, now, &BTreeMap::new()).await
}

/// [`insights`], with baselines by hand in place of those of the past week.
async fn insights_against(
    store: &dyn Store,
    filter: &TraceFilter,
    now: Timestamp,
    by_hand: &BTreeMap<CompactString, Baseline>,
) -> Result<Vec<ToolInsight>> {
    let groups = store.tools(filter).await?;
    let runs = without(filter, &[FacetField::Model]);
    let until = filter.until.unwrap_or(now);
    let mut hours = by_hour(store, &runs, until).await?;
    let mut errors = errors(store, &runs).await?;
    let mut within = within(store, &without(filter, &[FacetField::Tool])).await?;
    let mut before = baselines(store, &runs).await?;
    let insight = |tool: ToolGroup| ToolInsight {
        hours: hours.remove(&tool.tool).unwrap_or_else(|| empty_hours(until)),
        error_kinds: errors.remove(&tool.tool).unwrap_or_default(),
        within: within.remove(&tool.tool).unwrap_or_default(),
        baseline: by_hand.get(&tool.tool).cloned().or_else(|| before.remove(&tool.tool)),
        recommendations: Vec::new(),
        tool,
    };
    let mut insights: Vec<ToolInsight> = groups.into_iter().map(insight).collect();
    rules::judge(&mut insights);
    Ok(insights)
}

fn empty_hours(until: Timestamp) -> Vec<Hour> {
    let last = until.plus(-1).floor(Timestamp::HOUR);
    let start = |hour: i64| last.plus((hour - HOURS + 1) * Timestamp::HOUR);
    (0..HOURS).map(|hour| Hour { start: start(hour), ..Hour::default() }).collect()
}

type ByTool<T> = BTreeMap<CompactString, T>;

async fn by_hour(store: &dyn Store, filter: &TraceFilter, until: Timestamp) -> Result<ByTool<Vec<Hour>>> {
    let empty = empty_hours(until);
    let since = empty.first().map(|hour| hour.start);
    let filter = TraceFilter { since, until: Some(until), ..filter.clone() };
    let mut hours: ByTool<Vec<Hour>> = BTreeMap::new();
    for (tool, start, totals) in steps(store, filter, Timestamp::HOUR).await? {
        let of_tool = hours.entry(tool).or_insert_with(|| empty.clone());
        if let Some(hour) = of_tool.iter_mut().find(|hour| hour.start == start) {
            hour.calls += totals.count;
            hour.errors += totals.errors;
            hour.latency.merge(&totals.duration);
        }
    }
    Ok(hours)
}

/// The seven days before the requested time.
async fn baselines(store: &dyn Store, filter: &TraceFilter) -> Result<ByTool<Baseline>> {
    let Some(until) = filter.since else { return Ok(BTreeMap::new()) };
    let since = until.plus(-BASELINE_DAYS * Timestamp::DAY);
    let filter = TraceFilter { since: Some(since), until: Some(until), ..filter.clone() };
    let days = steps(store, filter, Timestamp::DAY).await?;
    let since = days.iter().map(|(_, day, _)| *day).min().unwrap_or(since).max(since);
    let mut before: ByTool<Baseline> = BTreeMap::new();
    for (tool, _, totals) in days {
        let of_tool = before.entry(tool).or_insert_with(|| Baseline { since, until, ..Baseline::default() });
        of_tool.calls += totals.count;
        of_tool.errors += totals.errors;
        of_tool.latency.merge(&totals.duration);
    }
    Ok(before)
}

type Step = (CompactString, Timestamp, quipu_core::WorkTotals);

async fn steps(store: &dyn Store, filter: TraceFilter, width: i64) -> Result<Vec<Step>> {
    let group_by = vec![WorkKey::Tool, WorkKey::Step(width)];
    let query = WorkQuery { of: Worked::Spans(vec![Kind::Tool]), filter, failed: false, group_by };
    let step = |group: quipu_core::WorkGroup| {
        let (mut names, start) = split(group.key);
        Some((names.pop().flatten()?, start?, group.totals))
    };
    Ok(store.work(&query).await?.into_iter().filter_map(step).collect())
}

async fn errors(store: &dyn Store, filter: &TraceFilter) -> Result<ByTool<Vec<ErrorCount>>> {
    let mut errors: ByTool<Vec<ErrorCount>> = BTreeMap::new();
    let keys = [WorkKey::Tool, WorkKey::Error];
    for ([tool, error], totals) in work_by(store, Worked::Spans(vec![Kind::Tool]), filter, true, keys).await?
    {
        if let Some(tool) = tool {
            errors.entry(tool).or_default().push(ErrorCount::of(error, &totals));
        }
    }
    for kinds in errors.values_mut() {
        kinds.sort_by_key(|kind| Reverse(kind.count));
        kinds.truncate(ERROR_KINDS);
    }
    Ok(errors)
}

async fn within(store: &dyn Store, filter: &TraceFilter) -> Result<ByTool<UsageTotals>> {
    let query = UsageQuery { filter: filter.clone(), group_by: vec![GroupBy::Tool] };
    let groups = store.usage(&query).await?.into_iter();
    Ok(groups.filter_map(|group| Some((split(group.key).0.pop().flatten()?, group.totals))).collect())
}
