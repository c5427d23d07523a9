//! Reads and writes events.

use quipu_core::{Event, Result, Value};

use crate::fields::Fields;
use crate::object::Object;
use crate::span::{read_source, write_source};
use crate::value::{attributes, value};

pub(crate) fn write(out: &mut Vec<u8>, event: &Event) {
    let mut object = Object::new(out);
    object.text("record", "event");
    object.shown("time", Some(event.time));
    object.text("level", event.level.as_str());
    object.filled("type", &event.name);
    object.shown("trace_id", event.trace_id);
    object.shown("span_id", event.span_id);
    object.maybe("session_id", event.session.as_ref());
    object.maybe("agent", event.agent.as_ref());
    object.maybe("framework", event.framework.as_ref());
    object.maybe("service", event.resource.service());
    if event.body != Value::Null {
        value(object.key("body"), &event.body);
    }
    attributes(object.key("attributes"), &event.attributes);
    write_source(&mut object, &event.resource, &event.scope, "");
    object.end();
}

pub(crate) fn read(from: &mut Fields) -> Result<Event> {
    let (resource, scope, _) = read_source(from)?;
    Ok(Event {
        time: from.need("time")?,
        level: from.need("level")?,
        name: from.or_default("type")?,
        trace_id: from.get("trace_id")?,
        span_id: from.get("span_id")?,
        session: from.get("session_id")?,
        agent: from.get("agent")?,
        framework: from.get("framework")?,
        body: from.or_default("body")?,
        attributes: from.or_default("attributes")?,
        resource,
        scope,
        wire: None,
    })
}
