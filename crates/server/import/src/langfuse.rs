//! Observations and traces of Langfuse, from its API (camel case names, `{"data": […]}`) and from its exports
//! (snake case names, a row on each line). Source:
//! <https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields>.
//!
//! An observation becomes the same span that Langfuse's own SDK sends over OTLP, so the same adapter reads
//! both.

use std::sync::Arc;

use quipu_core::{Attributes, Resource, Scope, Span, SpanId, SpanKind, Status, TraceId, Value};
use serde_json::Value as Json;

use crate::attributes::Put;
use crate::json::{any, any_text, as_text, at, count, text, time, value};
use crate::reader::{Desk, Reader, parse, records, summary};

/// Scope of the spans, as in Langfuse's SDKs.
const SCOPE: &str = "langfuse-sdk";

/// Facts of a trace that apply to all of its observations.
#[derive(Debug, Clone, Default)]
pub(crate) struct TraceFacts {
    attributes: Attributes,
}

/// Reads observations and traces of Langfuse.
pub(crate) struct Langfuse {
    scope: Arc<Scope>,
    resource: Arc<Resource>,
}

impl Default for Langfuse {
    fn default() -> Self {
        let resource = Resource {
            attributes: [("service.name", "langfuse")].into_iter().collect(),
            ..Resource::default()
        };
        Self {
            scope: Arc::new(Scope { name: SCOPE.into(), ..Scope::default() }),
            resource: Arc::new(resource),
        }
    }
}

impl Reader for Langfuse {
    fn record(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<(), String> {
        let mut wrong = Vec::new();
        let records = records(parse(bytes)?);
        let many = records.len() > 1;
        for (nth, record) in records.iter().enumerate() {
            if let Err(why) = self.one(record, desk) {
                wrong.push(if many { format!("record {nth}: {why}") } else { why });
            }
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(summary(&wrong)),
        }
    }
}

impl Langfuse {
    fn one(&self, record: &Json, desk: &mut Desk<'_>) -> Result<(), String> {
        if any_text(record, &["traceId", "trace_id"]).is_some() {
            return self.observation(record, desk);
        }
        let id = text(record, "id").ok_or("it is neither an observation (traceId) nor a trace (id)")?;
        let trace = trace_id(id);
        desk.known.traces.insert(trace, facts(record));
        let mut wrong = Vec::new();
        let within =
            record.get("observations").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for observation in within.iter().filter(|observation| observation.is_object()) {
            let told = any_text(observation, &["traceId", "trace_id"]);
            let read = match told {
                Some(_) => self.observation(observation, desk),
                None => self.span(observation, trace, desk).map(|span| desk.out.span(span)),
            };
            wrong.extend(read.err());
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(summary(&wrong)),
        }
    }

    fn observation(&self, record: &Json, desk: &mut Desk<'_>) -> Result<(), String> {
        let trace = any_text(record, &["traceId", "trace_id"]).ok_or("it has no traceId")?;
        let span = self.span(record, trace_id(trace), desk)?;
        desk.out.span(span);
        Ok(())
    }

