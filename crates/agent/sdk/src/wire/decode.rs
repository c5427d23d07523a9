//! Decoding of records on the drain's thread.

use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use quipu_core::{
    Attributes, Batch, Event, Level, Link, Resource, Scope, Span, SpanEvent, SpanId, SpanKind, Timestamp,
    TraceId, Usd, Value,
};
use quipu_semconv::quipu::{DATA_PREFIX, SCOPE, USAGE_ESTIMATED};

use super::head::{DecodedHead, EVENT, SPAN};
use super::key::Key;
use super::kinds::{FOREIGN, ROWS, Row};
use super::read::{Reader, Start};
use super::write::{COMMON, RARE};
use crate::Content;
use crate::clock::Scale;

/// Most cached scopes of other instrumentations; they are few and static.
const SCOPES: usize = 64;

/// Decoder of records.
#[derive(Debug)]
pub(crate) struct Decoder {
    resource: Arc<Resource>,
    own: Arc<Scope>,
    foreign: Vec<Arc<Scope>>,
    /// Buffer for texts.
    bytes: Vec<u8>,
}

/// A record while its fields are decoded.
#[derive(Default)]
struct PartialRecord {
    attributes: Attributes,
    /// Bit set of the well-known keys in `attributes`.
    seen: [u64; 4],
    /// Whether a key was given as text, which `seen` does not cover.
    by_text: bool,
    /// The following fields are bound values, which do not replace explicit ones.
    bound: bool,
    name: Option<CompactString>,
    subject: CompactString,
    message: String,
    trace_state: String,
    scope: Option<CompactString>,
    body: Value,
    given: GivenTimes,
    events: Vec<SpanEvent>,
    links: Vec<Link>,
}

/// Times in nanoseconds that the caller gave, in place of those of the clock.
#[derive(Default)]
struct GivenTimes {
    start: Option<i64>,
    end: Option<i64>,
    duration: Option<i64>,
    /// Times of a manual clock, in place of those of the machine.
    clock_start: Option<i64>,
    clock_end: Option<i64>,
}

impl GivenTimes {
    /// Start and end. The duration counts from a given start, or else back from the end.
    fn over(self, start: Timestamp, end: Timestamp) -> (Timestamp, Timestamp) {
        let start = self.clock_start.map_or(start, Timestamp::from_nanos);
        let end = self.end.or(self.clock_end).map_or(end, Timestamp::from_nanos);
        let (start, end) = match (self.start.map(Timestamp::from_nanos), self.duration) {
            (Some(start), Some(duration)) => (start, start.plus(duration)),
            (Some(start), None) => (start, end),
            (None, Some(duration)) => (end.plus(-duration), end),
            (None, None) => (start, end),
        };
        (start, end.max(start))
    }
}

impl Decoder {
    pub fn new(resource: Arc<Resource>) -> Self {
        let own = Scope {
            name: CompactString::const_new(SCOPE),
            version: CompactString::const_new(env!("CARGO_PKG_VERSION")),
            ..Scope::default()
        };
        Self { resource, own: Arc::new(own), foreign: Vec::new(), bytes: Vec::new() }
    }

    /// Decodes a record into the batch. `scale` converts ticks to time. False if the bytes are no record,
    /// which would be a defect of this crate.
    pub fn decode(&mut self, record: &[u64], scale: &Scale, batch: &mut Batch) -> bool {
        let Some((head, rest)) = DecodedHead::read(record) else { return false };
        let mut parts =
            PartialRecord { attributes: Attributes::with_capacity(20), ..PartialRecord::default() };
        let row = (head.what == SPAN && head.kind != FOREIGN)
            .then(|| ROWS.get(usize::from(head.kind)).unwrap_or(&ROWS[0]));
        if let Some(row) = row {
            parts.set(Key::KIND, row.word.into());
            if !row.operation.is_empty() {
                parts.set(Key::OPERATION, row.operation.into());
            }
        }
        if parts.fields(&mut Reader::new(rest, &mut self.bytes), scale).is_none() {
            return false;
        }
        match head.what {
            SPAN => self.span(head, row, parts, scale).map(|span| batch.spans.push(span)).is_some(),
            EVENT => {
                batch.events.push(self.event(&head, parts, scale));
                true
            }
            _ => false,
        }
    }

