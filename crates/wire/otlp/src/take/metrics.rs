//! Decodes metrics and their points.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{self as wire, AggregationTemporality, metric::Data};
use quipu_core::{Instrument, Metric, Point, PointValue, PointWire, Resource, Result, Scope, Temporality};

use super::points::Figures;
use super::{TakeError, Taker};

/// Moves every metric's valid points into the batch.
pub(super) fn take(request: ExportMetricsServiceRequest, to: &mut Taker<'_>) {
    for (r, group) in request.resource_metrics.into_iter().enumerate() {
        let resource = Arc::new(to.resource(group.resource, group.schema_url));
        for (s, group) in group.scope_metrics.into_iter().enumerate() {
            let scope = Arc::new(to.scope(group.scope, group.schema_url));
            for (i, metric) in group.metrics.into_iter().enumerate() {
                let place = || format!("resource_metrics[{r}].scope_metrics[{s}].metrics[{i}]");
                if let Some(metric) = to.metric(metric, &resource, &scope, &place) {
                    to.out.batch.metrics.push(metric);
                }
            }
        }
    }
}

impl Taker<'_> {
    /// `None` if the metric has no valid point.
    fn metric(
        &mut self,
        metric: wire::Metric,
        resource: &Arc<Resource>,
        scope: &Arc<Scope>,
        place: &dyn Fn() -> String,
    ) -> Option<Metric> {
        let Some(data) = metric.data else {
            self.refuse("data point", TakeError::new("no_data", "the metric has no data"), place);
            return None;
        };
        let (instrument, temporality, mut points) = self.data(data, place);
        let metadata = self.attributes(metric.metadata, &mut 0);
        let first = points.first_mut()?;
        if !metadata.is_empty() {
            first.wire.get_or_insert_default().metadata = metadata;
        }
        Some(Metric {
            name: self.name(metric.name),
            unit: self.name(metric.unit),
            description: self.cut(metric.description, self.limits.name_bytes, "name_bytes"),
            instrument,
            temporality,
            points,
            resource: Arc::clone(resource),
            scope: Arc::clone(scope),
        })
    }

    fn data(&mut self, data: Data, place: &dyn Fn() -> String) -> (Instrument, Temporality, Vec<Point>) {
        match data {
            Data::Gauge(gauge) => {
                (Instrument::Gauge, Temporality::Unspecified, self.points(gauge.data_points, place))
            }
            Data::Sum(sum) => {
                let instrument =
                    if sum.is_monotonic { Instrument::Counter } else { Instrument::UpDownCounter };
                (instrument, temporality(sum.aggregation_temporality), self.points(sum.data_points, place))
            }
            Data::Histogram(histogram) => (
                Instrument::Histogram,
                temporality(histogram.aggregation_temporality),
                self.points(histogram.data_points, place),
            ),
            Data::ExponentialHistogram(histogram) => (
                Instrument::ExponentialHistogram,
                temporality(histogram.aggregation_temporality),
                self.points(histogram.data_points, place),
            ),
            Data::Summary(summary) => {
                (Instrument::Summary, Temporality::Unspecified, self.points(summary.data_points, place))
            }
        }
    }

    fn points<P: WirePoint>(&mut self, points: Vec<P>, place: &dyn Fn() -> String) -> Vec<Point> {
        let mut taken = Vec::with_capacity(points.len());
        for (i, point) in points.into_iter().enumerate() {
            if point.flags() & wire::DataPointFlags::NoRecordedValueMask as u32 != 0 {
                self.mended().add("unrecorded", 1);
                continue;
            }
            match self.point(point) {
                Ok(point) => taken.push(point),
                Err(refusal) => {
                    self.refuse("data point", refusal, || format!("{}.data_points[{i}]", place()))
                }
            }
        }
        taken
    }

    fn point<P: WirePoint>(&mut self, mut point: P) -> Result<Point, TakeError> {
        let (start, time) = point.times();
        let mut sent = PointWire { flags: point.flags(), timeless: time == 0, ..PointWire::default() };
        let time = if time == 0 { self.now } else { self.time("time", time)? };
        self.few_buckets(point.buckets())?;
        let value = point.figures(&mut sent)?;
        let start = (start != 0).then(|| Self::loose_time(start, time));
        let (exemplars, wire) = self.exemplars(point.exemplars());
        sent.exemplars = wire;
        Ok(Point {
            time,
            start,
            attributes: self.attributes(point.attributes(), &mut 0),
            value,
            exemplars,
            wire: (sent != PointWire::default()).then(|| Box::new(sent)),
        })
    }
}

impl Taker<'_> {
    /// Checks the number of buckets or quantiles of a point.
    fn few_buckets(&self, count: usize) -> Result<(), TakeError> {
        let most = self.limits.point_buckets;
        if count <= most {
            return Ok(());
        }
        let why = format!(
            "the point has {count} buckets or quantiles, more than {most} (limit point_buckets); use fewer"
        );
        Err(TakeError::new("point_buckets", why))
    }
}

fn temporality(number: i32) -> Temporality {
    match AggregationTemporality::try_from(number) {
        Ok(AggregationTemporality::Delta) => Temporality::Delta,
        Ok(AggregationTemporality::Cumulative) => Temporality::Cumulative,
        Ok(AggregationTemporality::Unspecified) | Err(_) => Temporality::Unspecified,
    }
}

/// Common fields of the four kinds of points.
trait WirePoint: Figures {
    fn flags(&self) -> u32;
    /// Start and time, 0 if unknown.
    fn times(&self) -> (u64, u64);
    /// Moves the attributes out.
    fn attributes(&mut self) -> Vec<KeyValue>;
    /// Moves the exemplars out.
    fn exemplars(&mut self) -> Vec<wire::Exemplar>;
    /// Moves the figures out, and details that they lack into `sent`.
    fn figures(&mut self, sent: &mut PointWire) -> Result<PointValue, TakeError> {
        Figures::take(self, sent)
    }
}

macro_rules! wire_point {
    ($($point:ident $(: $exemplars:ident)?),*) => {$(
        impl WirePoint for wire::$point {
            fn flags(&self) -> u32 {
                self.flags
            }

            fn times(&self) -> (u64, u64) {
                (self.start_time_unix_nano, self.time_unix_nano)
            }

            fn attributes(&mut self) -> Vec<KeyValue> {
                std::mem::take(&mut self.attributes)
            }

            fn exemplars(&mut self) -> Vec<wire::Exemplar> {
                wire_point!(@take self $($exemplars)?)
            }
        }
    )*};
    (@take $point:ident) => { Vec::new() };
    (@take $point:ident $exemplars:ident) => { std::mem::take(&mut $point.$exemplars) };
}

wire_point!(NumberDataPoint: exemplars, HistogramDataPoint: exemplars, ExponentialHistogramDataPoint: exemplars, SummaryDataPoint);
