//! Queries for metric series.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{Instrument, Temporality, Timestamp};

/// A stored metric.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricName {
    /// Name.
    pub name: CompactString,
    /// Unit.
    pub unit: CompactString,
    /// Description.
    pub description: String,
    /// Instrument.
    pub instrument: Instrument,
    /// Number of series.
    pub series: u64,
    /// Time of the last point.
    pub last_at: Timestamp,
}

/// Aggregation of the points of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum MetricAggregate {
    /// Mean of the values; for a distribution, of its observations.
    #[default]
    Average,
    /// Sum of the changes within the step: deltas as they are, cumulative sums by their growth, with resets
    /// handled.
    Sum,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Number of observations or points.
    Count,
    /// Last value; for merged series, the value of the latest point.
    Last,
    /// Median of a distribution's buckets.
    P50,
    /// 95th percentile of a distribution's buckets.
    P95,
    /// 99th percentile of a distribution's buckets.
    P99,
}

/// A query for series.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricQuery {
    /// Metric.
    pub name: String,
    /// Labels that must match.
    pub labels: BTreeMap<String, String>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Width of a step in nanoseconds; at least one second.
    pub step: i64,
    /// Aggregation of the points of a step.
    pub aggregate: MetricAggregate,
    /// Labels by which series are merged: series with equal values of all of these are answered as one,
    /// without other labels. `None` merges nothing; an empty list merges all series into one.
    pub group_by: Option<Vec<String>>,
}

impl MetricQuery {
    /// All series of a metric, each with one figure over all time.
    pub fn of(name: impl Into<String>, aggregate: MetricAggregate) -> Self {
        Self {
            name: name.into(),
            labels: BTreeMap::new(),
            since: None,
            until: None,
            step: i64::MAX,
            aggregate,
            group_by: None,
        }
    }
}

/// One series, or several merged ones.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSeries {
    /// Labels, sorted.
    pub labels: BTreeMap<CompactString, String>,
    /// Time range of its points when sent.
    pub temporality: Temporality,
    /// Start of each step with its figure, in order; steps without a point are left out.
    pub points: Vec<(Timestamp, f64)>,
}

/// Memory of a node of a map of labels. A node has 11 labels, and 6 or more if the map has several.
const LABEL_NODE: usize = 11 * (size_of::<CompactString>() + size_of::<String>()) + 16;

impl MetricSeries {
    /// Memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        let texts: usize = self.labels.iter().map(|(key, value)| key.len() + value.len()).sum();
        let nodes = self.labels.len().div_ceil(6);
        size_of::<Self>() + nodes * LABEL_NODE + texts + self.points.len() * size_of::<(Timestamp, f64)>()
    }
}