    fn span(
        &mut self,
        head: DecodedHead,
        row: Option<&Row>,
        mut parts: PartialRecord,
        scale: &Scale,
    ) -> Option<Span> {
        let (trace_id, span_id) = (head.trace_id?, head.span_id?);
        if !head.sampled {
            parts.set(Key::SAMPLED, Value::Bool(false));
        }
        let name = parts.name.take().or_else(|| row.map(|row| parts.named(row))).unwrap_or_default();
        let usual = match row {
            Some(row) if row.client => SpanKind::Client,
            Some(_) => SpanKind::Internal,
            None => SpanKind::Unspecified,
        };
        let (start, end) = parts.given.over(scale.time(head.start), scale.time(head.end));
        let scope = self.scope(parts.scope.take());
        let mut span = Span::new(trace_id, span_id, &name, start, end);
        span.parent_id = head.parent_id;
        span.kind = head.span_kind.unwrap_or(usual);
        span.status = head.status;
        span.status_message = parts.message;
        span.trace_state = parts.trace_state;
        span.resource = Arc::clone(&self.resource);
        span.scope = scope;
        span.attributes = parts.attributes;
        span.events = parts.events;
        span.links = parts.links;
        Some(span)
    }

    fn event(&mut self, head: &DecodedHead, parts: PartialRecord, scale: &Scale) -> Event {
        let bound = |key: Key| parts.attributes.text(key.text()).map(CompactString::from);
        Event {
            time: parts.given.clock_start.map_or_else(|| scale.time(head.start), Timestamp::from_nanos),
            level: Level::ALL.get(usize::from(head.kind)).copied().unwrap_or_default(),
            name: parts.name.unwrap_or_default(),
            trace_id: head.trace_id,
            span_id: head.span_id,
            session: bound(Key::SESSION),
            agent: bound(Key::AGENT_NAME),
            framework: bound(Key::FRAMEWORK),
            body: parts.body,
            resource: Arc::clone(&self.resource),
            scope: self.scope(parts.scope),
            attributes: parts.attributes,
            wire: None,
        }
    }

    fn scope(&mut self, name: Option<CompactString>) -> Arc<Scope> {
        let Some(name) = name else { return Arc::clone(&self.own) };
        if let Some(known) = self.foreign.iter().find(|scope| scope.name == name) {
            return Arc::clone(known);
        }
        let scope = Arc::new(Scope { name, ..Scope::default() });
        if self.foreign.len() < SCOPES {
            self.foreign.push(Arc::clone(&scope));
        }
        scope
    }
}

impl PartialRecord {
    fn fields(&mut self, reader: &mut Reader<'_>, scale: &Scale) -> Option<()> {
        while !reader.is_over() {
            let start = reader.start()?;
            match Key(start.key) {
                Key::BOUND => self.bound = true,
                Key(0) => {
                    self.by_text = true;
                    let name = reader.name(start)?;
                    self.put(name, reader.value(start)?);
                }
                Key::NAME => self.name = Some(reader.text(start.len)?.into()),
                Key::SUBJECT => self.subject = reader.text(start.len)?.into(),
                Key::SCOPE => self.scope = Some(reader.text(start.len)?.into()),
                Key::MESSAGE => reader.text(start.len)?.clone_into(&mut self.message),
                Key::TRACE_STATE => reader.text(start.len)?.clone_into(&mut self.trace_state),
                Key::BODY => self.body = reader.value(start)?,
                key => self.field(key, start, reader, scale)?,
            }
        }
        Some(())
    }

