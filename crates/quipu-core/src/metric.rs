//! Metric points as they were sent.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Attributes, Resource, Scope, SpanId, Timestamp, TraceId};

/// What kind of instrument a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    /// A value at a time.
    Gauge,
    /// A sum that only grows.
    Counter,
    /// A sum that goes up and down.
    UpDownCounter,
    /// A distribution in buckets with explicit bounds.
    Histogram,
    /// A distribution in exponential buckets.
    ExponentialHistogram,
    /// A distribution in quantiles computed by the source.
    Summary,
}

/// What a sum's or histogram's point covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temporality {
    /// Not said, or without meaning for the instrument.
    #[default]
    Unspecified,
    /// Since the point before.
    Delta,
    /// Since the series began.
    Cumulative,
}

/// Observations up to an upper bound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Upper bound, inclusive; infinite for the last.
    pub upper: f64,
    /// Observations in this bucket alone.
    pub count: u64,
}

/// A quantile computed by the source.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// 0 to 1.
    pub quantile: f64,
    /// Value at it.
    pub value: f64,
}

/// A point's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PointValue {
    /// Of gauges and sums.
    Number(f64),
    /// Of histograms, exponential ones with their bounds computed, and summaries.
    Distribution {
        /// Observations.
        count: u64,
        /// Their sum.
        sum: f64,
        /// The least, when sent.
        min: Option<f64>,
        /// The greatest, when sent.
        max: Option<f64>,
        /// Buckets with rising bounds; empty for summaries.
        buckets: Vec<Bucket>,
        /// Quantiles of summaries.
        quantiles: Vec<Quantile>,
    },
}

/// One observation that a point includes, with the span that it was made in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    /// When.
    pub time: Timestamp,
    /// What was observed.
    pub value: f64,
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
}

/// One point of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// When.
    pub time: Timestamp,
    /// When the series, or this delta, began.
    pub start: Option<Timestamp>,
    /// Labels.
    pub attributes: Attributes,
    /// Figures.
    pub value: PointValue,
    /// Observations with their spans, for those who link figures to traces; stores need not keep them.
    pub exemplars: Vec<Exemplar>,
}

/// Points of one metric of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Name as sent.
    pub name: CompactString,
    /// Unit as sent.
    pub unit: CompactString,
    /// Description as sent.
    pub description: String,
    /// Instrument.
    pub instrument: Instrument,
    /// What a point covers.
    pub temporality: Temporality,
    /// Points, in the order sent.
    pub points: Vec<Point>,
    /// What produced it.
    pub resource: Arc<Resource>,
    /// Which instrumentation produced it.
    pub scope: Arc<Scope>,
}
