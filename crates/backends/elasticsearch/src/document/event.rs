//! Documents of events.

use quipu_core::{Event, Level, Value};
use quipu_jsonl::quoted;

use super::StreamName;
use super::attributes::attributes;
use super::fields::{Fields, value};
use super::source::{begin, source};

/// Writes an event.
pub(crate) fn event(out: &mut Vec<u8>, place: &StreamName<'_>, of: &Event) {
    let mut fields = Fields::new(out);
    begin(&mut fields, "logs", place, of.time);
    fields.text("log.level", of.level.as_str());
    fields.plain("event.severity", Some(severity(of.level)));
    fields.text("event.kind", "event");
    fields.text("event.action", &of.name);
    fields.shown("trace.id", of.trace_id);
    fields.shown("span.id", of.span_id);
    fields.maybe("gen_ai.conversation.id", of.session.as_ref());
    fields.maybe("gen_ai.agent.name", of.agent.as_ref());
    fields.maybe("quipu.framework", of.framework.as_ref());
    match &of.body {
        Value::Null => {}
        Value::String(text) => fields.text("message", text),
        // A structured body is searchable as its JSON text.
        body => {
            let mut json = Vec::new();
            value(&mut json, body);
            quoted(fields.key("message"), &String::from_utf8_lossy(&json));
        }
    }
    if of.level >= Level::Error {
        fields.maybe("error.type", of.attributes.text("exception.type"));
        fields.maybe("error.message", of.attributes.text("exception.message"));
        fields.maybe("error.stack_trace", of.attributes.text("exception.stacktrace"));
    }
    source(&mut fields, &of.resource, &of.scope);
    attributes(&mut fields, "attributes", &of.attributes);
    fields.end();
}

/// OpenTelemetry's severity number of a level.
const fn severity(level: Level) -> u8 {
    match level {
        Level::Trace => 1,
        Level::Debug => 5,
        Level::Info => 9,
        Level::Success => 10,
        Level::Warning => 13,
        Level::Error => 17,
        Level::Critical => 21,
    }
}
