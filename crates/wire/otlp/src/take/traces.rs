//! Decodes spans, their events and links.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{self as wire, span::SpanKind as WireKind, status::StatusCode};
use quipu_core::{
    Attributes, Link, Resource, Result, Scope, Span, SpanEvent, SpanId, SpanKind, SpanWire, Status, Timestamp,
};

use super::{TakeError, Taker, is_unset, span_id, trace_id, wrong_id};
use crate::rest;

/// Moves every valid span into the batch.
pub(super) fn take(request: ExportTraceServiceRequest, to: &mut Taker<'_>) {
    for (r, group) in request.resource_spans.into_iter().enumerate() {
        let resource = Arc::new(to.resource(group.resource, group.schema_url));
        for (s, group) in group.scope_spans.into_iter().enumerate() {
            let scope = Arc::new(to.scope(group.scope, group.schema_url));
            to.out.batch.spans.reserve(group.spans.len().min(4_096));
            for (i, span) in group.spans.into_iter().enumerate() {
                match to.identity(&span) {
                    Ok(identity) => {
                        let span = to.span(span, identity, &resource, &scope);
                        to.out.batch.spans.push(span);
                    }
                    Err(refusal) => {
                        let place =
                            format_args!("resource_spans[{r}].scope_spans[{s}].spans[{i}]").to_string();
                        to.refuse("span", refusal, || with_ids(place, &span));
                    }
                }
            }
        }
    }
}

/// Required fields of a span.
struct Identity {
    trace_id: quipu_core::TraceId,
    span_id: SpanId,
    parent_id: Option<SpanId>,
    start: Timestamp,
    end: Option<Timestamp>,
}

