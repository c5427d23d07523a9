//! Rules for recommendations about tools. `docs/guide/query-language.md` lists every threshold.

use quipu_core::Sketch;
use quipu_query::success_rate;
use serde_json::{Map, Value, json};

use super::ToolInsight;
use crate::parts::ErrorCount;

/// Runs from which rates say something.
const LEAST_CALLS: u64 = 20;
/// Failures from which their kinds say something.
const LEAST_ERRORS: u64 = 5;
/// Percentage points that success must have fallen by.
const FELL_POINTS: f64 = 5.0;
/// Standard errors that make a difference of two rates more than chance: 1.96 for one in twenty.
const STANDARD_ERRORS: f64 = 1.96;
/// Success below which a tool fails often.
const OFTEN: f64 = 0.9;
/// How much longer the 95th percentile must be, and by how many nanoseconds.
const SLOWER: (f64, f64) = (1.5, 100e6);
/// How much longer the 99th percentile is than the median where a few runs are slow, and its least in
/// nanoseconds.
const TAIL: (f64, f64) = (10.0, 1e9);
/// Least runs for a 99th percentile.
const TAIL_CALLS: u64 = 50;
/// Part of the failures that time out, and that one kind makes.
const TIMEOUTS: f64 = 0.2;
const DOMINATES: f64 = 0.6;
/// Part of all runs below which a tool is rarely used, where there are so many tools and runs.
const RARELY: f64 = 0.01;
const RARELY_OF: (usize, u64) = (5, 200);
/// Tokens put out for each taken in by the calls within a tool, and how many at least.
const COSTLY: (f64, u64) = (0.5, 10_000);
/// A flaky tool fails in a third of at least this many hours, and never for a whole hour.
const FLAKY_HOURS: usize = 6;

/// Topic of a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// It succeeds less often than in the week before.
    FailingMore,
    /// It fails more than one time in ten.
    OftenFails,
    /// It takes longer than in the week before.
    Slower,
    /// A few of its runs take far longer than most.
    SlowTail,
    /// Many of its failures are time-outs.
    Timeouts,
    /// It fails now and then, hour after hour.
    Flaky,
    /// Most of its failures are of one kind.
    OneErrorDominates,
    /// The calls within it put out much for what they take in.
    CostlyOutput,
    /// The tool is hardly ever chosen.
    RarelyUsed,
}

impl Rule {
    /// The code for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FailingMore => "failing_more",
            Self::OftenFails => "often_fails",
            Self::Slower => "slower",
            Self::SlowTail => "slow_tail",
            Self::Timeouts => "timeouts",
            Self::Flaky => "flaky",
            Self::OneErrorDominates => "one_error_dominates",
            Self::CostlyOutput => "costly_output",
            Self::RarelyUsed => "rarely_used",
        }
    }
}

/// A remark with the figures that it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    /// Topic of the recommendation.
    pub rule: Rule,
    /// Figures and texts by name.
    pub values: Map<String, Value>,
}

/// Writes the recommendations of all tools.
pub(super) fn judge(insights: &mut [ToolInsight]) {
    let runs: u64 = insights.iter().map(|insight| insight.tool.calls).sum();
    let crowded = insights.len() >= RARELY_OF.0 && runs >= RARELY_OF.1;
    for insight in insights {
        let rarely = crowded.then(|| rarely_used(insight, runs)).flatten();
        let found = [
            failing_more(insight),
            often_fails(insight),
            slower(insight),
            slow_tail(insight),
            timeouts(insight),
            flaky(insight),
            one_error(insight),
            costly(insight),
            rarely,
        ];
        insight.recommendations = found.into_iter().flatten().collect();
    }
}

fn remark(rule: Rule, values: Value) -> Option<Recommendation> {
    match values {
        Value::Object(values) => Some(Recommendation { rule, values }),
        _ => None,
    }
}

fn millis(sketch: &Sketch, quantile: f64) -> Option<f64> {
    sketch.quantile(quantile).map(|nanos| nanos / 1e6)
}

/// A fall that is large enough to matter and larger than chance: a test of two proportions.
fn failing_more(insight: &ToolInsight) -> Option<Recommendation> {
    let (tool, before) = (&insight.tool, insight.baseline.as_ref()?);
    let (now, then) = (success_rate(tool.calls, tool.errors)?, success_rate(before.calls, before.errors)?);
    if tool.calls < LEAST_CALLS || before.calls < LEAST_CALLS || (then - now) * 100.0 < FELL_POINTS {
        return None;
    }
    let (calls, calls_then) = (tool.calls as f64, before.calls as f64);
    let both = (now * calls + then * calls_then) / (calls + calls_then);
    let error = (both * (1.0 - both) * (1.0 / calls + 1.0 / calls_then)).sqrt();
    if then - now < STANDARD_ERRORS * error {
        return None;
    }
    let values = json!({"success_rate": now, "baseline_success_rate": then, "points": (now - then) * 100.0});
    remark(Rule::FailingMore, values)
}

