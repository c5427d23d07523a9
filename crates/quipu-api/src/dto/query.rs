//! Figures by group and over time.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Sketch, Usd};
use quipu_insight::figures;
use quipu_query::{Bins, FigureAsk, millis, spread};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Tokens, name};

/// How durations are spread, in milliseconds. The mean is exact, all else within one percent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spread {
    /// Mean.
    pub avg: f64,
    /// Least.
    pub min: f64,
    /// A quarter is at most this.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// Three quarters are at most this.
    pub p75: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Greatest.
    pub max: f64,
    /// Pairs of an upper bound in milliseconds and a count. Each count covers the values up to its bound and
    /// above the previous bound. There are at most 64 pairs, from the first to the last non-empty one; all
    /// histograms of an answer share their bounds. Only present if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Vec<f64>>>)]
    pub histogram: Option<Vec<(f64, u64)>>,
}

impl Spread {
    /// Converts a sketch of nanoseconds; `None` when it is empty.
    pub(crate) fn of(sketch: &Sketch, bins: Option<Bins>) -> Option<Self> {
        let quipu_query::Spread { avg, min, p25, p50, p75, p95, p99, max } = spread(sketch)?;
        let histogram = bins.map(|bins| bins.counts(sketch));
        Some(Self { avg, min, p25, p50, p75, p95, p99, max, histogram })
    }
}

/// Sums over records, and the spread of their durations. A figure that the source does not have is 0 or null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// Records; of a metric observations.
    pub count: u64,
    /// Failed ones; of events those of level error or above.
    pub errors: u64,
    /// Those without an end.
    pub running: u64,
    /// Guardrails that were triggered.
    pub triggered: u64,
    /// Tokens; only of calls.
    pub tokens: Option<Tokens>,
    /// Computed cost of the priced calls that are metered; null when there are none.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of calls under a subscription; not part of `cost_usd`.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Calls with usage but without a price.
    pub unpriced_calls: u64,
    /// Durations of ended records; null without any.
    pub latency_ms: Option<Spread>,
    /// Time until the first token, of calls that say so.
    pub ttft_ms: Option<Spread>,
    /// Value of a metric; null for all else.
    pub value: Option<f64>,
    /// Start of the latest record; null when unknown.
    pub last_at: Option<String>,
    /// A trace of such a record, preferably of a failed one.
    pub trace_id: Option<String>,
}

/// Bounds of the histograms of an answer.
#[derive(Clone, Copy, Default)]
struct Grid {
    latency: Option<Bins>,
    first_token: Option<Bins>,
}

impl Figures {
    fn new(from: &figures::Figures, grid: Grid) -> Self {
        Self {
            count: from.count,
            errors: from.errors,
            running: from.running,
            triggered: from.triggered,
            tokens: from.tokens.map(Into::into),
            cost_usd: from.cost,
            subscription_usd: from.subscription,
            unpriced_calls: from.unpriced_calls,
            latency_ms: Spread::of(&from.latency, grid.latency),
            ttft_ms: Spread::of(&from.first_token, grid.first_token),
            value: from.value,
            last_at: from.last_at.map(|at| at.to_string()),
            trace_id: from.example.map(|id| id.to_string()),
        }
    }
}

/// Figures of one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FigurePoint {
    /// Start of the step.
    pub start: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of one group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FigureGroup {
    /// One entry for each key of `group_by`; null where the records name none.
    pub key: BTreeMap<String, Option<String>>,
    /// Figures of the whole time.
    #[serde(flatten)]
    pub figures: Figures,
    /// Steps with records, in order; empty if no steps were requested.
    pub points: Vec<FigurePoint>,
}

/// Figures over all groups.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FigureTotal {
    /// Figures of the whole time.
    #[serde(flatten)]
    pub figures: Figures,
    /// Steps that have any records, in order.
    pub points: Vec<FigurePoint>,
}

/// Figures by group and over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueryAnswer {
    /// Source of the figures.
    pub from: String,
    /// Start of the time; null for all that is stored.
    pub since: Option<String>,
    /// Its end.
    pub until: String,
    /// Width of a step in milliseconds; null when there are no points.
    pub step_ms: Option<f64>,
    /// Keys of the groups; of a metric the labels that its series have.
    pub group_by: Vec<String>,
    /// Groups, the largest first; without keys one of all.
    pub groups: Vec<FigureGroup>,
    /// Over all groups, also those that are left out.
    pub total: FigureTotal,
    /// Groups beyond `top`; with `truncated` there are more.
    pub left_out: u64,
    /// True when there were more groups than fit into memory (limit `group_bytes`): these are the first by
    /// their keys. The total is of all. Absent when it is false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl QueryAnswer {
    /// Converts the answer to a query.
    pub(crate) fn new(ask: &FigureAsk, from: &figures::Answer) -> Self {
        let grid = |wanted: bool| Grid {
            latency: wanted.then(|| Bins::of(&from.total.figures.latency)).flatten(),
            first_token: wanted.then(|| Bins::of(&from.total.figures.first_token)).flatten(),
        };
        let grid = grid(ask.histogram);
        Self {
            from: ask.source.word().to_owned(),
            since: from.since.map(|since| since.to_string()),
            until: from.until.to_string(),
            step_ms: from.step.map(millis),
            group_by: from.keys.iter().map(ToString::to_string).collect(),
            groups: from.groups.iter().map(|group| FigureGroup::new(&from.keys, group, grid)).collect(),
            total: FigureTotal {
                figures: Figures::new(&from.total.figures, grid),
                points: points(&from.total, grid),
            },
            left_out: u64::try_from(from.left_out).unwrap_or(u64::MAX),
            truncated: from.truncated,
        }
    }
}

impl FigureGroup {
    fn new(keys: &[CompactString], from: &figures::Group, grid: Grid) -> Self {
        let named = keys.iter().zip(&from.key).map(|(key, value)| (key.to_string(), name(value.as_ref())));
        Self { key: named.collect(), figures: Figures::new(&from.figures, grid), points: points(from, grid) }
    }
}

fn points(from: &figures::Group, grid: Grid) -> Vec<FigurePoint> {
    let point = |(start, figures): &(quipu_core::Timestamp, figures::Figures)| FigurePoint {
        start: start.to_string(),
        figures: Figures::new(figures, grid),
    };
    from.points.iter().map(point).collect()
}
