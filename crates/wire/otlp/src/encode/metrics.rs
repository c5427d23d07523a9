//! Encodes metrics and their points.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{self as wire, AggregationTemporality, metric::Data};
use quipu_core::{Instrument, Metric, Point, PointWire, Temporality};

use super::attributes::pairs;
use super::points::{exponential, histogram, number, summary};
use super::{by_resource, by_scope};

pub(super) fn request(metrics: &[Metric]) -> ExportMetricsServiceRequest {
    let per_resource = |(resource, schema_url, metrics)| wire::ResourceMetrics {
        resource,
        scope_metrics: by_scope(metrics)
            .map(|(scope, schema_url, metrics)| wire::ScopeMetrics {
                scope,
                metrics: metrics.iter().map(metric).collect(),
                schema_url,
            })
            .collect(),
        schema_url,
    };
    ExportMetricsServiceRequest { resource_metrics: by_resource(metrics).map(per_resource).collect() }
}

fn metric(metric: &Metric) -> wire::Metric {
    let metadata = metric.points.first().and_then(|point| point.wire.as_deref()).map(|sent| &sent.metadata);
    wire::Metric {
        name: metric.name.to_string(),
        description: metric.description.clone(),
        unit: metric.unit.to_string(),
        metadata: metadata.map(|metadata| pairs(metadata.iter().as_slice())).unwrap_or_default(),
        data: Some(data(metric)),
    }
}

fn data(metric: &Metric) -> Data {
    let aggregation_temporality = temporality(metric.temporality).into();
    let points = &metric.points;
    match metric.instrument {
        Instrument::Gauge => Data::Gauge(wire::Gauge { data_points: points.iter().map(number).collect() }),
        Instrument::Counter | Instrument::UpDownCounter => Data::Sum(wire::Sum {
            data_points: points.iter().map(number).collect(),
            aggregation_temporality,
            is_monotonic: metric.instrument == Instrument::Counter,
        }),
        Instrument::ExponentialHistogram if points.iter().all(has_scale) => {
            Data::ExponentialHistogram(wire::ExponentialHistogram {
                data_points: points.iter().map(exponential).collect(),
                aggregation_temporality,
            })
        }
        Instrument::Histogram | Instrument::ExponentialHistogram => Data::Histogram(wire::Histogram {
            data_points: points.iter().map(histogram).collect(),
            aggregation_temporality,
        }),
        Instrument::Summary => {
            Data::Summary(wire::Summary { data_points: points.iter().map(summary).collect() })
        }
    }
}

/// Whether an exponential histogram's figures are available as sent; a store keeps only the bounds.
fn has_scale(point: &Point) -> bool {
    matches!(point.wire.as_deref(), Some(PointWire { exponential: Some(_), .. }))
}

const fn temporality(temporality: Temporality) -> AggregationTemporality {
    match temporality {
        Temporality::Unspecified => AggregationTemporality::Unspecified,
        Temporality::Delta => AggregationTemporality::Delta,
        Temporality::Cumulative => AggregationTemporality::Cumulative,
    }
}
