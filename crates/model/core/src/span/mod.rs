//! The span as it was sent, plus the canonical fields that an adapter read from it.

mod scope;

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    Arrival, Attributes, Canonical, Kind, Meeting, SpanId, Timestamp, TraceId, Value, meets_by_time,
};

pub use self::scope::{Scope, ScopeMark};

/// Source of the telemetry: the OpenTelemetry resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Attributes such as `service.name`.
    pub attributes: Attributes,
    /// Schema URL of the resource, empty when none was sent.
    pub schema_url: CompactString,
}

impl Resource {
    /// `service.name`, unless missing or OpenTelemetry's `unknown_service…` placeholder.
    pub fn service(&self) -> Option<&str> {
        self.attributes.text("service.name").filter(|name| {
            !name.is_empty() && *name != "unknown_service" && !name.starts_with("unknown_service:")
        })
    }

    /// `deployment.environment.name`, or the older `deployment.environment`.
    pub fn environment(&self) -> Option<&str> {
        let named = ["deployment.environment.name", "deployment.environment"];
        named.into_iter().find_map(|key| self.attributes.text(key)).filter(|name| !name.is_empty())
    }

    /// `service.version`.
    pub fn version(&self) -> Option<&str> {
        self.attributes.text("service.version").filter(|version| !version.is_empty())
    }

    /// A number for the process: a hash of host and process id, if both were sent. Several tracer providers
    /// of one process have these in common, but often neither the service nor the instance id. Otherwise it
    /// is a hash of the instance id, else of service, host and process id, as far as they were sent. A run of
    /// `quipu run` is one process, with all processes of its program and its gateway. The number is stored, so
    /// it must be the same in every build.
    pub fn process(&self) -> u64 {
        let of = |keys: &[&str]| {
            let mut hash = StableHash::default();
            for key in keys {
                match self.attributes.get(key) {
                    Some(Value::Int(number)) => hash.add(&number.to_string()),
                    value => hash.add(value.and_then(Value::as_str).unwrap_or_default()),
                }
            }
            hash.0
        };
        let is_sent = |key: &&str| match self.attributes.get(key) {
            Some(Value::Int(_)) => true,
            value => value.and_then(Value::as_str).is_some_and(|text| !text.is_empty()),
        };
        if is_sent(&RUN) {
            return of(&[RUN]);
        }
        let host = ["host.name", "host.id"].into_iter().find(is_sent);
        match host.filter(|_| is_sent(&"process.pid")) {
            Some(host) => of(&[host, "process.pid"]),
            None if is_sent(&"service.instance.id") => of(&["service.instance.id"]),
            None => of(&["service.namespace", "service.name", "host.name", "process.pid"]),
        }
    }
}

/// Id of the run of `quipu run` that a process belongs to.
const RUN: &str = "quipu.run";

/// Bits that separate a process's tool runs from its calls, so that their moments do not fill each other.
const TOOLS: u64 = 0x746f_6f6c;

/// FNV-1a of 64 bits: short, and stable across builds.
struct StableHash(u64);

impl Default for StableHash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

/// The hash of several texts, the same for ever.
pub(crate) fn stable_hash(texts: &[&str]) -> u64 {
    let mut hash = StableHash::default();
    texts.iter().for_each(|text| hash.add(text));
    hash.0
}

impl StableHash {
    fn add(&mut self, text: &str) {
        // A separator byte that no text contains.
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// OpenTelemetry's span kind. The numbers are those of the protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SpanKind {
    /// Not sent, or a value that the protocol does not know.
    #[default]
    Unspecified,
    /// Work inside the process.
    Internal,
    /// Serves a request.
    Server,
    /// Makes a request.
    Client,
    /// Sends a message.
    Producer,
    /// Receives a message.
    Consumer,
}

/// Status of the span, as the source reported it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// No status; OpenTelemetry does not treat it as a failure.
    #[default]
    Unset,
    /// Reported success.
    Ok,
    /// Failed.
    Error,
}

/// An event at one moment within a span.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpanEvent {
    /// Time of the event.
    pub time: Timestamp,
    /// Name, such as `exception`.
    pub name: CompactString,
    /// Details.
    pub attributes: Attributes,
}

/// A link to another span, possibly of another trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The linked trace.
    pub trace_id: TraceId,
    /// The linked span.
    pub span_id: SpanId,
    /// Details.
    pub attributes: Attributes,
}

/// OTLP fields of a span that Quipu does not use, kept for exporters. Stores need not keep them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanWire {
    /// W3C trace flags, and OTLP's bits on a remote parent.
    pub flags: u32,
    /// Number of attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// Number of events that the sender dropped.
    pub dropped_events: u32,
    /// Number of links that the sender dropped.
    pub dropped_links: u32,
}

