//! Field tables of OTLP's messages, for reading and writing JSON. Unknown fields are skipped unread.

use std::fmt;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
    exemplar::Value as Observed, exponential_histogram_data_point::Buckets, metric::Data,
    number_data_point::Value as Number, summary_data_point::ValueAtQuantile,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};

use super::FromJson;
use super::id::Id;
use super::scalar::{Code, J, Key, Kind, Severity, Temporality};
use super::write::{ToJson, W};

/// Reads and writes messages. `"jsonName" => field` is a field of a type that is [`FromJson`] and [`ToJson`].
/// `as Wrap` marks a field with its own reader, and `= Variant` one branch of a choice. The first of several
/// names is written.
macro_rules! messages {
    ($($message:ty {
        $($first:literal $(| $also:literal)* => $field:ident $(as $wrap:ty)? $(= $variant:path)?,)*
    })*) => {$(
        impl FromJson for $message {
            fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'de> Visitor<'de> for Fields {
                    type Value = $message;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("an object (", stringify!($message), ")"))
                    }

                    fn visit_unit<E: Error>(self) -> Result<$message, E> {
                        Ok(<$message>::default())
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$message, A::Error> {
                        let mut out = <$message>::default();
                        while let Some(key) = map.next_key::<Key<'de>>()? {
                            match key.as_str() {
                                $($first $(| $also)* => messages!(@set out map $field $(as $wrap)? $(= $variant)?),)*
                                _ => drop(map.next_value::<IgnoredAny>()?),
                            }
                        }
                        Ok(out)
                    }
                }

                from.deserialize_any(Fields)
            }
        }

        impl ToJson for $message {
            fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let mut map = to.serialize_map(None)?;
                $(messages!(@put self map $first $field $(= $variant)?);)*
                map.end()
            }
        }
    )*};
    (@set $out:ident $map:ident $field:ident) => { $out.$field = $map.next_value::<J<_>>()?.0 };
    (@set $out:ident $map:ident $field:ident as $wrap:ty) => { $out.$field = $map.next_value::<$wrap>()?.0 };
    (@set $out:ident $map:ident $field:ident = $variant:path) => {
        if let Some(value) = $map.next_value::<Option<J<_>>>()? {
            $out.$field = Some($variant(value.0));
        }
    };
    (@put $message:ident $map:ident $name:literal $field:ident) => {
        if !$message.$field.is_unset() {
            $map.serialize_entry($name, &W(&$message.$field))?;
        }
    };
    (@put $message:ident $map:ident $name:literal $field:ident = $variant:path) => {
        if let Some($variant(value)) = &$message.$field {
            $map.serialize_entry($name, &W(value))?;
        }
    };
}