    fn field(&mut self, key: Key, start: Start, reader: &mut Reader<'_>, scale: &Scale) -> Option<()> {
        match key {
            Key::USAGE => return self.usage(start.len, &COUNTERS[..COMMON], reader),
            Key::RARE_USAGE => return self.usage(start.len, &COUNTERS[COMMON..], reader),
            Key::COST => {
                let bits = u128::from(reader.word()?) | u128::from(reader.word()?) << 64;
                self.set(key, Usd::from_raw(bits.cast_signed()).to_string().into());
            }
            Key::EVENT => {
                let time = scale.time(reader.word()?);
                let name = reader.name(start)?;
                let attributes = (0..start.len).map(|_| reader.named()).collect::<Option<Vec<_>>>()?;
                self.events.push(SpanEvent { time, name, attributes: attributes.into_iter().collect() });
            }
            Key::LINK => {
                let bits = u128::from(reader.word()?) << 64 | u128::from(reader.word()?);
                let trace_id = TraceId::from_bytes(bits.to_be_bytes()).ok()?;
                let span_id = SpanId::from_bytes(reader.word()?.to_be_bytes()).ok()?;
                self.links.push(Link { trace_id, span_id, attributes: Attributes::new() });
            }
            Key::DATA => {
                let name = format_compact!("{DATA_PREFIX}{}", reader.name(start)?);
                self.put(name, reader.value(start)?);
            }
            Key::CLOCK_START => self.given.clock_start = Some(reader.word()?.cast_signed()),
            Key::CLOCK_END => self.given.clock_end = Some(reader.word()?.cast_signed()),
            Key::STARTED => self.given.start = Some(reader.word()?.cast_signed()),
            Key::ENDED => self.given.end = Some(reader.word()?.cast_signed()),
            Key::DURATION => self.given.duration = Some(reader.word()?.cast_signed()),
            Key::INPUT_TEXT => self.set(key, message("user", reader.text(start.len)?)),
            Key::OUTPUT_TEXT => self.set(key, message("assistant", reader.text(start.len)?)),
            Key::FINISH_REASONS | Key::TAGS => {
                let value = reader.value(start)?;
                self.append(key, value);
            }
            _ => {
                let value = reader.value(start)?;
                self.set(key, value);
            }
        }
        Some(())
    }

    fn usage(&mut self, mask: usize, keys: &[&'static str], reader: &mut Reader<'_>) -> Option<()> {
        for (bit, key) in keys.iter().enumerate() {
            let count = i64::try_from(reader.word()?).unwrap_or(i64::MAX);
            if mask & (1 << bit) != 0 {
                self.put(CompactString::const_new(key), count.into());
            }
        }
        if mask & (1 << 15) != 0 {
            self.put(CompactString::const_new(USAGE_ESTIMATED), true.into());
        }
        Some(())
    }

    /// Sets a well-known key. A later value replaces an earlier one, but a bound value does not replace an
    /// explicit one.
    fn set(&mut self, key: Key, value: Value) {
        let (word, bit) = (usize::from(key.0 / 64), 1_u64 << (key.0 % 64));
        let known = self.by_text || self.seen[word] & bit != 0;
        self.seen[word] |= bit;
        let name = CompactString::const_new(key.text());
        if known { self.put(name, value) } else { self.attributes.push(name, value) }
    }

    /// Sets any key; a later value replaces an earlier one.
    fn put(&mut self, name: CompactString, value: Value) {
        match self.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some(_) if self.bound => {}
            Some((_, held)) => *held = value,
            None => self.attributes.push(name, value),
        }
    }

    /// Appends to the list under a key.
    fn append(&mut self, key: Key, value: Value) {
        match self.attributes.iter_mut().find(|(known, _)| known == key.text()) {
            Some((_, Value::Array(items))) => items.push(value),
            _ => self.set(key, Value::Array(vec![value])),
        }
    }

    /// `{operation} {subject}`.
    fn named(&self, row: &Row) -> CompactString {
        let subject = match row.subject {
            Key::SUBJECT => self.subject.as_str(),
            key => self.attributes.text(key.text()).unwrap_or_default(),
        };
        match self.attributes.text(Key::OPERATION.text()) {
            Some(operation) if subject.is_empty() => operation.into(),
            Some(operation) if !row.operation.is_empty() => format_compact!("{operation} {subject}"),
            _ => subject.into(),
        }
    }
}

/// One message in OpenTelemetry's GenAI message schema, as JSON.
fn message(role: &str, text: &str) -> Value {
    Value::String(Content::Text(text).to_messages(role))
}

/// Attributes of the counters, in the order of their bits.
const COUNTERS: [&str; COMMON + RARE] = [
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.cache_creation.5m_input_tokens",
    "gen_ai.usage.cache_creation.1h_input_tokens",
    "gen_ai.usage.audio.input_tokens",
    "gen_ai.usage.image.input_tokens",
    "gen_ai.usage.audio.cache_read.input_tokens",
    "gen_ai.usage.tool_use_prompt_tokens",
    "gen_ai.usage.audio.output_tokens",
    "gen_ai.usage.image.output_tokens",
];
