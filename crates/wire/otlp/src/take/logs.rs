//! Decodes log records into events.

use std::sync::Arc;

use compact_str::CompactString;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1 as wire;
use quipu_core::{
    Attributes, Event, EventWire, Level, Resource, Result, Scope, SpanId, Timestamp, TraceId, Value,
};

use super::{TakeError, Taker, is_unset, span_id, trace_id};

/// Bytes of the longest log body that may be an event's name.
const NAME_BYTES: usize = 128;

/// Moves every valid record into the batch.
pub(super) fn take(request: ExportLogsServiceRequest, to: &mut Taker<'_>) {
    for (r, group) in request.resource_logs.into_iter().enumerate() {
        let resource = Arc::new(to.resource(group.resource, group.schema_url));
        for (s, group) in group.scope_logs.into_iter().enumerate() {
            let scope = Arc::new(to.scope(group.scope, group.schema_url));
            to.out.batch.events.reserve(group.log_records.len().min(4_096));
            for (i, record) in group.log_records.into_iter().enumerate() {
                match to.event(record, &resource, &scope) {
                    Ok(event) => to.out.batch.events.push(event),
                    Err(refusal) => to.refuse("log record", refusal, || {
                        format!("resource_logs[{r}].scope_logs[{s}].log_records[{i}]")
                    }),
                }
            }
        }
    }
}

impl Taker<'_> {
    fn event(
        &mut self,
        record: wire::LogRecord,
        resource: &Arc<Resource>,
        scope: &Arc<Scope>,
    ) -> Result<Event, TakeError> {
        let (time, observed) = self.event_time(&record)?;
        let trace_id = optional_trace_id(&record.trace_id)?;
        let span_id = optional_span_id(&record.span_id)?;
        let mut sent = EventWire {
            timeless: record.time_unix_nano == 0,
            observed,
            severity: record.severity_number,
            severity_text: self.name(record.severity_text),
            named: !record.event_name.is_empty(),
            flags: record.flags,
            dropped_attributes: record.dropped_attributes_count,
        };
        let attributes = self.attributes(record.attributes, &mut sent.dropped_attributes);
        let body = self.value(record.body);
        let name = if sent.named { self.name(record.event_name) } else { name(&attributes, &body) };
        Ok(Event {
            time,
            level: Level::from_severity(record.severity_number),
            name,
            trace_id,
            span_id,
            session: None,
            agent: None,
            framework: None,
            body,
            attributes,
            resource: Arc::clone(resource),
            scope: Arc::clone(scope),
            wire: Some(Box::new(sent)),
        })
    }

    /// Time of the event, and its observed time.
    fn event_time(&self, record: &wire::LogRecord) -> Result<(Timestamp, Option<Timestamp>), TakeError> {
        match (record.time_unix_nano, record.observed_time_unix_nano) {
            (0, 0) => Ok((self.now, None)),
            (0, observed) => self.time("observed time", observed).map(|time| (time, Some(time))),
            (time, observed) => {
                let time = self.time("time", time)?;
                Ok((time, (observed != 0).then(|| Self::loose_time(observed, time))))
            }
        }
    }
}

fn optional_trace_id(bytes: &[u8]) -> Result<Option<TraceId>, TakeError> {
    if is_unset(bytes) { Ok(None) } else { trace_id(bytes).map(Some) }
}

fn optional_span_id(bytes: &[u8]) -> Result<Option<SpanId>, TakeError> {
    if is_unset(bytes) { Ok(None) } else { span_id(bytes).map(Some) }
}

/// The name of an event without the `event_name` field: the older attribute, or a body that is a name.
fn name(attributes: &Attributes, body: &Value) -> CompactString {
    attributes
        .text("event.name")
        .filter(|name| !name.is_empty())
        .or_else(|| body.as_str().filter(|text| is_name(text)))
        .map(CompactString::from)
        .unwrap_or_default()
}

/// Whether a body is a name such as `gen_ai.choice`, not prose.
fn is_name(text: &str) -> bool {
    text.len() <= NAME_BYTES && text.contains('.') && !text.contains(char::is_whitespace)
}