fn often_fails(insight: &ToolInsight) -> Option<Recommendation> {
    let tool = &insight.tool;
    let rate =
        success_rate(tool.calls, tool.errors).filter(|rate| tool.calls >= LEAST_CALLS && *rate < OFTEN)?;
    remark(Rule::OftenFails, json!({"success_rate": rate, "calls": tool.calls, "errors": tool.errors}))
}

fn slower(insight: &ToolInsight) -> Option<Recommendation> {
    let (tool, before) = (&insight.tool, insight.baseline.as_ref()?);
    let (now, then) = (tool.latency.quantile(0.95)?, before.latency.quantile(0.95)?);
    let enough = tool.calls >= LEAST_CALLS && before.calls >= LEAST_CALLS;
    if !enough || now < then * SLOWER.0 || now - then < SLOWER.1 {
        return None;
    }
    let percent = (then > 0.0).then(|| (now / then - 1.0) * 100.0);
    remark(Rule::Slower, json!({"p95_ms": now / 1e6, "baseline_p95_ms": then / 1e6, "percent": percent}))
}

fn slow_tail(insight: &ToolInsight) -> Option<Recommendation> {
    let latency = &insight.tool.latency;
    let (p50, p99) = (latency.quantile(0.5)?, latency.quantile(0.99)?);
    if latency.count() < TAIL_CALLS || p99 < TAIL.1 || p99 < p50 * TAIL.0 {
        return None;
    }
    remark(Rule::SlowTail, json!({"p50_ms": p50 / 1e6, "p99_ms": p99 / 1e6}))
}

fn timeouts(insight: &ToolInsight) -> Option<Recommendation> {
    let tool = &insight.tool;
    let count: u64 = insight.error_kinds.iter().filter(|kind| is_timeout(kind)).map(|kind| kind.count).sum();
    let many = count >= LEAST_ERRORS && count as f64 >= tool.errors as f64 * TIMEOUTS;
    if !many {
        return None;
    }
    remark(
        Rule::Timeouts,
        json!({"timeouts": count, "errors": tool.errors, "p99_ms": millis(&tool.latency, 0.99)}),
    )
}

fn is_timeout(kind: &ErrorCount) -> bool {
    let text = kind.error.as_deref().unwrap_or_default().to_lowercase();
    ["timeout", "timed out", "time-out", "deadline exceeded", "etimedout"]
        .iter()
        .any(|word| text.contains(word))
}

fn flaky(insight: &ToolInsight) -> Option<Recommendation> {
    let active: Vec<_> = insight.hours.iter().filter(|hour| hour.calls > 0).collect();
    let failing = active.iter().filter(|hour| hour.errors > 0).count();
    let broken = active.iter().any(|hour| hour.calls > 1 && hour.errors == hour.calls);
    let enough = active.len() >= FLAKY_HOURS && insight.tool.calls >= LEAST_CALLS;
    if !enough || broken || failing * 3 < active.len() {
        return None;
    }
    remark(Rule::Flaky, json!({"failing_hours": failing, "active_hours": active.len()}))
}

fn one_error(insight: &ToolInsight) -> Option<Recommendation> {
    let errors: u64 = insight.error_kinds.iter().map(|kind| kind.count).sum();
    let first = insight.error_kinds.first()?;
    let part = first.count as f64 / errors.max(1) as f64;
    if errors < LEAST_ERRORS || part < DOMINATES {
        return None;
    }
    let example = first.example.map(|id| id.to_string());
    let values = json!({"error": first.error.as_deref(), "count": first.count, "errors": errors, "part": part, "trace_id": example});
    remark(Rule::OneErrorDominates, values)
}

fn costly(insight: &ToolInsight) -> Option<Recommendation> {
    let tokens = &insight.within.tokens;
    let ratio = insight.output_per_input().filter(|ratio| *ratio >= COSTLY.0 && tokens.output >= COSTLY.1)?;
    let cost = insight.within.cost.map(|cost| cost.to_string());
    let values = json!({"output_per_input": ratio, "output_tokens": tokens.output, "input_tokens": tokens.input, "cost_usd": cost});
    remark(Rule::CostlyOutput, values)
}

fn rarely_used(insight: &ToolInsight, runs: u64) -> Option<Recommendation> {
    let part = insight.tool.calls as f64 / runs.max(1) as f64;
    if part >= RARELY {
        return None;
    }
    remark(Rule::RarelyUsed, json!({"calls": insight.tool.calls, "all_calls": runs, "part": part}))
}
