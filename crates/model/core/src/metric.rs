//! Metric points as they were sent.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Attributes, Resource, Scope, SpanId, Timestamp, TraceId};

/// Instrument type of a metric.
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

/// Time range of a sum's or histogram's point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temporality {
    /// Unknown, or without meaning for the instrument.
    #[default]
    Unspecified,
    /// Since the previous point.
    Delta,
    /// Since the start of the series.
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
    /// Value of gauges and sums.
    Number(f64),
    /// Distribution of histograms and summaries; exponential histograms have computed bounds.
    Distribution {
        /// Observations.
        count: u64,
        /// Their sum.
        sum: f64,
        /// Smallest observation, if sent.
        min: Option<f64>,
        /// Largest observation, if sent.
        max: Option<f64>,
        /// Buckets with rising bounds; empty for summaries.
        buckets: Vec<Bucket>,
        /// Quantiles of summaries.
        quantiles: Vec<Quantile>,
    },
}

/// One observation in a point, with its span.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exemplar {
    /// Time of the observation.
    pub time: Timestamp,
    /// Observed value.
    pub value: f64,
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
}

/// One sign range of an exponential histogram as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExponentialSide {
    /// Index of the first bucket.
    pub offset: i32,
    /// Observations by bucket.
    pub counts: Vec<u64>,
}

/// An exponential histogram's figures as sent; they cannot be derived from the bounds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Exponential {
    /// Scale: the base is 2 to the power of 2 to the power of minus this.
    pub scale: i32,
    /// Observations around zero.
    pub zero_count: u64,
    /// Width of the zero bucket.
    pub zero_threshold: f64,
    /// Buckets above zero.
    pub positive: Option<ExponentialSide>,
    /// Buckets below zero.
    pub negative: Option<ExponentialSide>,
}

/// OTLP fields of a point that Quipu does not use, kept for exporters. Stores need not keep them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PointWire {
    /// The value, if it was sent as an integer.
    pub integer: Option<i64>,
    /// Flags.
    pub flags: u32,
    /// Whether it had no time of its own: [`Point::time`] is then the time of arrival.
    pub timeless: bool,
    /// Whether a histogram came without a sum.
    pub without_sum: bool,
    /// An exponential histogram as sent.
    pub exponential: Option<Box<Exponential>>,
    /// Metadata of the metric, on its first point.
    pub metadata: Attributes,
    /// The exemplars as sent, if [`Point::exemplars`] lacks details.
    pub exemplars: Vec<ExemplarWire>,
}

/// An exemplar as sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExemplarWire {
    /// Time; zero if it was not sent.
    pub time: Timestamp,
    /// Observed value as a double.
    pub double: Option<f64>,
    /// Observed value as an integer.
    pub integer: Option<i64>,
    /// The trace, if sent.
    pub trace_id: Option<TraceId>,
    /// The span, if sent.
    pub span_id: Option<SpanId>,
    /// Attributes that the series does not have.
    pub attributes: Attributes,
}

/// One point of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Time of the point.
    pub time: Timestamp,
    /// Start of the series, or of this delta.
    pub start: Option<Timestamp>,
    /// Labels.
    pub attributes: Attributes,
    /// Figures.
    pub value: PointValue,
    /// Observations with their spans, for exporters that link figures to traces; stores need not keep them.
    pub exemplars: Vec<Exemplar>,
    /// Further OTLP fields; `None` if none were sent.
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
    /// Time range of a point.
    pub temporality: Temporality,
    /// Points, in the order sent.
    pub points: Vec<Point>,
    /// Source of the metric.
    pub resource: Arc<Resource>,
    /// Source instrumentation.
    pub scope: Arc<Scope>,
}
