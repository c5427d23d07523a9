//! Reads and writes spans, and the resource and scope that other records have too.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Cost, Link, Resource, Result, Scope, Span, SpanEvent, SpanKind, Status};

use crate::fields::Fields;
use crate::object::{Object, list};
use crate::value::attributes;
use crate::words::Word;
use crate::{canonical, cost};

pub(crate) fn write(out: &mut Vec<u8>, span: &Span, row: Option<&Cost>) {
    let mut object = Object::new(out);
    object.text("record", "span");
    object.shown("trace_id", Some(span.trace_id));
    object.shown("span_id", Some(span.span_id));
    object.shown("parent_span_id", span.parent_id);
    object.text("name", &span.name);
    object.text("kind", span.canonical.kind.as_str());
    object.maybe("span_kind", (span.kind != SpanKind::Unspecified).then(|| Word::word(span.kind)));
    object.shown("started_at", Some(span.start));
    object.shown("ended_at", span.end);
    object.double("duration_ms", span.duration().map(|nanos| nanos as f64 / 1e6));
    let running = span.end.is_none() && span.status == Status::Unset;
    object.text("status", if running { "running" } else { Word::word(span.status) });
    object.filled("status_message", &span.status_message);
    object.maybe("service", span.resource.service());
    canonical::write(&mut object, &span.canonical);
    if let Some(row) = row {
        cost::write_verdict(&mut object, row);
    }
    object.filled("trace_state", &span.trace_state);
    attributes(object.key("attributes"), &span.attributes);
    if !span.events.is_empty() {
        list(object.key("events"), &span.events, write_event);
    }
    if !span.links.is_empty() {
        list(object.key("links"), &span.links, write_link);
    }
    write_source(&mut object, &span.resource, &span.scope, &span.canonical.convention);
    object.end();
}

fn write_event(out: &mut Vec<u8>, event: &SpanEvent) {
    let mut object = Object::new(out);
    object.text("name", &event.name);
    object.shown("time", Some(event.time));
    attributes(object.key("attributes"), &event.attributes);
    object.end();
}

fn write_link(out: &mut Vec<u8>, link: &Link) {
    let mut object = Object::new(out);
    object.shown("trace_id", Some(link.trace_id));
    object.shown("span_id", Some(link.span_id));
    attributes(object.key("attributes"), &link.attributes);
    object.end();
}

/// Writes a record's source: resource, scope, and its convention.
pub(crate) fn write_source(object: &mut Object<'_>, resource: &Resource, scope: &Scope, convention: &str) {
    if !resource.attributes.is_empty() {
        attributes(object.key("resource"), &resource.attributes);
    }
    object.filled("resource_schema_url", &resource.schema_url);
    if *scope == Scope::default() && convention.is_empty() {
        return;
    }
    let mut source = Object::new(object.key("source"));
    source.filled("convention", convention);
    source.filled("instrumentation", &scope.name);
    source.filled("version", &scope.version);
    if !scope.attributes.is_empty() {
        attributes(source.key("attributes"), &scope.attributes);
    }
    source.filled("schema_url", &scope.schema_url);
    source.end();
}

pub(crate) fn read(from: &mut Fields) -> Result<Span> {
    let (resource, scope, convention) = read_source(from)?;
    let mut read = canonical::read(from)?;
    read.convention = convention;
    Ok(Span {
        trace_id: from.need("trace_id")?,
        span_id: from.need("span_id")?,
        parent_id: from.get("parent_span_id")?,
        name: from.need("name")?,
        start: from.need("started_at")?,
        end: from.get("ended_at")?,
        kind: from.or_default("span_kind")?,
        status: read_status(from)?,
        status_message: from.or_default("status_message")?,
        trace_state: from.or_default("trace_state")?,
        resource,
        scope,
        attributes: from.or_default("attributes")?,
        events: from.list("events", read_event)?,
        links: from.list("links", read_link)?,
        canonical: Box::new(read),
        wire: Default::default(),
        arrival: Default::default(),
    })
}

fn read_status(from: &mut Fields) -> Result<Status> {
    let word: CompactString = from.need("status")?;
    let known = <Status as Word>::ALL.iter().copied().find(|status| Word::word(*status) == word);
    match known {
        Some(status) => Ok(status),
        None if word == "running" => Ok(Status::Unset),
        None => Err(crate::fields::wrong("span status: not ok, error, unset or running")),
    }
}

fn read_event(from: &mut Fields) -> Result<SpanEvent> {
    Ok(SpanEvent {
        time: from.need("time")?,
        name: from.need("name")?,
        attributes: from.or_default("attributes")?,
    })
}

fn read_link(from: &mut Fields) -> Result<Link> {
    Ok(Link {
        trace_id: from.need("trace_id")?,
        span_id: from.need("span_id")?,
        attributes: from.or_default("attributes")?,
    })
}

pub(crate) fn read_source(from: &mut Fields) -> Result<(Arc<Resource>, Arc<Scope>, CompactString)> {
    let resource = Resource {
        attributes: from.or_default("resource")?,
        schema_url: from.or_default("resource_schema_url")?,
    };
    let Some(mut source) = from.within("source")? else {
        return Ok((Arc::new(resource), Arc::default(), CompactString::default()));
    };
    let scope = Scope {
        name: source.or_default("instrumentation")?,
        version: source.or_default("version")?,
        attributes: source.or_default("attributes")?,
        schema_url: source.or_default("schema_url")?,
    };
    Ok((Arc::new(resource), Arc::new(scope), source.or_default("convention")?))
}
