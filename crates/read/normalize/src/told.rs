//! Spans made from log records that report calls, tool runs and turns.

use std::borrow::Cow;

use compact_str::CompactString;
use quipu_core::{Event, Resource, Signal, Span, SpanId, Timestamp, TraceId, Value};

use crate::{label_at, text};

/// Maximum bytes of a text that go into an id; of a longer text, its length is added.
const TELLING: usize = 256;

/// The name of a log record: the attribute, otherwise the field, otherwise a body that is a name. Some
/// senders fill the field with a location in their code.
pub fn name_of(event: &Event) -> &str {
    let body = || event.body.as_str().filter(|text| !text.contains(char::is_whitespace));
    let field = Some(event.name.as_str()).filter(|name| !name.is_empty());
    event
        .attributes
        .text("event.name")
        .filter(|name| !name.is_empty())
        .or(field)
        .or_else(body)
        .unwrap_or_default()
}

/// A log record and its location: a separate trace per session and turn.
#[derive(Debug, Clone)]
pub struct LogRecord<'a> {
    event: &'a Event,
    family: &'static str,
    session: Option<CompactString>,
    turn: Option<CompactString>,
    time: Timestamp,
}

impl<'a> LogRecord<'a> {
    /// Locates a record of a family of sources by the attributes that name its session and its turn. `turn`
    /// is empty for sources whose records name no turn.
    pub fn of(event: &'a Event, family: &'static str, session: &str, turn: &str) -> Self {
        let on_resource = || label_at(&event.resource.attributes, session);
        Self {
            event,
            family,
            session: label_at(&event.attributes, session).or_else(on_resource),
            turn: label_at(&event.attributes, turn),
            time: time(event),
        }
    }

    /// The span of the turn, or of the session if turns have no name. The other spans have it as parent.
    pub fn root(&self, name: &str) -> Span {
        let mut span = self.made(self.root_id(), name, 0);
        span.parent_id = None;
        span
    }

    /// The span of one call or tool run that ended with the record and took `nanos` nanoseconds.
    pub fn span(&self, name: &str, nanos: i64) -> Span {
        let mut names = self.place();
        names.push(Cow::Borrowed(name));
        // The time of arrival is excluded, because it changes for each copy of a record without a time.
        names.push(Cow::Owned(self.time.nanos().to_string()));
        for (key, value) in &self.event.attributes {
            names.push(Cow::Borrowed(key));
            names.push(telling(value));
        }
        self.made(SpanId::made_of(&borrowed(&names)), name, nanos)
    }

    /// Session and turn. For records without a session, their sender and the minute.
    fn place(&self) -> Vec<Cow<'_, str>> {
        let turn = self.turn.as_deref().unwrap_or_default();
        let Some(session) = &self.session else {
            let minute = self.time.floor(60 * Timestamp::SECOND).nanos().to_string();
            let sender = fingerprint(&self.event.resource);
            return vec![self.family.into(), "".into(), sender.into(), minute.into(), turn.into()];
        };
        vec![self.family.into(), session.as_str().into(), turn.into()]
    }

    fn root_id(&self) -> SpanId {
        let mut names = self.place();
        names.push("root".into());
        SpanId::made_of(&borrowed(&names))
    }

    fn made(&self, id: SpanId, name: &str, nanos: i64) -> Span {
        let trace = TraceId::made_of(&borrowed(&self.place()));
        let start = self.time.plus(nanos.max(0).saturating_neg());
        let mut span = Span::new(trace, id, name, start, self.time);
        span.parent_id = self.session.is_some().then(|| self.root_id());
        span.resource = self.event.resource.clone();
        span.scope = self.event.scope.clone();
        span.attributes = self.event.attributes.clone();
        span.attributes.push(Signal::ATTRIBUTE, Signal::Log.as_str());
        span
    }
}

/// The time by the sender's own clock. Records without it have only the time of observation.
fn time(event: &Event) -> Timestamp {
    let said = event.attributes.text("event.timestamp").and_then(|text| text.parse().ok());
    said.unwrap_or(event.time)
}

