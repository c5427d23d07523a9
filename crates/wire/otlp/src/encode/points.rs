//! Encodes the four kinds of metric points.

use opentelemetry_proto::tonic::metrics::v1::exemplar::Value as Observed;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint,
};
use quipu_core::{
    Bucket, ExemplarWire, Exponential, ExponentialSide, Point, PointValue, PointWire, Quantile,
};

use super::attributes::pairs;
use super::nanos;

/// The figures of a distribution; a plain number is one observation.
struct Distribution<'a> {
    count: u64,
    sum: f64,
    min: Option<f64>,
    max: Option<f64>,
    buckets: &'a [Bucket],
    quantiles: &'a [Quantile],
}

fn parts(point: &Point) -> Distribution<'_> {
    match &point.value {
        PointValue::Number(value) => {
            Distribution { count: 1, sum: *value, min: None, max: None, buckets: &[], quantiles: &[] }
        }
        PointValue::Distribution { count, sum, min, max, buckets, quantiles } => {
            Distribution { count: *count, sum: *sum, min: *min, max: *max, buckets, quantiles }
        }
    }
}

fn sent(point: &Point) -> Option<&PointWire> {
    point.wire.as_deref()
}

fn flags(point: &Point) -> u32 {
    sent(point).map_or(0, |sent| sent.flags)
}

/// Start and time of a point.
fn times(point: &Point) -> (u64, u64) {
    let timeless = sent(point).is_some_and(|sent| sent.timeless);
    (point.start.map(nanos).unwrap_or_default(), if timeless { 0 } else { nanos(point.time) })
}

fn sum(point: &Point, sum: f64) -> Option<f64> {
    (!sent(point).is_some_and(|sent| sent.without_sum)).then_some(sum)
}

pub(super) fn number(point: &Point) -> NumberDataPoint {
    let (start_time_unix_nano, time_unix_nano) = times(point);
    let value = match (sent(point).and_then(|sent| sent.integer), &point.value) {
        (Some(integer), _) => Number::AsInt(integer),
        (None, PointValue::Number(value) | PointValue::Distribution { sum: value, .. }) => {
            Number::AsDouble(*value)
        }
    };
    NumberDataPoint {
        attributes: pairs(point.attributes.iter().as_slice()),
        start_time_unix_nano,
        time_unix_nano,
        exemplars: exemplars(point),
        flags: flags(point),
        value: Some(value),
    }
}

pub(super) fn histogram(point: &Point) -> HistogramDataPoint {
    let (start_time_unix_nano, time_unix_nano) = times(point);
    let parts = parts(point);
    let (explicit_bounds, bucket_counts) = buckets(parts.buckets);
    HistogramDataPoint {
        attributes: pairs(point.attributes.iter().as_slice()),
        start_time_unix_nano,
        time_unix_nano,
        count: parts.count,
        sum: sum(point, parts.sum),
        bucket_counts,
        explicit_bounds,
        exemplars: exemplars(point),
        flags: flags(point),
        min: parts.min,
        max: parts.max,
    }
}

/// Bounds and counts. There is one more count than bounds: the last bucket has no upper bound on the wire.
fn buckets(buckets: &[Bucket]) -> (Vec<f64>, Vec<u64>) {
    let mut counts: Vec<u64> = buckets.iter().map(|bucket| bucket.count).collect();
    match buckets.split_last() {
        Some((last, lower)) if last.upper == f64::INFINITY => {
            (lower.iter().map(|bucket| bucket.upper).collect(), counts)
        }
        Some(_) => {
            counts.push(0);
            (buckets.iter().map(|bucket| bucket.upper).collect(), counts)
        }
        None => (Vec::new(), counts),
    }
}

pub(super) fn exponential(point: &Point) -> ExponentialHistogramDataPoint {
    let (start_time_unix_nano, time_unix_nano) = times(point);
    let parts = parts(point);
    let side = |side: &ExponentialSide| Buckets { offset: side.offset, bucket_counts: side.counts.clone() };
    let unknown = Exponential::default();
    let figures = sent(point).and_then(|sent| sent.exponential.as_deref()).unwrap_or(&unknown);
    ExponentialHistogramDataPoint {
        attributes: pairs(point.attributes.iter().as_slice()),
        start_time_unix_nano,
        time_unix_nano,
        count: parts.count,
        sum: sum(point, parts.sum),
        scale: figures.scale,
        zero_count: figures.zero_count,
        positive: figures.positive.as_ref().map(side),
        negative: figures.negative.as_ref().map(side),
        flags: flags(point),
        exemplars: exemplars(point),
        min: parts.min,
        max: parts.max,
        zero_threshold: figures.zero_threshold,
    }
}

pub(super) fn summary(point: &Point) -> SummaryDataPoint {
    let (start_time_unix_nano, time_unix_nano) = times(point);
    let parts = parts(point);
    let quantile = |at: &Quantile| ValueAtQuantile { quantile: at.quantile, value: at.value };
    SummaryDataPoint {
        attributes: pairs(point.attributes.iter().as_slice()),
        start_time_unix_nano,
        time_unix_nano,
        count: parts.count,
        sum: parts.sum,
        quantile_values: parts.quantiles.iter().map(quantile).collect(),
        flags: flags(point),
    }
}

/// The exemplars as sent, else those with known spans.
fn exemplars(point: &Point) -> Vec<Exemplar> {
    match sent(point) {
        Some(sent) if !sent.exemplars.is_empty() => sent.exemplars.iter().map(exemplar).collect(),
        _ => {
            let known = |known: &quipu_core::Exemplar| Exemplar {
                filtered_attributes: Vec::new(),
                time_unix_nano: nanos(known.time),
                span_id: known.span_id.as_bytes().to_vec(),
                trace_id: known.trace_id.as_bytes().to_vec(),
                value: Some(Observed::AsDouble(known.value)),
            };
            point.exemplars.iter().map(known).collect()
        }
    }
}

fn exemplar(sent: &ExemplarWire) -> Exemplar {
    Exemplar {
        filtered_attributes: pairs(sent.attributes.iter().as_slice()),
        time_unix_nano: nanos(sent.time),
        span_id: sent.span_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        trace_id: sent.trace_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        value: sent.integer.map(Observed::AsInt).or(sent.double.map(Observed::AsDouble)),
    }
}