messages! {
    ExportTraceServiceRequest { "resourceSpans" | "resource_spans" => resource_spans, }
    ExportMetricsServiceRequest { "resourceMetrics" | "resource_metrics" => resource_metrics, }
    ExportLogsServiceRequest { "resourceLogs" | "resource_logs" => resource_logs, }

    Resource {
        "attributes" => attributes,
        "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count,
        "entityRefs" | "entity_refs" => entity_refs,
    }
    EntityRef {
        "schemaUrl" | "schema_url" => schema_url,
        "type" => r#type,
        "idKeys" | "id_keys" => id_keys,
        "descriptionKeys" | "description_keys" => description_keys,
    }
    InstrumentationScope {
        "name" => name,
        "version" => version,
        "attributes" => attributes,
        "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count,
    }

    ResourceSpans {
        "resource" => resource,
        "scopeSpans" | "scope_spans" | "instrumentationLibrarySpans" => scope_spans,
        "schemaUrl" | "schema_url" => schema_url,
    }
    ScopeSpans {
        "scope" | "instrumentationLibrary" => scope,
        "spans" => spans,
        "schemaUrl" | "schema_url" => schema_url,
    }
    Span {
        "traceId" | "trace_id" => trace_id as Id,
        "spanId" | "span_id" => span_id as Id,
        "traceState" | "trace_state" => trace_state,
        "parentSpanId" | "parent_span_id" => parent_span_id as Id,
        "flags" => flags,
        "name" => name,
        "kind" => kind as Kind,
        "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano,
        "endTimeUnixNano" | "end_time_unix_nano" => end_time_unix_nano,
        "attributes" => attributes,
        "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count,
        "events" => events,
        "droppedEventsCount" | "dropped_events_count" => dropped_events_count,
        "links" => links,
        "droppedLinksCount" | "dropped_links_count" => dropped_links_count,
        "status" => status,
    }
    Event {
        "timeUnixNano" | "time_unix_nano" => time_unix_nano,
        "name" => name,
        "attributes" => attributes,
        "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count,
    }
    Link {
        "traceId" | "trace_id" => trace_id as Id,
        "spanId" | "span_id" => span_id as Id,
        "traceState" | "trace_state" => trace_state,
        "attributes" => attributes,
        "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count,
        "flags" => flags,
    }
    Status { "message" => message, "code" => code as Code, }

    ResourceLogs {
        "resource" => resource,
        "scopeLogs" | "scope_logs" => scope_logs,
        "schemaUrl" | "schema_url" => schema_url,
    }
    ScopeLogs {
        "scope" => scope,
        "logRecords" | "log_records" => log_records,
        "schemaUrl" | "schema_url" => schema_url,
    }
    LogRecord {
        "timeUnixNano" | "time_unix_nano" => time_unix_nano,
        "observedTimeUnixNano" | "observed_time_unix_nano" => observed_time_unix_nano,
        "severityNumber" | "severity_number" => severity_number as Severity,
        "severityText" | "severity_text" => severity_text,
        "body" => body,
        "attributes" => attributes,
        "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count,
        "flags" => flags,
        "traceId" | "trace_id" => trace_id as Id,
        "spanId" | "span_id" => span_id as Id,
        "eventName" | "event_name" => event_name,
    }

    ResourceMetrics {
        "resource" => resource,
        "scopeMetrics" | "scope_metrics" => scope_metrics,
        "schemaUrl" | "schema_url" => schema_url,
    }
    ScopeMetrics {
        "scope" => scope,
        "metrics" => metrics,
        "schemaUrl" | "schema_url" => schema_url,
    }
    Metric {
        "name" => name,
        "description" => description,
        "unit" => unit,
        "metadata" => metadata,
        "gauge" => data = Data::Gauge,
        "sum" => data = Data::Sum,
        "histogram" => data = Data::Histogram,
        "exponentialHistogram" | "exponential_histogram" => data = Data::ExponentialHistogram,
        "summary" => data = Data::Summary,
    }
    Gauge { "dataPoints" | "data_points" => data_points, }
    Sum {
        "dataPoints" | "data_points" => data_points,
        "aggregationTemporality" | "aggregation_temporality" => aggregation_temporality as Temporality,
        "isMonotonic" | "is_monotonic" => is_monotonic,
    }
    Histogram {
        "dataPoints" | "data_points" => data_points,
        "aggregationTemporality" | "aggregation_temporality" => aggregation_temporality as Temporality,
    }
    ExponentialHistogram {
        "dataPoints" | "data_points" => data_points,
        "aggregationTemporality" | "aggregation_temporality" => aggregation_temporality as Temporality,
    }
    Summary { "dataPoints" | "data_points" => data_points, }
    NumberDataPoint {
        "attributes" => attributes,
        "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano,
        "timeUnixNano" | "time_unix_nano" => time_unix_nano,
        "asDouble" | "as_double" => value = Number::AsDouble,
        "asInt" | "as_int" => value = Number::AsInt,
        "exemplars" => exemplars,
        "flags" => flags,
    }
    HistogramDataPoint {
        "attributes" => attributes,
        "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano,
        "timeUnixNano" | "time_unix_nano" => time_unix_nano,
        "count" => count,
        "sum" => sum,
        "bucketCounts" | "bucket_counts" => bucket_counts,
        "explicitBounds" | "explicit_bounds" => explicit_bounds,
        "exemplars" => exemplars,
        "flags" => flags,
        "min" => min,
        "max" => max,
    }
    ExponentialHistogramDataPoint {
        "attributes" => attributes,
        "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano,
        "timeUnixNano" | "time_unix_nano" => time_unix_nano,
        "count" => count,
        "sum" => sum,
        "scale" => scale,
        "zeroCount" | "zero_count" => zero_count,
        "positive" => positive,
        "negative" => negative,
        "flags" => flags,
        "exemplars" => exemplars,
        "min" => min,
        "max" => max,
        "zeroThreshold" | "zero_threshold" => zero_threshold,
    }
    Buckets { "offset" => offset, "bucketCounts" | "bucket_counts" => bucket_counts, }
    SummaryDataPoint {
        "attributes" => attributes,
        "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano,
        "timeUnixNano" | "time_unix_nano" => time_unix_nano,
        "count" => count,
        "sum" => sum,
        "quantileValues" | "quantile_values" => quantile_values,
        "flags" => flags,
    }
    ValueAtQuantile { "quantile" => quantile, "value" => value, }
    Exemplar {
        "filteredAttributes" | "filtered_attributes" => filtered_attributes,
        "timeUnixNano" | "time_unix_nano" => time_unix_nano,
        "asDouble" | "as_double" => value = Observed::AsDouble,
        "asInt" | "as_int" => value = Observed::AsInt,
        "spanId" | "span_id" => span_id as Id,
        "traceId" | "trace_id" => trace_id as Id,
    }
}
