//! Messages of events.

use quipu_core::{Event, Value};

use super::MessageParts;
use super::ascii::ascii;
use super::data::Data;
use super::header::{Header, severity};
use super::text::{shown, value};
use crate::{Config, Format};

pub(crate) fn parts(config: &Config, of: &Event) -> MessageParts {
    let msgid = if of.name.is_empty() { "event" } else { &of.name };
    let header = Header { severity: severity(of.level), time: of.time, resource: Some(&of.resource), msgid };
    let text = match config.format {
        Format::Text => line(of),
        Format::Json => {
            let mut json = Vec::new();
            quipu_jsonl::event(&mut json, of);
            ascii(String::from_utf8_lossy(&json).trim_end())
        }
    };
    MessageParts { header: header.text(config), data: data(config, of), text }
}

fn data(config: &Config, of: &Event) -> Data {
    let mut data = Data::new(config);
    data.maybe("trace_id", of.trace_id);
    data.maybe("span_id", of.span_id);
    data.push("level", of.level.as_str());
    data.push("type", &of.name);
    data.maybe("session_id", of.session.as_ref());
    data.maybe("agent", of.agent.as_ref());
    data.maybe("framework", of.framework.as_ref());
    data.maybe("error_type", of.attributes.text("exception.type"));
    data
}

/// The body; the JSON of a structured body; the name without a body.
fn line(of: &Event) -> String {
    let mut line = String::new();
    match &of.body {
        Value::String(text) => shown(&mut line, text),
        Value::Null => shown(&mut line, &of.name),
        body => value(&mut line, body),
    }
    line
}
