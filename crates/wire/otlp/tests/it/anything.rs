//! Requests of every shape that OTLP allows.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    self as metrics, Metric, ResourceMetrics, ScopeMetrics, exemplar,
    exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
    summary_data_point::ValueAtQuantile,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span};
use prop::collection::vec;
use prop::option::of;
use proptest::prelude::*;
use prost::Message;
use quipu_otlp::Signal;

use super::NOW;

/// A protobuf body of a signal.
pub fn body() -> impl Strategy<Value = (Signal, Vec<u8>)> {
    let traces = vec(per_resource(spans()), 0..3).prop_map(|groups| {
        let group = |(resource, scope, spans, schemas): Group<Span>| {
            let scope_spans = vec![ScopeSpans { scope, spans, schema_url: schemas.1 }];
            ResourceSpans { resource, scope_spans, schema_url: schemas.0 }
        };
        let resource_spans = groups.into_iter().map(group).collect();
        (Signal::Traces, ExportTraceServiceRequest { resource_spans }.encode_to_vec())
    });
    let logs = vec(per_resource(log_record()), 0..3).prop_map(|groups| {
        let group = |(resource, scope, log_records, schemas): Group<LogRecord>| {
            let scope_logs = vec![ScopeLogs { scope, log_records, schema_url: schemas.1 }];
            ResourceLogs { resource, scope_logs, schema_url: schemas.0 }
        };
        let resource_logs = groups.into_iter().map(group).collect();
        (Signal::Logs, ExportLogsServiceRequest { resource_logs }.encode_to_vec())
    });
    let metrics = vec(per_resource(metric()), 0..3).prop_map(|groups| {
        let group = |(resource, scope, metrics, schemas): Group<Metric>| {
            let scope_metrics = vec![ScopeMetrics { scope, metrics, schema_url: schemas.1 }];
            ResourceMetrics { resource, scope_metrics, schema_url: schemas.0 }
        };
        let resource_metrics = groups.into_iter().map(group).collect();
        (Signal::Metrics, ExportMetricsServiceRequest { resource_metrics }.encode_to_vec())
    });
    prop_oneof![traces, logs, metrics]
}

/// A resource and scope with their records and schema URLs.
type Group<T> = (Option<Resource>, Option<InstrumentationScope>, Vec<T>, (String, String));

fn per_resource<T: std::fmt::Debug>(record: impl Strategy<Value = T>) -> impl Strategy<Value = Group<T>> {
    (of(resource()), of(scope()), vec(record, 0..3), (".{0,8}", ".{0,8}"))
}

fn text() -> impl Strategy<Value = String> {
    ".{0,20}"
}

/// Keys, some of them reserved by Quipu.
fn key() -> impl Strategy<Value = String> {
    let ours =
        ["otel.dropped_attributes_count", "otel.entity_refs", "otel.link.flags", "otel.link.trace_state"];
    prop_oneof![8 => text(), 1 => prop::sample::select(ours.to_vec()).prop_map(str::to_owned)]
}

fn double() -> impl Strategy<Value = f64> {
    use prop::num::f64::{ANY, NORMAL};
    prop_oneof![NORMAL, ANY.prop_map(|any| if any.is_nan() { f64::NAN } else { any }), Just(0.0), Just(-0.0)]
}

fn value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        text().prop_map(|text| Some(Value::StringValue(text))),
        any::<bool>().prop_map(|flag| Some(Value::BoolValue(flag))),
        any::<i64>().prop_map(|int| Some(Value::IntValue(int))),
        double().prop_map(|double| Some(Value::DoubleValue(double))),
        vec(any::<u8>(), 0..9).prop_map(|bytes| Some(Value::BytesValue(bytes))),
    ];
    leaf.prop_map(|value| AnyValue { value }).prop_recursive(3, 16, 3, |inner| {
        let map = vec((text(), inner.clone()), 0..3).prop_map(|pairs| {
            let values = pairs.into_iter().map(|(key, value)| pair(key, value)).collect();
            Value::KvlistValue(KeyValueList { values })
        });
        let list = vec(inner, 0..3).prop_map(|values| Value::ArrayValue(ArrayValue { values }));
        prop_oneof![map, list].prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn pair(key: String, value: AnyValue) -> KeyValue {
    KeyValue { key, value: Some(value), key_strindex: 0 }
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let counts = any::<u32>().prop_map(|count| AnyValue { value: Some(Value::IntValue(count.into())) });
    vec((key(), prop_oneof![4 => value(), 1 => counts]).prop_map(|(key, value)| pair(key, value)), 0..4)
}

prop_compose! {
    fn entity()(
        schema_url in text(), r#type in text(), id_keys in vec(text(), 0..3), description_keys in vec(text(), 0..2),
    ) -> EntityRef {
        EntityRef { schema_url, r#type, id_keys, description_keys }
    }
}

prop_compose! {
    fn resource()(
        attributes in attributes(), dropped_attributes_count in count(), entity_refs in vec(entity(), 0..2),
    ) -> Resource {
        Resource { attributes, dropped_attributes_count, entity_refs }
    }
}

prop_compose! {
    fn scope()(
        name in text(), version in text(), attributes in attributes(), dropped_attributes_count in count(),
    ) -> InstrumentationScope {
        InstrumentationScope { name, version, attributes, dropped_attributes_count }
    }
}

/// A count, often zero.
fn count() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), any::<u32>()]
}

