//! Encoding of a body: the fields of a span or event that are only read as a whole, such as attributes,
//! events, links and texts.

use std::iter;

use compact_str::CompactString;
use quipu_core::{Attributes, Event, Link, Span, SpanEvent, SpanKind, Timestamp, Value};
use serde::{Deserialize, Serialize};

use crate::codec::onto::write_onto;
use crate::fault::Result;

#[derive(Serialize)]
struct SpanBodyRef<'s> {
    kind: SpanKind,
    message: &'s str,
    state: &'s str,
    attributes: &'s Attributes,
    events: Vec<(i64, &'s str, &'s Attributes)>,
    links: &'s [Link],
}

/// A span's body, decoded.
#[derive(Debug, Deserialize)]
pub(crate) struct SpanBody {
    pub(crate) kind: SpanKind,
    pub(crate) message: String,
    pub(crate) state: String,
    pub(crate) attributes: Attributes,
    events: Vec<(i64, CompactString, Attributes)>,
    pub(crate) links: Vec<Link>,
}

impl SpanBody {
    /// The attributes of the span, and of each of its events.
    pub(crate) fn attributes_all(&self) -> impl Iterator<Item = &Attributes> {
        iter::once(&self.attributes).chain(self.events.iter().map(|(_, _, attributes)| attributes))
    }

    /// Removes and returns the span's events. Their times are stored relative to its start.
    pub(crate) fn take_events(&mut self, start: Timestamp) -> Vec<SpanEvent> {
        let events = std::mem::take(&mut self.events).into_iter();
        events
            .map(|(after, name, attributes)| SpanEvent {
                time: Timestamp::from_nanos(start.nanos().wrapping_add(after)),
                name,
                attributes,
            })
            .collect()
    }
}

/// Borrowed keys and values.
type PairsIn<'b> = Vec<(&'b str, ValueIn<'b>)>;

/// The texts of a span's body, borrowed.
#[derive(Debug, Deserialize)]
pub(crate) struct SpanTexts<'b> {
    _kind: SpanKind,
    pub(crate) message: &'b str,
    _state: &'b str,
    #[serde(borrow)]
    pub(crate) attributes: PairsIn<'b>,
    /// Time, name and attributes of each event.
    pub(crate) events: Vec<(i64, &'b str, PairsIn<'b>)>,
}

/// A borrowed [`Value`]: the same variants in the same order.
#[derive(Debug, Deserialize)]
pub(crate) enum ValueIn<'b> {
    Null,
    Bool(#[expect(dead_code, reason = "skipped while decoding")] bool),
    Int(i64),
    Double(#[expect(dead_code, reason = "skipped while decoding")] f64),
    String(&'b str),
    Bytes(#[expect(dead_code, reason = "skipped while decoding")] &'b [u8]),
    #[serde(borrow)]
    Array(Vec<Self>),
    Map(Vec<(&'b str, Self)>),
}

/// Reads the texts of a span's body.
pub(crate) fn span_texts(bytes: &[u8]) -> Result<SpanTexts<'_>> {
    Ok(postcard::take_from_bytes(bytes)?.0)
}

/// Writes a span's body into `out`, after clearing it.
pub(crate) fn encode_span(span: &Span, out: &mut Vec<u8>) -> Result<()> {
    let start = span.start.nanos();
    let events = span.events.iter();
    let body = SpanBodyRef {
        kind: span.kind,
        message: &span.status_message,
        state: &span.trace_state,
        attributes: &span.attributes,
        events: events
            .map(|event| (event.time.nanos().wrapping_sub(start), event.name.as_str(), &event.attributes))
            .collect(),
        links: &span.links,
    };
    out.clear();
    write_onto(&body, out)
}

/// Reads a span's body.
pub(crate) fn decode_span(bytes: &[u8]) -> Result<SpanBody> {
    Ok(postcard::from_bytes(bytes)?)
}

/// An event's body, decoded.
#[derive(Debug, Deserialize)]
pub(crate) struct EventBody {
    pub(crate) body: Value,
    pub(crate) attributes: Attributes,
}

/// Writes an event's body into `out`, after clearing it.
pub(crate) fn encode_event(event: &Event, out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    write_onto(&(&event.body, &event.attributes), out)
}

/// Reads an event's body.
pub(crate) fn decode_event(bytes: &[u8]) -> Result<EventBody> {
    Ok(postcard::from_bytes(bytes)?)
}