impl Taker<'_> {
    fn identity(&self, span: &wire::Span) -> Result<Identity, TakeError> {
        let (start, end) = self.times(span)?;
        Ok(Identity {
            trace_id: trace_id(&span.trace_id)?,
            span_id: span_id(&span.span_id)?,
            parent_id: parent_id(&span.parent_span_id)?,
            start,
            end,
        })
    }

    fn times(&self, span: &wire::Span) -> Result<(Timestamp, Option<Timestamp>), TakeError> {
        match (span.start_time_unix_nano, span.end_time_unix_nano) {
            (0, 0) => Err(TakeError::new("time_missing", "start and end time are missing")),
            (0, _) => Err(TakeError::new("time_missing", "start time is missing")),
            (start, 0) => Ok((self.time("start time", start)?, None)),
            (start, end) if end < start => {
                let why = format!("end time {end} ns is before start time {start} ns");
                Err(TakeError::new("time_order", why))
            }
            (start, end) => Ok((self.time("start time", start)?, Some(self.time("end time", end)?))),
        }
    }

    fn span(&mut self, span: wire::Span, id: Identity, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Span {
        let status = span.status.unwrap_or_default();
        let mut sent = SpanWire {
            flags: span.flags,
            dropped_attributes: span.dropped_attributes_count,
            dropped_events: span.dropped_events_count,
            dropped_links: span.dropped_links_count,
        };
        Span {
            trace_id: id.trace_id,
            span_id: id.span_id,
            parent_id: id.parent_id,
            name: self.name(span.name),
            start: id.start,
            end: id.end,
            kind: kind(span.kind),
            status: match StatusCode::try_from(status.code) {
                Ok(StatusCode::Ok) => Status::Ok,
                Ok(StatusCode::Error) => Status::Error,
                Ok(StatusCode::Unset) | Err(_) => Status::Unset,
            },
            status_message: self.cut(status.message, self.limits.value_bytes, "value_bytes"),
            trace_state: self.cut(span.trace_state, self.limits.value_bytes, "value_bytes"),
            resource: Arc::clone(resource),
            scope: Arc::clone(scope),
            attributes: self.attributes(span.attributes, &mut sent.dropped_attributes),
            events: self.events(span.events, id.start, &mut sent.dropped_events),
            links: self.links(span.links, &mut sent.dropped_links),
            canonical: Box::default(),
            wire: sent,
            arrival: Default::default(),
        }
    }

    fn events(
        &mut self,
        mut events: Vec<wire::span::Event>,
        start: Timestamp,
        dropped: &mut u32,
    ) -> Vec<SpanEvent> {
        self.shorten(&mut events, self.limits.span_events, "span_events", dropped);
        events.into_iter().map(|event| self.span_event(event, start)).collect()
    }

    fn span_event(&mut self, event: wire::span::Event, start: Timestamp) -> SpanEvent {
        let timeless = event.time_unix_nano == 0;
        let mut rest = rest::OfEvent { dropped_attributes: event.dropped_attributes_count, timeless };
        let said = timeless || rest.dropped_attributes > 0;
        let more = if said { rest::OfEvent::MOST } else { 0 };
        let mut attributes = self.attributes_with(event.attributes, &mut rest.dropped_attributes, more);
        rest::keep_event(&mut attributes, &rest);
        SpanEvent {
            time: Self::loose_time(event.time_unix_nano, start),
            name: self.name(event.name),
            attributes,
        }
    }

    /// A link without valid ids has no target and is dropped.
    fn links(&mut self, mut links: Vec<wire::span::Link>, dropped: &mut u32) -> Vec<Link> {
        self.shorten(&mut links, self.limits.span_links, "span_links", dropped);
        let mut taken = Vec::with_capacity(links.len());
        for link in links {
            match (trace_id(&link.trace_id), span_id(&link.span_id)) {
                (Ok(trace_id), Ok(span_id)) => {
                    taken.push(Link { trace_id, span_id, attributes: self.of_link(link) });
                }
                _ => {
                    self.mended().add("link_ids", 1);
                    *dropped = dropped.saturating_add(1);
                }
            }
        }
        taken
    }

    fn of_link(&mut self, link: wire::span::Link) -> Attributes {
        let mut rest = rest::OfLink {
            dropped_attributes: link.dropped_attributes_count,
            trace_state: self.cut(link.trace_state, self.limits.value_bytes, "value_bytes"),
            flags: link.flags,
        };
        let said = rest.dropped_attributes > 0 || rest.flags > 0 || !rest.trace_state.is_empty();
        let more = if said { rest::OfLink::MOST } else { 0 };
        let mut attributes = self.attributes_with(link.attributes, &mut rest.dropped_attributes, more);
        rest::keep_link(&mut attributes, rest);
        attributes
    }
}

fn parent_id(bytes: &[u8]) -> Result<Option<SpanId>, TakeError> {
    match bytes {
        [] | [0, 0, 0, 0, 0, 0, 0, 0] => Ok(None),
        bytes => SpanId::from_slice(bytes)
            .map(Some)
            .map_err(|error| wrong_id("parent_id", "parent span id", bytes, error)),
    }
}

fn kind(kind: i32) -> SpanKind {
    match WireKind::try_from(kind) {
        Ok(WireKind::Internal) => SpanKind::Internal,
        Ok(WireKind::Server) => SpanKind::Server,
        Ok(WireKind::Client) => SpanKind::Client,
        Ok(WireKind::Producer) => SpanKind::Producer,
        Ok(WireKind::Consumer) => SpanKind::Consumer,
        Ok(WireKind::Unspecified) | Err(_) => SpanKind::Unspecified,
    }
}

/// The position with the valid ids, so that the sender can find the span.
fn with_ids(mut place: String, span: &wire::Span) -> String {
    if !is_unset(&span.trace_id)
        && let Ok(id) = trace_id(&span.trace_id)
    {
        place.push_str(&format!(" trace {id}"));
    }
    if let Ok(id) = span_id(&span.span_id) {
        place.push_str(&format!(" span {id}"));
    }
    place
}
