//! Structured events: OpenTelemetry log records and Quipu's own events.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Attributes, Resource, Scope, SpanId, Timestamp, TraceId, Value};

/// Severity. The order of the variants is part of the stored format.
///
/// ```
/// use quipu_core::Level;
///
/// assert!(Level::Success > Level::Info && Level::Critical > Level::Error);
/// ```
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
    /// A notable success.
    Success,
    /// Unexpected, but no failure.
    Warning,
    /// A failure.
    Error,
    /// The system cannot continue.
    Critical,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 7] =
        [Self::Trace, Self::Debug, Self::Info, Self::Success, Self::Warning, Self::Error, Self::Critical];

    /// Stable word of the level.
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

/// OTLP fields of a log record that Quipu does not use, kept for exporters. Stores need not keep them, and
/// they are not part of an event's identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventWire {
    /// Whether the record had no time: [`Event::time`] is then the observed time.
    pub timeless: bool,
    /// Observed time; `None` if it was not sent.
    pub observed: Option<Timestamp>,
    /// Severity number as sent; 0 if none was sent.
    pub severity: i32,
    /// Severity as the sender's own word.
    pub severity_text: CompactString,
    /// Whether the name had its own field, instead of an attribute or the body.
    pub named: bool,
    /// W3C trace flags.
    pub flags: u32,
    /// Number of attributes that the sender dropped.
    pub dropped_attributes: u32,
}

/// One structured event. Its identity is its whole content, so a repeated event changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Time of the event, else the observed time.
    pub time: Timestamp,
    /// Severity.
    pub level: Level,
    /// Name, such as `gen_ai.client.inference.operation.details`; empty for plain log lines.
    pub name: CompactString,
    /// Trace of the event.
    pub trace_id: Option<TraceId>,
    /// Span of the event.
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
    /// Further OTLP fields; `None` for events from other sources.
    pub wire: Option<Box<EventWire>>,
    /// Source of the event.
    pub resource: Arc<Resource>,
    /// Source instrumentation.
    pub scope: Arc<Scope>,
}

impl Event {
    /// Size in memory in bytes, contents included; its resource and scope count in full.
    pub fn bytes(&self) -> usize {
        let source = self.resource.attributes.heap_bytes() + self.scope.attributes.heap_bytes();
        size_of::<Self>() + self.name.len() + source + self.body.heap_bytes() + self.attributes.heap_bytes()
    }
}
