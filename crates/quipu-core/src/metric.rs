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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

/// One side of an exponential histogram as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExponentialSide {
    /// Index of the first bucket.
    pub offset: i32,
    /// Observations by bucket.
    pub counts: Vec<u64>,
}

/// An exponential histogram's figures as sent: bounds alone do not tell them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Exponential {
    /// Base 2 to the power of 2 to the power of minus this.
    pub scale: i32,
    /// Observations around zero.
    pub zero_count: u64,
    /// How wide that is.
    pub zero_threshold: f64,
    /// Buckets above zero.
    pub positive: Option<ExponentialSide>,
    /// Buckets below zero.
    pub negative: Option<ExponentialSide>,
}

/// What OTLP says of a point that Quipu itself does not read: for those who pass points on. Stores need not keep it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PointWire {
    /// The value, where it was sent as an integer.
    pub integer: Option<i64>,
    /// Flags.
    pub flags: u32,
    /// Whether it had no time of its own: [`Point::time`] is then the time at which it came.
    pub timeless: bool,
    /// Whether a histogram came without a sum.
    pub without_sum: bool,
    /// An exponential histogram as sent.
    pub exponential: Option<Box<Exponential>>,
    /// Metadata of the metric, on its first point.
    pub metadata: Attributes,
    /// The exemplars as sent, where [`Point::exemplars`] tells less.
    pub exemplars: Vec<ExemplarWire>,
}

/// An exemplar as sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExemplarWire {
    /// When; zero when not said.
    pub time: Timestamp,
    /// What was observed, as a double.
    pub double: Option<f64>,
    /// What was observed, as an integer.
    pub integer: Option<i64>,
    /// The trace, when there is one.
    pub trace_id: Option<TraceId>,
    /// The span, when there is one.
    pub span_id: Option<SpanId>,
    /// Attributes that the series does not have.
    pub attributes: Attributes,
}

/// One point of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// What else was sent; `None` when nothing was.
    pub wire: Option<Box<PointWire>>,
}

/// Points of one metric of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