fn id(bytes: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(1..=u8::MAX, bytes)
}

fn maybe_id(bytes: usize) -> impl Strategy<Value = Vec<u8>> {
    of(id(bytes)).prop_map(Option::unwrap_or_default)
}

/// A time within the last day.
fn time() -> impl Strategy<Value = u64> {
    let now = u64::try_from(NOW.nanos()).unwrap();
    (0..86_400_000_000_000_u64).prop_map(move |ago| now - ago)
}

fn maybe_time() -> impl Strategy<Value = u64> {
    of(time()).prop_map(Option::unwrap_or_default)
}

prop_compose! {
    fn event()(
        time_unix_nano in maybe_time(), name in text(), attributes in attributes(), dropped_attributes_count in count(),
    ) -> span::Event {
        span::Event { time_unix_nano, name, attributes, dropped_attributes_count }
    }
}

prop_compose! {
    fn link()(
        (trace_id, span_id, trace_state) in (id(16), id(8), text()),
        attributes in attributes(),
        (dropped_attributes_count, flags) in (count(), count()),
    ) -> span::Link {
        span::Link { trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags }
    }
}

prop_compose! {
    fn spans()(
        (trace_id, span_id, parent_span_id) in (id(16), id(8), maybe_id(8)),
        (trace_state, name, kind) in (text(), text(), 0..6_i32),
        (start_time_unix_nano, lasted) in (time(), of(0..1_000_000_000_u64)),
        (attributes, events, links) in (attributes(), vec(event(), 0..3), vec(link(), 0..3)),
        (flags, dropped_attributes_count, dropped_events_count, dropped_links_count) in (count(), count(), count(), count()),
        status in of((text(), 0..3_i32).prop_map(|(message, code)| Status { message, code })),
    ) -> Span {
        Span {
            trace_id, span_id, trace_state, parent_span_id, flags, name, kind, start_time_unix_nano,
            end_time_unix_nano: lasted.map_or(0, |lasted| start_time_unix_nano + lasted),
            attributes, dropped_attributes_count, events, dropped_events_count, links, dropped_links_count, status,
        }
    }
}

prop_compose! {
    fn log_record()(
        (time_unix_nano, observed_time_unix_nano) in (maybe_time(), maybe_time()),
        (severity_number, severity_text, event_name) in (0..25_i32, text(), prop_oneof![text(), Just("gen_ai.choice".to_owned())]),
        (body, attributes) in (of(value()), attributes()),
        (dropped_attributes_count, flags) in (count(), count()),
        (trace_id, span_id) in (maybe_id(16), maybe_id(8)),
    ) -> LogRecord {
        LogRecord {
            time_unix_nano, observed_time_unix_nano, severity_number, severity_text, body, attributes,
            dropped_attributes_count, flags, trace_id, span_id, event_name,
        }
    }
}

prop_compose! {
    fn exemplars()(
        filtered_attributes in attributes(),
        time_unix_nano in maybe_time(),
        (span_id, trace_id) in (maybe_id(8), maybe_id(16)),
        value in of(prop_oneof![double().prop_map(exemplar::Value::AsDouble), any::<i64>().prop_map(exemplar::Value::AsInt)]),
    ) -> metrics::Exemplar {
        metrics::Exemplar { filtered_attributes, time_unix_nano, span_id, trace_id, value }
    }
}

