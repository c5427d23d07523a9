//! Converts processes, references and logs into resources, links and events.

use std::mem::size_of;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Link, Resource, SpanEvent, Timestamp, Value};

use crate::draft::{Pair, Read, Reference};
use crate::taker::Taker;

/// The resource of a process: its service and its tags. Jaeger's clients write `hostname` for `host.name`.
pub(crate) fn resource(service: Vec<u8>, tags: Vec<Pair>, to: &mut Taker<'_>) -> Read<Arc<Resource>> {
    let mut attributes = Vec::with_capacity(tags.len() + 1);
    let named_by_field = !service.is_empty();
    if named_by_field {
        let service = Value::String(to.text(service));
        attributes.push(to.pair(b"service.name".to_vec(), service)?);
    }
    let has_host = tags.iter().any(|(name, _)| name == "host.name");
    for (key, value) in tags {
        match key.as_str() {
            "service.name" if named_by_field => {}
            "hostname" if !has_host => attributes.push(("host.name".into(), value)),
            _ => attributes.push((key, value)),
        }
    }
    Ok(to.resource(Resource { attributes: attributes.into_iter().collect(), schema_url: "".into() }))
}

impl Taker<'_> {
    /// Adds a reference, up to the limit of the span.
    pub(crate) fn reference(&mut self, into: &mut Vec<Reference>, reference: Reference) -> Read<()> {
        // One reference may be the parent.
        if into.len() > self.limits.span_links {
            self.mend("span_links");
            return Ok(());
        }
        self.charge(size_of::<Reference>() + size_of::<Link>())?;
        into.push(reference);
        Ok(())
    }

    /// Whether the span may have one more event. Otherwise the event is counted as dropped.
    pub(crate) fn has_room_for_event(&mut self, have: &[SpanEvent]) -> bool {
        let fits = have.len() < self.limits.span_events;
        if !fits {
            self.mend("span_events");
        }
        fits
    }

    /// Adds an event. Its name is in the field `event`, as in OpenTelemetry and OpenTracing, else in
    /// `message`, as in the exporters for Python.
    pub(crate) fn event(&mut self, into: &mut Vec<SpanEvent>, nanos: i64, mut fields: Vec<Pair>) -> Read<()> {
        let most = self.limits.name_bytes;
        let named = |key: &str| {
            let short = |value: &Value| value.as_str().is_some_and(|text| text.len() <= most);
            fields.iter().position(|(name, value)| name == key && short(value))
        };
        let name = match named("event").or_else(|| named("message")).map(|at| fields.remove(at)) {
            Some((_, Value::String(name))) => name.into(),
            _ => CompactString::default(),
        };
        self.named_event(into, nanos, name, fields)
    }

    /// Adds an event with a known name.
    pub(crate) fn named_event(
        &mut self,
        into: &mut Vec<SpanEvent>,
        nanos: i64,
        name: CompactString,
        fields: Vec<Pair>,
    ) -> Read<()> {
        self.charge(size_of::<SpanEvent>() + name.len())?;
        let attributes = fields.into_iter().collect();
        into.push(SpanEvent { time: Timestamp::from_nanos(nanos), name, attributes });
        Ok(())
    }
}
