//! Encodes events as log records.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{self as wire, SeverityNumber};
use quipu_core::{Event, EventWire, Level, Value};

use super::attributes::{any, pairs};
use super::{by_resource, by_scope, nanos};

pub(super) fn request(events: &[Event]) -> ExportLogsServiceRequest {
    let per_resource = |(resource, schema_url, events)| wire::ResourceLogs {
        resource,
        scope_logs: by_scope(events)
            .map(|(scope, schema_url, events)| wire::ScopeLogs {
                scope,
                log_records: events.iter().map(record).collect(),
                schema_url,
            })
            .collect(),
        schema_url,
    };
    ExportLogsServiceRequest { resource_logs: by_resource(events).map(per_resource).collect() }
}

fn record(event: &Event) -> wire::LogRecord {
    let common = wire::LogRecord {
        body: (event.body != Value::Null).then(|| any(&event.body)),
        attributes: pairs(event.attributes.iter().as_slice()),
        trace_id: event.trace_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        span_id: event.span_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        ..Default::default()
    };
    match &event.wire {
        Some(sent) => as_sent(event, sent, common),
        None => wire::LogRecord {
            time_unix_nano: nanos(event.time),
            observed_time_unix_nano: nanos(event.time),
            severity_number: severity(event.level).into(),
            severity_text: event.level.as_str().to_owned(),
            event_name: event.name.to_string(),
            ..common
        },
    }
}

fn as_sent(event: &Event, sent: &EventWire, common: wire::LogRecord) -> wire::LogRecord {
    wire::LogRecord {
        time_unix_nano: if sent.timeless { 0 } else { nanos(event.time) },
        observed_time_unix_nano: sent.observed.map(nanos).unwrap_or_default(),
        severity_number: sent.severity,
        severity_text: sent.severity_text.to_string(),
        dropped_attributes_count: sent.dropped_attributes,
        flags: sent.flags,
        event_name: if sent.named { event.name.to_string() } else { String::new() },
        ..common
    }
}

/// The lowest severity of each level's range, which [`Level::from_severity`] maps back. Success is a kind of
/// info. <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>.
const fn severity(level: Level) -> SeverityNumber {
    match level {
        Level::Trace => SeverityNumber::Trace,
        Level::Debug => SeverityNumber::Debug,
        Level::Info => SeverityNumber::Info,
        Level::Success => SeverityNumber::Info2,
        Level::Warning => SeverityNumber::Warn,
        Level::Error => SeverityNumber::Error,
        Level::Critical => SeverityNumber::Fatal,
    }
}
