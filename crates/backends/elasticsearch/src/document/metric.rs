//! Documents of metric points: one document for each point.

use quipu_core::{Instrument, Metric, Point, PointValue, Temporality};
use quipu_jsonl::list;

use super::StreamName;
use super::attributes::attributes;
use super::fields::Fields;
use super::source::{begin, source};

/// Writes one point.
pub(crate) fn point(out: &mut Vec<u8>, place: &StreamName<'_>, metric: &Metric, of: &Point) {
    let mut fields = Fields::new(out);
    begin(&mut fields, "metrics", place, of.time);
    fields.text("event.kind", "metric");
    fields.time("event.start", of.start);
    fields.text("metric.name", &metric.name);
    fields.text("metric.unit", &metric.unit);
    fields.text("metric.instrument", instrument(metric.instrument));
    fields.text("metric.temporality", temporality(metric.temporality));
    match &of.value {
        PointValue::Number(number) => figure(&mut fields, "metric.value", *number),
        PointValue::Distribution { count, sum, min, max, buckets, quantiles } => {
            fields.count("metric.count", Some(*count));
            figure(&mut fields, "metric.sum", *sum);
            fields.double("metric.min", *min);
            fields.double("metric.max", *max);
            if !buckets.is_empty() {
                list(fields.key("metric.buckets"), buckets, |out, bucket| {
                    let mut one = Fields::new(out);
                    one.double("upper", Some(bucket.upper));
                    one.count("count", Some(bucket.count));
                    one.end();
                });
            }
            if !quantiles.is_empty() {
                list(fields.key("metric.quantiles"), quantiles, |out, quantile| {
                    let mut one = Fields::new(out);
                    one.double("quantile", Some(quantile.quantile));
                    one.double("value", Some(quantile.value));
                    one.end();
                });
            }
        }
    }
    if !of.exemplars.is_empty() {
        list(fields.key("metric.exemplars"), &of.exemplars, |out, exemplar| {
            let mut one = Fields::new(out);
            one.shown("time", Some(exemplar.time));
            one.double("value", Some(exemplar.value));
            one.shown("trace.id", Some(exemplar.trace_id));
            one.shown("span.id", Some(exemplar.span_id));
            one.end();
        });
    }
    source(&mut fields, &metric.resource, &metric.scope);
    attributes(&mut fields, "attributes", &of.attributes);
    fields.end();
}

/// Writes a figure; NaN and infinities as a word in a separate field.
fn figure(fields: &mut Fields<'_>, key: &str, number: f64) {
    fields.double(key, Some(number));
    if !number.is_finite() {
        fields.shown("metric.not_a_number", Some(number));
    }
}

const fn instrument(of: Instrument) -> &'static str {
    match of {
        Instrument::Gauge => "gauge",
        Instrument::Counter => "counter",
        Instrument::UpDownCounter => "up_down_counter",
        Instrument::Histogram => "histogram",
        Instrument::ExponentialHistogram => "exponential_histogram",
        Instrument::Summary => "summary",
    }
}

const fn temporality(of: Temporality) -> &'static str {
    match of {
        Temporality::Unspecified => "",
        Temporality::Delta => "delta",
        Temporality::Cumulative => "cumulative",
    }
}
