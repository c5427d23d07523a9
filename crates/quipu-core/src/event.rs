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

/// One structured event. Identity is its whole content: the same event again changes nothing.
#[derive(Debug, Clone, PartialEq)]
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
    /// What produced it.
    pub resource: Arc<Resource>,
    /// Which instrumentation produced it.
    pub scope: Arc<Scope>,
}
