//! Figures by group and over time.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Sketch, Usd};
use quipu_insight::figures;
use quipu_query::{Bins, FigureAsk, millis, spread};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Tokens, name};

/// Distribution of durations in milliseconds. The mean is exact; all other figures are accurate to one
/// percent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spread {
    /// Mean.
    pub avg: f64,
    /// Minimum.
    pub min: f64,
    /// 25th percentile.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// 75th percentile.
    pub p75: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Maximum.
    pub max: f64,
    /// Pairs of an upper bound in milliseconds and a count. Each count covers the values up to its bound and
    /// above the previous bound. There are at most 64 pairs, from the first to the last non-empty one; all
    /// histograms of an answer share their bounds. Only present if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Vec<f64>>>)]
    pub histogram: Option<Vec<(f64, u64)>>,
}

impl Spread {
    /// Converts a sketch of nanoseconds; `None` for an empty one.
    pub(crate) fn of(sketch: &Sketch, bins: Option<Bins>) -> Option<Self> {
        let quipu_query::Spread { avg, min, p25, p50, p75, p95, p99, max } = spread(sketch)?;
        let histogram = bins.map(|bins| bins.counts(sketch));
        Some(Self { avg, min, p25, p50, p75, p95, p99, max, histogram })
    }
}

/// Totals of records, and the distribution of their durations. A figure that the source does not have is 0 or
/// null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// Number of records; for a metric, of observations.
    pub count: u64,
    /// Failed records; for events, those of level error or above.
    pub errors: u64,
    /// Records without an end.
    pub running: u64,
    /// Triggered guardrails.
    pub triggered: u64,
    /// Tokens; for calls only.
    pub tokens: Option<Tokens>,
    /// Computed cost of the priced, metered calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of calls under a subscription. `cost_usd` excludes it.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Calls with usage but without a price.
    pub unpriced_calls: u64,
    /// Durations of ended records; null without any.
    pub latency_ms: Option<Spread>,
    /// Time to the first token, for calls that report it.
    pub ttft_ms: Option<Spread>,
    /// Value of a metric; null for other sources.
    pub value: Option<f64>,
    /// Start of the latest record; null if unknown.
    pub last_at: Option<String>,
    /// Trace of one of the records, preferably a failed one.
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
    /// One entry for each key of `group_by`; null if the records have none.
    pub key: BTreeMap<String, Option<String>>,
    /// Figures of the whole time range.
    #[serde(flatten)]
    pub figures: Figures,
    /// Steps with records, in order; empty without steps.
    pub points: Vec<FigurePoint>,
}

/// Figures over all groups.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FigureTotal {
    /// Figures of the whole time range.
    #[serde(flatten)]
    pub figures: Figures,
    /// Steps with records, in order.
    pub points: Vec<FigurePoint>,
}

/// Figures by group and over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueryAnswer {
    /// Source of the figures.
    pub from: String,
    /// Start of the time range; null for all stored data.
    pub since: Option<String>,
    /// End of the time range.
    pub until: String,
    /// Width of a step in milliseconds; null without steps.
    pub step_ms: Option<f64>,
    /// Keys of the groups; for a metric, the labels of its series.
    pub group_by: Vec<String>,
    /// Groups, largest first; without keys, one group of all records.
    pub groups: Vec<FigureGroup>,
    /// Figures over all groups, including omitted ones.
    pub total: FigureTotal,
    /// Number of groups beyond `top`; a lower bound if `truncated`.
    pub left_out: u64,
    /// True if there were more groups than fit into memory (limit `group_bytes`). The answer then has the
    /// first groups by their keys. `total` covers all records. Omitted if false.
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
