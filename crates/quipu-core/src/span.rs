//! A span as it was sent, plus what an adapter read from it.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Arrival, Attributes, Canonical, Kind, Meeting, Signal, SpanId, Timestamp, TraceId, Value};

/// What produced the telemetry: the OpenTelemetry resource.
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

    /// A number for the process: that of its instance id, else of service, host and process id, as far as they were sent. The
    /// same in every build, for it is stored.
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
        match self.attributes.text("service.instance.id") {
            Some(id) if !id.is_empty() => of(&["service.instance.id"]),
            _ => of(&["service.namespace", "service.name", "host.name", "process.pid"]),
        }
    }
}

/// Sets the tool runs of a process apart from its calls, so that neither crowds the moments of the other.
const TOOLS: u64 = 0x746f_6f6c;

/// FNV-1a of 64 bits: short, and the same for ever.
struct StableHash(u64);

impl Default for StableHash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl StableHash {
    fn add(&mut self, text: &str) {
        // A byte that no text holds keeps two texts apart.
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// Which instrumentation produced the telemetry: the OpenTelemetry instrumentation scope.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// Name, such as `openinference.instrumentation.openai`.
    pub name: CompactString,
    /// Version, empty when none was sent.
    pub version: CompactString,
    /// Attributes of the scope.
    pub attributes: Attributes,
    /// Schema URL of the scope, empty when none was sent.
    pub schema_url: CompactString,
}

impl Scope {
    /// A number for it by its name: different for different instrumentations, the same for their versions.
    pub fn mark(&self) -> ScopeMark {
        if self.name.is_empty() {
            return ScopeMark::default();
        }
        let mut hash = StableHash::default();
        hash.add(&self.name);
        ScopeMark(hash.0 & !ScopeMark::OF_SDK | u64::from(self.is_of_sdk()))
    }

    /// Whether it is the SDK of a model provider itself that speaks, as `com.anthropic.sdk.python` or `@anthropic-ai/sdk`, and
    /// not an instrumentation of it: its name is the SDK's own.
    fn is_of_sdk(&self) -> bool {
        let mut words =
            self.name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let own = self.name.starts_with("com.") || self.name.starts_with('@');
        own && words.any(|word| word == "sdk")
    }
}

/// An instrumentation scope as a number, so that whole traces stay in memory. Zero stands for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeMark(u64);

impl ScopeMark {
    /// The bit that tells a model provider's own SDK.
    const OF_SDK: u64 = 1;

    /// Whether a model provider's own SDK speaks.
    pub const fn is_of_sdk(self) -> bool {
        self.0 & Self::OF_SDK != 0
    }

    /// The number to store.
    pub const fn number(self) -> i64 {
        self.0.cast_signed()
    }

    /// The scope of a stored number.
    pub const fn from_number(number: i64) -> Self {
        Self(number.cast_unsigned())
    }
}

/// OpenTelemetry's span kind. The numbers are those of the protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SpanKind {
    /// Not said, or a value that the protocol does not know.
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

/// How the span ended, as the source said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Nothing was said: by OpenTelemetry's rule not a failure.
    #[default]
    Unset,
    /// Said to be good.
    Ok,
    /// Failed.
    Error,
}

/// Something that happened within a span, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpanEvent {
    /// When.
    pub time: Timestamp,
    /// What, such as `exception`.
    pub name: CompactString,
    /// Details.
    pub attributes: Attributes,
}

/// A reference to another span, which need not be of the same trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The trace referred to.
    pub trace_id: TraceId,
    /// The span referred to.
    pub span_id: SpanId,
    /// Details.
    pub attributes: Attributes,
}

/// What OTLP says of a span that Quipu itself does not read: for those who pass spans on. Stores need not keep it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanWire {
    /// W3C trace flags, and OTLP's bits on where the parent was.
    pub flags: u32,
    /// Attributes that the sender left out.
    pub dropped_attributes: u32,
    /// Events that the sender left out.
    pub dropped_events: u32,
    /// Links that the sender left out.
    pub dropped_links: u32,
}

/// One operation. Identity is `(trace_id, span_id)`: the same pair again is the same span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// Its id within the trace.
    pub span_id: SpanId,
    /// The span that caused it; `None` for a root.
    pub parent_id: Option<SpanId>,
    /// Name as sent.
    pub name: CompactString,
    /// Start.
    pub start: Timestamp,
    /// End, never before `start`; `None` while it runs.
    pub end: Option<Timestamp>,
    /// OpenTelemetry span kind.
    pub kind: SpanKind,
    /// Status as sent.
    pub status: Status,
    /// Status message as sent, empty when none.
    pub status_message: String,
    /// W3C trace state as sent, empty when none.
    pub trace_state: String,
    /// What produced it.
    pub resource: Arc<Resource>,
    /// Which instrumentation produced it.
    pub scope: Arc<Scope>,
    /// Every attribute as sent: rows can be read again when an adapter improves.
    pub attributes: Attributes,
    /// Events within it.
    pub events: Vec<SpanEvent>,
    /// References to other spans.
    pub links: Vec<Link>,
    /// What else was sent.
    pub wire: SpanWire,
    /// Sender and time of arrival; exporters do not pass it on.
    #[serde(skip)]
    pub arrival: Arrival,
    /// What an adapter read from all of the above; default until an adapter has run.
    pub canonical: Box<Canonical>,
}

impl Span {
    /// The attribute that is `false` on spans that sampling left out: they are counted, and then not shown.
    pub const SAMPLED: &str = "quipu.sampled";

    /// Whether it is to be kept: unless [`Span::SAMPLED`] says no.
    pub fn is_sampled(&self) -> bool {
        self.attributes.get(Self::SAMPLED) != Some(&Value::Bool(false))
    }

    /// A finished span with nothing but its identity, name and times; for tests and builders.
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

    /// Where other records of the same call or tool run are compared with this one. Spans that are calls or tool runs have a
    /// moment, and so has usage outside of agents and workflows.
    pub fn moment(&self) -> Option<Meeting> {
        let read = &self.canonical;
        let process = || self.resource.process();
        let process = match read.kind {
            _ if read.signal != Signal::Span || read.never_count => return None,
            Kind::Tool if read.tool.is_some() && read.usage.is_none() => process() ^ TOOLS,
            Kind::Agent | Kind::Workflow | Kind::Tool => return None,
            kind if kind.is_call() || read.usage.is_some() => process(),
            _ => return None,
        };
        Some(Meeting::of_moment(process, self.start))
    }

    /// Every meeting at which records of it or of the same call are seen.
    pub fn meetings(&self) -> impl Iterator<Item = Meeting> {
        self.canonical.meeting.into_iter().chain(self.moment())
    }

    /// Bytes that it takes with all that it holds; its resource and scope count in full.
    pub fn bytes(&self) -> usize {
        self.own_bytes() + self.resource.attributes.heap_bytes() + self.scope.attributes.heap_bytes()
    }

    /// Bytes that it takes without its resource and scope, which spans share.
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