/// The sender of a record: its resource, independent of the order of attributes.
pub(crate) fn fingerprint(resource: &Resource) -> String {
    let mut pairs: Vec<_> =
        resource.attributes.iter().map(|(key, value)| format!("{key}={}", telling(value))).collect();
    pairs.sort_unstable();
    pairs.join("\n")
}

/// A value as text, cut if it is long.
pub(crate) fn telling(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) if text.len() <= TELLING => Cow::Borrowed(text),
        Value::String(text) => Cow::Owned(format!("{}{}", text.len(), text::cut(text, TELLING))),
        Value::Int(int) => Cow::Owned(int.to_string()),
        Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Value::Array(values) => Cow::Owned(values.len().to_string()),
        Value::Map(pairs) => Cow::Owned(pairs.len().to_string()),
        Value::Bytes(bytes) => Cow::Owned(bytes.len().to_string()),
        other => Cow::Owned(format!("{other:?}")),
    }
}

fn borrowed<'a>(names: &'a [Cow<'_, str>]) -> Vec<&'a str> {
    names.iter().map(AsRef::as_ref).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::Arc;

    use quipu_core::{Attributes, Level};

    use super::*;

    fn event(attributes: &[(&str, &str)]) -> Event {
        Event {
            time: Timestamp::from_nanos(5_000_000_000),
            level: Level::Info,
            name: "event src/lib.rs:1".into(),
            trace_id: None,
            span_id: None,
            session: None,
            agent: None,
            framework: None,
            body: Value::Null,
            attributes: attributes.iter().copied().collect(),
            resource: Arc::default(),
            scope: Arc::default(),
            wire: None,
        }
    }

    #[test]
    fn the_attribute_names_a_record_first() {
        assert_eq!(name_of(&event(&[("event.name", "a.b")])), "a.b");
        assert_eq!(name_of(&event(&[])), "event src/lib.rs:1");
        let body = Event { name: "".into(), body: "c.d".into(), ..event(&[]) };
        assert_eq!(name_of(&body), "c.d");
        assert_eq!(name_of(&Event { body: "two words".into(), ..body }), "");
    }

    #[test]
    fn the_same_record_gives_the_same_span() {
        let event = event(&[("s", "1"), ("t", "2"), ("event.timestamp", "1970-01-01T00:00:09Z")]);
        let told = LogRecord::of(&event, "f", "s", "t");
        let (span, root) = (told.span("call", 2_000_000_000), told.root("turn"));
        assert_eq!(span, LogRecord::of(&event, "f", "s", "t").span("call", 2_000_000_000));
        assert_eq!((span.start.nanos(), span.end.unwrap().nanos()), (7_000_000_000, 9_000_000_000));
        assert_eq!(span.parent_id, Some(root.span_id));
        assert_eq!(span.trace_id, root.trace_id);
        assert_eq!(root.parent_id, None);
    }

    #[test]
    fn records_of_no_session_share_a_minute() {
        let (one, other) = (event(&[("n", "1")]), event(&[("n", "2")]));
        let later = Event { time: Timestamp::from_nanos(90_000_000_000), ..event(&[("n", "1")]) };
        let span = |event| LogRecord::of(event, "f", "s", "").span("call", -1);
        assert_eq!(span(&one).trace_id, span(&other).trace_id);
        assert_ne!(span(&one).span_id, span(&other).span_id);
        assert_ne!(span(&one).trace_id, span(&later).trace_id);
        assert_eq!(span(&one).parent_id, None);
    }

    #[test]
    fn a_resource_is_the_same_in_any_order() {
        let of = |pairs: [(&str, &str); 2]| Resource {
            attributes: pairs.into_iter().collect::<Attributes>(),
            ..Resource::default()
        };
        let (one, other) = (of([("a", "1"), ("b", "2")]), of([("b", "2"), ("a", "1")]));
        assert_eq!(fingerprint(&one), fingerprint(&other));
    }
}
