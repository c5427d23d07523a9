//! Ids, meetings and senders that are made by a hash of names.

use crate::{Arrival, InferredRun, Meeting, Resource, Span, SpanId, Timestamp, TraceId, sha256};

/// SHA-256 over the names with their lengths, so different lists cannot collide by concatenation.
fn digest(what: &str, names: &[&str]) -> [u8; 32] {
    let mut bytes = Vec::new();
    for name in std::iter::once(&what).chain(names) {
        bytes.extend((name.len() as u64).to_be_bytes());
        bytes.extend(name.as_bytes());
    }
    sha256(&bytes)
}

impl TraceId {
    /// An id derived from names: the same names give the same id, so a repeated record changes nothing.
    pub fn made_of(names: &[&str]) -> Self {
        Self::of_digest(&digest("trace id", names))
    }
}

impl SpanId {
    /// An id derived from names: the same names give the same id, so a repeated record changes nothing.
    pub fn made_of(names: &[&str]) -> Self {
        Self::of_digest(&digest("span id", names))
    }
}

impl Meeting {
    /// The meeting of a session in a family of sources, such as `claude-code`.
    pub fn of(family: &str, session: &str) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = digest("meeting", &[family, session]);
        let meeting = Self::from_number(i64::from_be_bytes([a, b, c, d, e, f, g, h]));
        // One in 65,536 would look like the meeting of an answer.
        if meeting.is_of_answer() { Self::from_number(!meeting.number()) } else { meeting }
    }
}

impl Arrival {
    /// The arrival of a span of this resource with these credentials: the id of a key, or the client's
    /// address if access control is off.
    pub fn new(credentials: &str, resource: &Resource, at: Timestamp) -> Self {
        let text = |name| resource.attributes.text(name).unwrap_or_default();
        let names = [credentials, text("service.name"), text("service.instance.id")];
        let [a, b, c, d, ..] = digest("credentials", &[credentials]);
        let [e, f, g, h, ..] = digest("sender", &names);
        // The upper half is neither that of a record without a receiver nor that of the gateway.
        let half = u32::from_be_bytes([a, b, c, d]).clamp(1, u32::MAX - 1);
        let sender = u64::from(half) << 32 | u64::from(u32::from_be_bytes([e, f, g, h]));
        Self { sender, millisecond: at.millis() }
    }
}

impl InferredRun {
    /// An id that stands for the run among the spans of its trace: the same each time the run is inferred.
    pub fn span_id(&self, trace_id: TraceId, call: SpanId) -> SpanId {
        let key = format!("{:016x}", self.key);
        SpanId::made_of(&["inferred tool run", &trace_id.to_string(), &call.to_string(), &key])
    }
}

/// Sets the arrival on the spans of one request.
pub fn stamp_arrival(spans: &mut [Span], credentials: &str, at: Timestamp) {
    let mut last: Option<(*const Resource, Arrival)> = None;
    for span in spans {
        let place = std::sync::Arc::as_ptr(&span.resource);
        let known = last.filter(|(of, _)| *of == place).map(|(_, arrival)| arrival);
        span.arrival = known.unwrap_or_else(|| Arrival::new(credentials, &span.resource, at));
        last = Some((place, span.arrival));
    }
}
