//! Structured events: OpenTelemetry log records and events of our own.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Attributes, Resource, Scope, SpanId, Timestamp, TraceId, Value};

/// Severity. The order of the variants is part of the stored format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Finest detail.
    Trace,
    /// For debugging.
    Debug,
    /// Normal.
    #[default]
    Info,
    /// Something succeeded that is worth saying.
    Success,
    /// Not as it should be.
    Warning,
    /// Failed.
    Error,
    /// The system cannot go on.
    Critical,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 7] =
        [Self::Trace, Self::Debug, Self::Info, Self::Success, Self::Warning, Self::Error, Self::Critical];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// The level of an OpenTelemetry severity number (1 to 24; 0 and others are [`Level::Info`]).
    pub const fn from_severity(number: i32) -> Self {
        match number {
            1..=4 => Self::Trace,
            5..=8 => Self::Debug,
            13..=16 => Self::Warning,
            17..=20 => Self::Error,
            21..=24 => Self::Critical,
            _ => Self::Info,
        }
    }
}

/// What OTLP says of a log record that Quipu itself does not read: for those who pass events on. Stores need not keep it, and it
/// is no part of an event's identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventWire {
    /// When the record had no time of its own: [`Event::time`] is then the observed one.
    pub timeless: bool,
    /// When it was observed; `None` when that was not sent.
    pub observed: Option<Timestamp>,
    /// Severity number as sent; 0 when none was.
    pub severity: i32,
    /// Severity in the sender's own word.
    pub severity_text: CompactString,
    /// Whether the name was a field of its own, and not found in the attributes or the body.
    pub named: bool,
    /// W3C trace flags.
    pub flags: u32,
    /// Attributes that the sender left out.
    pub dropped_attributes: u32,
}

/// One structured event. Identity is its whole content: the same event again changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened; when the source did not say, when it was observed.
    pub time: Timestamp,
    /// Severity.
    pub level: Level,
    /// What happened, such as `gen_ai.client.inference.operation.details`; empty for plain log lines.
    pub name: CompactString,
    /// The trace that it belongs to.
    pub trace_id: Option<TraceId>,
    /// The span that it belongs to.
    pub span_id: Option<SpanId>,
    /// Conversation or session.
    pub session: Option<CompactString>,
    /// Agent.
    pub agent: Option<CompactString>,
    /// Framework.
    pub framework: Option<CompactString>,
    /// Body as sent.
    pub body: Value,
    /// Attributes as sent.
    pub attributes: Attributes,
    /// What else was sent; `None` for events that came by another way than OTLP.
    pub wire: Option<Box<EventWire>>,
    /// What produced it.
    pub resource: Arc<Resource>,
    /// Which instrumentation produced it.
    pub scope: Arc<Scope>,
}

impl Event {
    /// Bytes that it takes with all that it holds; its resource and scope count in full.
    pub fn bytes(&self) -> usize {
        let source = self.resource.attributes.heap_bytes() + self.scope.attributes.heap_bytes();
        size_of::<Self>() + self.name.len() + source + self.body.heap_bytes() + self.attributes.heap_bytes()
    }
}
