//! Spans of Phoenix, in two forms. Its API returns `GET /v1/projects/PROJECT/spans` with `context` as an
//! object and attributes by dotted keys. Its client's dataframe of spans
//! (`to_json(orient="records", lines=True)`) has columns such as `context.trace_id` and
//! `attributes.llm.model_name`. Source: <https://arize.com/docs/phoenix/api-reference>.

use std::sync::Arc;

use quipu_core::{Attributes, Scope, Span, SpanEvent, SpanId, SpanKind, Status, Timestamp, TraceId, Value};
use serde_json::{Map, Value as Json};

use crate::json::{any, at, text, time, value};
use crate::reader::{Desk, Reader, parse, records, summary};

/// Scope of the imported spans.
const SCOPE: &str = "openinference.phoenix-export";
/// Levels of nested keys that are joined with dots.
const LEVELS: usize = 24;

/// Reads spans of Phoenix.
pub(crate) struct Phoenix {
    scope: Arc<Scope>,
}

impl Default for Phoenix {
    fn default() -> Self {
        Self { scope: Arc::new(Scope { name: SCOPE.into(), ..Scope::default() }) }
    }
}

impl Reader for Phoenix {
    fn record(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<(), String> {
        let mut wrong = Vec::new();
        let records = records(parse(bytes)?);
        let many = records.len() > 1;
        for (nth, record) in records.into_iter().enumerate() {
            match self.span(record) {
                Ok(span) => desk.out.span(span),
                Err(why) if many => wrong.push(format!("span {nth}: {why}")),
                Err(why) => wrong.push(why),
            }
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(summary(&wrong)),
        }
    }
}

impl Phoenix {
    fn span(&self, mut record: Json) -> Result<Span, String> {
        let context = |record: &Json, key: &str| -> Option<String> {
            let flat = text(record, &format!("context.{key}"));
            flat.or_else(|| at(record, &["context", key]).and_then(Json::as_str)).map(str::to_owned)
        };
        let trace = context(&record, "trace_id").ok_or("it has no context.trace_id")?;
        let id = context(&record, "span_id").ok_or("it has no context.span_id")?;
        let start =
            any(&record, &["start_time"]).and_then(time).ok_or("its start_time is missing or not a time")?;
        let mut span = Span::new(
            trace.parse::<TraceId>().map_err(|error| error.to_string())?,
            id.parse::<SpanId>().map_err(|error| error.to_string())?,
            text(&record, "name").unwrap_or_default(),
            start,
            start,
        );
        span.end = any(&record, &["end_time"]).and_then(time).map(|end| end.max(start));
        if let Some(parent) = text(&record, "parent_id") {
            span.parent_id = Some(parent.parse().map_err(|error| format!("parent_id: {error}"))?);
        }
        span.kind = SpanKind::Internal;
        span.status = match text(&record, "status_code") {
            Some("OK") => Status::Ok,
            Some("ERROR") => Status::Error,
            _ => Status::Unset,
        };
        span.status_message = text(&record, "status_message").unwrap_or_default().to_owned();
        span.scope = Arc::clone(&self.scope);
        span.events = events(record.get("events"), start);
        let kind = text(&record, "span_kind").map(str::to_owned);
        span.attributes = attributes(&mut record);
        if let Some(kind) = kind.filter(|_| span.attributes.get("openinference.span.kind").is_none()) {
            span.attributes.push("openinference.span.kind", kind);
        }
        Ok(span)
    }
}

/// The attributes under `attributes`, or those of the columns with that prefix.
fn attributes(record: &mut Json) -> Attributes {
    let mut out = Attributes::new();
    let Some(object) = record.as_object_mut() else { return out };
    if let Some(Json::Object(nested)) = object.remove("attributes") {
        flatten(String::new(), nested, LEVELS, &mut out);
    }
    for (column, json) in std::mem::take(object) {
        if let Some(key) = column.strip_prefix("attributes.") {
            put(key.to_owned(), json, LEVELS, &mut out);
        }
    }
    out
}

fn flatten(prefix: String, object: Map<String, Json>, levels: usize, out: &mut Attributes) {
    for (key, json) in object {
        let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        put(key, json, levels, out);
    }
}

/// Flattens nested values as OpenInference does: keys joined with dots, with positions for lists of objects.
fn put(key: String, json: Json, levels: usize, out: &mut Attributes) {
    match json {
        Json::Null => {}
        Json::Object(object) if levels > 0 && key != "metadata" => flatten(key, object, levels - 1, out),
        Json::Object(object) => out.push(key, Json::Object(object).to_string()),
        Json::Array(list) if levels > 0 && list.first().is_some_and(Json::is_object) => {
            for (nth, json) in list.into_iter().enumerate() {
                put(format!("{key}.{nth}"), json, levels - 1, out);
            }
        }
        // A dataframe turns whole numbers into doubles if the column lacks a value in some row.
        Json::Number(number) if key.contains("token_count") && number.as_i64().is_none() => {
            let whole = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15);
            out.push(
                key,
                whole.map_or_else(|| value(Json::Number(number)), |float| Value::Int(float as i64)),
            );
        }
        other => out.push(key, value(other)),
    }
}

fn events(events: Option<&Json>, start: Timestamp) -> Vec<SpanEvent> {
    let list = events.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let event = |event: &Json| {
        let mut attributes = Attributes::new();
        if let Some(Json::Object(object)) = event.get("attributes") {
            flatten(String::new(), object.clone(), LEVELS, &mut attributes);
        }
        SpanEvent {
            time: event.get("timestamp").and_then(time).unwrap_or(start),
            name: text(event, "name").unwrap_or_default().into(),
            attributes,
        }
    };
    list.iter().map(event).collect()
}
