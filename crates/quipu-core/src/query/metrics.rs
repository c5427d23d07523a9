//! Questions for metric series.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{Instrument, Temporality, Timestamp};

/// A metric that is stored.
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
    /// Series.
    pub series: u64,
    /// Time of the last point.
    pub last_at: Timestamp,
}

/// How the points of a step become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum MetricAggregate {
    /// Mean of the values; of a distribution, of its observations.
    #[default]
    Average,
    /// Sum of the changes within the step: deltas as they are, cumulative sums by their growth, resets respected.
    Sum,
    /// Least.
    Min,
    /// Greatest.
    Max,
    /// Number of observations or points.
    Count,
    /// Last value; of series that are put together the value of the latest point.
    Last,
    /// Median of a distribution's buckets.
    P50,
    /// 95th percentile of a distribution's buckets.
    P95,
    /// 99th percentile of a distribution's buckets.
    P99,
}

/// A question for series.
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
    /// How the points of a step become one.
    pub aggregate: MetricAggregate,
    /// Labels by which series are put together: those with the same values of all of these are answered as one, with no other
    /// labels. `None` leaves each series by itself, an empty list makes one of all.
    pub group_by: Option<Vec<String>>,
}

/// One series, or those that were put together.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSeries {
    /// Labels, sorted.
    pub labels: BTreeMap<CompactString, String>,
    /// What its points covered when sent.
    pub temporality: Temporality,
    /// Start of step and figure, in order; steps without a point are left out.
    pub points: Vec<(Timestamp, f64)>,
}