/// One operation. Identity is `(trace_id, span_id)`: the same pair is the same span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Trace of the span.
    pub trace_id: TraceId,
    /// Its id within the trace.
    pub span_id: SpanId,
    /// The parent span; `None` for a root.
    pub parent_id: Option<SpanId>,
    /// Name as sent, or a more specific one ([`Adapter::title`](crate::Adapter::title)). The sent name is
    /// then in [`Self::SENT_NAME`].
    pub name: CompactString,
    /// Start.
    pub start: Timestamp,
    /// End, never before `start`; `None` while it runs.
    pub end: Option<Timestamp>,
    /// OpenTelemetry span kind.
    pub kind: SpanKind,
    /// Status as sent.
    pub status: Status,
    /// Status message as sent; empty if none.
    pub status_message: String,
    /// W3C trace state as sent; empty if none.
    pub trace_state: String,
    /// Source of the span.
    pub resource: Arc<Resource>,
    /// Source instrumentation.
    pub scope: Arc<Scope>,
    /// Every attribute as sent, so a better adapter can read stored spans again.
    pub attributes: Attributes,
    /// Events within it.
    pub events: Vec<SpanEvent>,
    /// Links to other spans.
    pub links: Vec<Link>,
    /// Further OTLP fields.
    pub wire: SpanWire,
    /// Sender and time of arrival; exporters do not pass it on.
    #[serde(skip)]
    pub arrival: Arrival,
    /// Canonical fields that an adapter read from the fields above; default until an adapter has run.
    pub canonical: Box<Canonical>,
}

impl Span {
    /// The attribute that is `false` on spans that sampling dropped: they are counted, but not shown.
    pub const SAMPLED: &str = "quipu.sampled";

    /// The attribute with the sent name of a span that has a more specific name. OTLP exporters send the sent
    /// name.
    pub const SENT_NAME: &str = "quipu.sent_name";

    /// Whether it is to be kept: unless [`Span::SAMPLED`] says no.
    pub fn is_sampled(&self) -> bool {
        self.attributes.get(Self::SAMPLED) != Some(&Value::Bool(false))
    }

    /// A finished span with only identity, name and times; for tests and builders.
    pub fn new(trace_id: TraceId, span_id: SpanId, name: &str, start: Timestamp, end: Timestamp) -> Self {
        Self {
            trace_id,
            span_id,
            parent_id: None,
            name: name.into(),
            start,
            end: Some(end),
            kind: SpanKind::default(),
            status: Status::default(),
            status_message: String::new(),
            trace_state: String::new(),
            resource: Arc::default(),
            scope: Arc::default(),
            attributes: Attributes::new(),
            events: Vec::new(),
            links: Vec::new(),
            wire: SpanWire::default(),
            arrival: Arrival::default(),
            canonical: Box::default(),
        }
    }

    /// Nanoseconds from start to end; `None` while it runs.
    pub fn duration(&self) -> Option<i64> {
        self.end.map(|end| end.since(self.start).max(0))
    }

    /// The meeting with other records of the same call or tool run, by time. Spans that are calls or tool
    /// runs have one. So has usage outside of calls; that of agents, workflows and tools has longer time
    /// slots ([`Meeting::of_sums`]).
    pub fn moment(&self) -> Option<Meeting> {
        let read = &self.canonical;
        let process = || self.resource.process();
        let process = match read.kind {
            _ if !meets_by_time(read.signal, &read.convention) || read.never_count => return None,
            Kind::Tool if read.tool.is_some() && read.usage.is_none() => process() ^ TOOLS,
            Kind::Agent | Kind::Workflow | Kind::Tool => {
                return read.usage.as_ref().map(|_| Meeting::of_sums(process(), self.start));
            }
            kind if kind.is_call() || read.usage.is_some() => process(),
            _ => return None,
        };
        Some(Meeting::of_moment(process, self.start))
    }

    /// All meetings with records of its session, or of the same call or tool run.
    pub fn meetings(&self) -> impl Iterator<Item = Meeting> {
        self.canonical.meeting.into_iter().chain(self.moment())
    }

    /// Size in memory in bytes, contents included; its resource and scope count in full.
    pub fn bytes(&self) -> usize {
        self.own_bytes() + self.resource.attributes.heap_bytes() + self.scope.attributes.heap_bytes()
    }

    /// Size in memory in bytes, without its resource and scope, which spans share.
    pub fn own_bytes(&self) -> usize {
        let event =
            |event: &SpanEvent| size_of::<SpanEvent>() + event.name.len() + event.attributes.heap_bytes();
        let link = |link: &Link| size_of::<Link>() + link.attributes.heap_bytes();
        size_of::<Self>()
            + self.name.len()
            + self.status_message.len()
            + self.trace_state.len()
            + self.attributes.heap_bytes()
            + self.events.iter().map(event).sum::<usize>()
            + self.links.iter().map(link).sum::<usize>()
    }
}

#[cfg(test)]
mod tests;