    fn span(&self, record: &Json, trace: TraceId, desk: &Desk<'_>) -> Result<Span, String> {
        let id = text(record, "id").ok_or("the observation has no id")?;
        let when = |names: &[&str]| any(record, names).and_then(time);
        let start = when(&["startTime", "start_time"]).ok_or("its startTime is missing or not a time")?;
        let kind = text(record, "type").unwrap_or("SPAN").to_ascii_lowercase();
        let name = text(record, "name").unwrap_or(&kind);
        let mut span = Span::new(trace, span_id(id), name, start, start);
        if kind != "event" {
            span.end = when(&["endTime", "end_time"]).map(|end| end.max(start));
        }
        span.parent_id = any_text(record, &["parentObservationId", "parent_observation_id"]).map(span_id);
        span.kind = SpanKind::Internal;
        let level = text(record, "level");
        if level == Some("ERROR") {
            span.status = Status::Error;
            span.status_message =
                any_text(record, &["statusMessage", "status_message"]).unwrap_or_default().to_owned();
        }
        (span.scope, span.resource) = (Arc::clone(&self.scope), Arc::clone(&self.resource));
        span.attributes.push("langfuse.observation.type", kind.as_str());
        describe(record, &mut span.attributes);
        let own = facts(record).attributes;
        let of_trace = desk.known.traces.get(&trace).map(|facts| &facts.attributes);
        for (key, told) in own.iter().chain(of_trace.into_iter().flatten()) {
            if span.attributes.get(key).is_none() {
                span.attributes.push(key.clone(), told.clone());
            }
        }
        Ok(span)
    }
}

/// Session and other facts from a trace, or from a row with its trace's columns.
fn facts(record: &Json) -> TraceFacts {
    let mut to = Attributes::new();
    to.put("session.id", any_text(record, &["sessionId", "session_id"]));
    to.put("user.id", any_text(record, &["userId", "user_id"]));
    to.put("langfuse.environment", text(record, "environment"));
    to.put("langfuse.release", text(record, "release"));
    to.put("langfuse.version", text(record, "version"));
    let is_trace = any_text(record, &["traceId", "trace_id"]).is_none();
    let name =
        any_text(record, &["traceName", "trace_name"]).or_else(|| text(record, "name").filter(|_| is_trace));
    to.put("langfuse.trace.name", name);
    let tags = any(record, &["tags", "traceTags", "trace_tags"])
        .filter(|tags| tags.as_array().is_some_and(|tags| !tags.is_empty()));
    to.put("langfuse.trace.tags", tags.map(|tags| value(tags.clone())));
    TraceFacts { attributes: to }
}

/// An observation's own columns under the names of Langfuse's SDK.
fn describe(record: &Json, to: &mut Attributes) {
    let texts: [(&str, &[&str]); 8] = [
        ("langfuse.observation.model.name", &["model", "providedModelName", "provided_model_name"]),
        ("langfuse.observation.level", &["level"]),
        ("langfuse.observation.status_message", &["statusMessage", "status_message"]),
        ("langfuse.observation.prompt.name", &["promptName", "prompt_name"]),
        ("langfuse.observation.input", &["input"]),
        ("langfuse.observation.output", &["output"]),
        ("langfuse.observation.model.parameters", &["modelParameters", "model_parameters"]),
        ("langfuse.observation.cost_details", &["costDetails", "cost_details"]),
    ];
    for (key, names) in texts {
        let told = any(record, names).map(as_text);
        to.put(key, told.filter(|text| !matches!(text.as_str(), "" | "{}" | "[]")));
    }
    to.put("langfuse.observation.usage_details", usage(record).map(|usage| usage.to_string()));
    if let Some(first) = any(record, &["completionStartTime", "completion_start_time"]).and_then(time) {
        to.push("langfuse.observation.completion_start_time", format!("\"{first}\""));
    }
    if let Some(Json::Object(metadata)) = any(record, &["metadata"]) {
        for (key, json) in metadata.iter().filter(|(key, _)| *key != "attributes") {
            to.push(format!("langfuse.observation.metadata.{key}"), Value::String(as_text(json)));
        }
    }
}

/// Usage by name. Older versions report it as `usage` of one unit, or as separate counts.
fn usage(record: &Json) -> Option<Json> {
    let details = any(record, &["usageDetails", "usage_details"]).map(|details| match details {
        Json::String(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        other => other.clone(),
    });
    if let Some(details) = details.filter(|details| details.as_object().is_some_and(|map| !map.is_empty())) {
        return Some(details);
    }
    let of = |from: &Json, names: [&str; 2]| names.iter().find_map(|name| count(from, name));
    let usage = at(record, &["usage"])
        .filter(|usage| usage.get("unit").and_then(Json::as_str).is_none_or(|unit| unit == "TOKENS"));
    let (input, output) = match usage {
        Some(usage) => (of(usage, ["input", "promptTokens"]), of(usage, ["output", "completionTokens"])),
        None => (
            of(record, ["promptTokens", "prompt_tokens"]),
            of(record, ["completionTokens", "completion_tokens"]),
        ),
    };
    let told = input.is_some_and(|count| count > 0) || output.is_some_and(|count| count > 0);
    told.then(|| serde_json::json!({"input": input, "output": output}))
}

/// OpenTelemetry ids are kept. A UUID is a trace id with dashes. Every other name is hashed into an id.
fn trace_id(id: &str) -> TraceId {
    let hex: String = id.chars().filter(|c| *c != '-').collect();
    hex.parse().unwrap_or_else(|_| TraceId::made_of(&["langfuse", id]))
}

fn span_id(id: &str) -> SpanId {
    id.parse().unwrap_or_else(|_| SpanId::made_of(&["langfuse", id]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_where_they_are_ids() {
        assert_eq!(
            trace_id("0af7651916cd43dd8448eb211c80319c").to_string(),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(
            trace_id("0af76519-16cd-43dd-8448-eb211c80319c").to_string(),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(trace_id("my-trace"), trace_id("my-trace"));
        assert_eq!(span_id("b7ad6b7169203331").to_string(), "b7ad6b7169203331");
        assert_ne!(span_id("one"), span_id("two"));
    }
}
