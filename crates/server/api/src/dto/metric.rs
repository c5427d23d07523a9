//! Metrics and their series.

use std::collections::BTreeMap;

use quipu_core::Instrument;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stored metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MetricName {
    /// Name as sent.
    pub name: String,
    /// Unit as sent; empty without one.
    pub unit: String,
    /// Description as sent; empty without one.
    pub description: String,
    /// `gauge`, `counter`, `up_down_counter`, `histogram`, `exponential_histogram` or `summary`.
    pub instrument: String,
    /// Number of stored series.
    pub series: u64,
    /// Time of the latest point.
    pub last_at: String,
}

impl From<&quipu_core::MetricName> for MetricName {
    fn from(metric: &quipu_core::MetricName) -> Self {
        Self {
            name: metric.name.to_string(),
            unit: metric.unit.to_string(),
            description: metric.description.clone(),
            instrument: instrument(metric.instrument).to_owned(),
            series: metric.series,
            last_at: metric.last_at.to_string(),
        }
    }
}

const fn instrument(instrument: Instrument) -> &'static str {
    match instrument {
        Instrument::Gauge => "gauge",
        Instrument::Counter => "counter",
        Instrument::UpDownCounter => "up_down_counter",
        Instrument::Histogram => "histogram",
        Instrument::ExponentialHistogram => "exponential_histogram",
        Instrument::Summary => "summary",
    }
}

/// All stored metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MetricsAnswer {
    /// Metrics.
    pub metrics: Vec<MetricName>,
    /// True if the limit `group_bytes` omitted further rows. Omitted if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricSeries {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Pairs of a step's start and its figure, in order. A figure that is not a number is null; empty steps
    /// are omitted.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    pub points: Vec<(String, Option<f64>)>,
}

impl From<&quipu_core::MetricSeries> for MetricSeries {
    fn from(series: &quipu_core::MetricSeries) -> Self {
        let labels = series.labels.iter().map(|(key, value)| (key.to_string(), value.clone()));
        let points = series.points.iter();
        Self {
            labels: labels.collect(),
            points: points
                .map(|(at, figure)| (at.to_string(), figure.is_finite().then_some(*figure)))
                .collect(),
        }
    }
}

/// Series of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeriesAnswer {
    /// Series that match the labels.
    pub series: Vec<MetricSeries>,
    /// True if the limit `group_bytes` omitted further rows. Omitted if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}