/// Attributes, start, time, exemplars and flags of a point.
fn common() -> impl Strategy<Value = (Vec<KeyValue>, u64, u64, Vec<metrics::Exemplar>, u32)> {
    // The lowest flag marks a point without a value; such a point is dropped.
    let flags = count().prop_map(|flags| flags & !1);
    (attributes(), maybe_time(), maybe_time(), vec(exemplars(), 0..3), flags)
}

prop_compose! {
    fn number()(
        (attributes, start_time_unix_nano, time_unix_nano, exemplars, flags) in common(),
        value in prop_oneof![
            double().prop_map(number_data_point::Value::AsDouble), any::<i64>().prop_map(number_data_point::Value::AsInt),
        ],
    ) -> metrics::NumberDataPoint {
        metrics::NumberDataPoint { attributes, start_time_unix_nano, time_unix_nano, exemplars, flags, value: Some(value) }
    }
}

prop_compose! {
    fn histogram()(
        (attributes, start_time_unix_nano, time_unix_nano, exemplars, flags) in common(),
        (count, sum, min, max) in (any::<u64>(), of(double()), of(double()), of(double())),
        buckets in of(vec((0.001..9.0_f64, any::<u64>()), 0..4)),
    ) -> metrics::HistogramDataPoint {
        let (mut bound, mut explicit_bounds, mut bucket_counts) = (-9.0, vec![], vec![]);
        for (step, count) in buckets.iter().flatten() {
            bound += step;
            explicit_bounds.push(bound);
            bucket_counts.push(*count);
        }
        bucket_counts.extend(buckets.map(|_| 7));
        metrics::HistogramDataPoint {
            attributes, start_time_unix_nano, time_unix_nano, count, sum, bucket_counts, explicit_bounds, exemplars, flags, min, max,
        }
    }
}

prop_compose! {
    fn side()(offset in any::<i32>(), bucket_counts in vec(any::<u64>(), 0..4)) -> Buckets {
        Buckets { offset, bucket_counts }
    }
}

prop_compose! {
    fn exponential()(
        (attributes, start_time_unix_nano, time_unix_nano, exemplars, flags) in common(),
        (count, sum, min, max) in (any::<u64>(), of(double()), of(double()), of(double())),
        (scale, zero_count, zero_threshold) in (-10..20_i32, any::<u64>(), double()),
        (positive, negative) in (of(side()), of(side())),
    ) -> metrics::ExponentialHistogramDataPoint {
        metrics::ExponentialHistogramDataPoint {
            attributes, start_time_unix_nano, time_unix_nano, count, sum, scale, zero_count, positive, negative, flags, exemplars,
            min, max, zero_threshold,
        }
    }
}

prop_compose! {
    fn summary()(
        (attributes, start_time_unix_nano, time_unix_nano, _, flags) in common(),
        (count, sum) in (any::<u64>(), double()),
        quantiles in vec((double(), double()), 0..3),
    ) -> metrics::SummaryDataPoint {
        let quantile_values = quantiles.into_iter().map(|(quantile, value)| ValueAtQuantile { quantile, value }).collect();
        metrics::SummaryDataPoint { attributes, start_time_unix_nano, time_unix_nano, count, sum, quantile_values, flags }
    }
}

fn data() -> impl Strategy<Value = Data> {
    let temporality = 0..3_i32;
    prop_oneof![
        vec(number(), 1..3).prop_map(|data_points| Data::Gauge(metrics::Gauge { data_points })),
        (vec(number(), 1..3), temporality.clone(), any::<bool>()).prop_map(
            |(data_points, temporality, is_monotonic)| {
                Data::Sum(metrics::Sum { data_points, aggregation_temporality: temporality, is_monotonic })
            }
        ),
        (vec(histogram(), 1..3), temporality.clone()).prop_map(|(data_points, aggregation_temporality)| {
            Data::Histogram(metrics::Histogram { data_points, aggregation_temporality })
        }),
        (vec(exponential(), 1..3), temporality).prop_map(|(data_points, aggregation_temporality)| {
            Data::ExponentialHistogram(metrics::ExponentialHistogram { data_points, aggregation_temporality })
        }),
        vec(summary(), 1..3).prop_map(|data_points| Data::Summary(metrics::Summary { data_points })),
    ]
}

prop_compose! {
    fn metric()(
        (name, description, unit) in (text(), text(), text()), metadata in attributes(), data in data(),
    ) -> Metric {
        Metric { name, description, unit, metadata, data: Some(data) }
    }
}
