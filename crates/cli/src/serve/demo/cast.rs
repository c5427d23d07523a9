//! One replay of a coding agent's recording: its person, time and speed.

use quipu::core::{Attributes, Batch, Event, Metric, Span, SpanId, Timestamp, TraceId, Value};

use super::dice::{mix, pick};
use super::tape::Tape;

/// Engineers, with the billing of their coding agent.
const ENGINEERS: [(&str, Option<&str>); 4] = [
    ("grace.hopper", Some("subscription")),
    ("ken.thompson", None),
    ("margaret.hamilton", Some("subscription")),
    ("radia.perlman", None),
];

/// Model that a recording names, and the one shown in its place.
const MOCK: &str = "mock";
const MODEL: &str = "gemini-2.5-pro";

/// A replay of one tape.
pub(super) struct Cast<'a> {
    tape: &'a Tape,
    dice: u64,
    replay: u64,
    end: Timestamp,
    /// Mock servers answer at once: times are stretched to those of real models.
    stretch: i64,
    session: String,
    user: &'static str,
    billing: Option<&'static str>,
}

impl<'a> Cast<'a> {
    pub(super) fn new(tape: &'a Tape, dice: u64, replay: u64, end: Timestamp) -> Self {
        let (user, billing) = ENGINEERS[pick(mix(dice) >> 20, ENGINEERS.len())];
        Self {
            tape,
            dice,
            replay,
            end,
            stretch: 20 + i64::try_from(dice >> 32).unwrap_or_default() % 40,
            session: format!("coding-{:06x}", mix(dice) & 0xff_ffff),
            user,
            billing,
        }
    }

    pub(super) fn play(&self) -> Batch {
        let batch = &self.tape.batch;
        Batch {
            spans: batch.spans.iter().map(|span| self.span(span)).collect(),
            events: batch.events.iter().map(|event| self.event(event)).collect(),
            metrics: batch.metrics.iter().map(|metric| self.metric(metric)).collect(),
            ..Batch::default()
        }
    }

    fn span(&self, recorded: &Span) -> Span {
        let mut span = recorded.clone();
        (span.trace_id, span.span_id) = (self.trace(span.trace_id), self.span_id(span.span_id));
        span.parent_id = span.parent_id.map(|parent| self.span_id(parent));
        (span.start, span.end) = (self.at(span.start), span.end.map(|end| self.at(end)));
        span.events.iter_mut().for_each(|event| event.time = self.at(event.time));
        self.people(&mut span.attributes);
        if self.tape.users.is_empty() {
            span.attributes.push("user.id", self.user);
        }
        if self.tape.sessions.is_empty() {
            span.attributes.push("session.id", self.session.as_str());
        }
        self.bill(&mut span.attributes);
        span
    }

    fn event(&self, recorded: &Event) -> Event {
        let mut event = recorded.clone();
        event.time = self.at(event.time);
        event.trace_id = event.trace_id.map(|id| self.trace(id));
        event.span_id = event.span_id.map(|id| self.span_id(id));
        self.people(&mut event.attributes);
        self.told_time(&mut event.attributes);
        self.bill(&mut event.attributes);
        event
    }

    fn metric(&self, recorded: &Metric) -> Metric {
        let mut metric = recorded.clone();
        for point in &mut metric.points {
            point.time = self.at(point.time);
            point.start = point.start.map(|start| self.at(start));
            point.exemplars.clear();
            self.people(&mut point.attributes);
        }
        metric
    }

    /// Coding agents write an event's time into an attribute too, by which its call is dated.
    fn told_time(&self, attributes: &mut Attributes) {
        for (_, value) in attributes.iter_mut().filter(|(key, _)| key == "event.timestamp") {
            let told = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
            if let Some(time) = told {
                *value = self.at(time).to_string().into();
            }
        }
    }

    /// Replaces the recorded session, user and model, under any attribute name.
    fn people(&self, attributes: &mut Attributes) {
        for (_, value) in attributes.iter_mut() {
            match value {
                Value::String(text) if self.tape.sessions.contains(text.as_str()) => {
                    *value = self.session.as_str().into()
                }
                Value::String(text) if self.tape.users.contains(text.as_str()) => *value = self.user.into(),
                Value::String(text) if text == MOCK => *value = MODEL.into(),
                _ => {}
            }
        }
    }

    /// Says that the use is paid by a subscription.
    fn bill(&self, attributes: &mut Attributes) {
        if let Some(billing) = self.billing {
            attributes.push("quipu.billing", billing);
        }
    }

    fn at(&self, time: Timestamp) -> Timestamp {
        self.end.plus(-self.tape.end.since(time).saturating_mul(self.stretch))
    }

    fn trace(&self, id: TraceId) -> TraceId {
        let recorded = id.as_bytes().iter().fold(0_u64, |all, byte| all.rotate_left(8) ^ u64::from(*byte));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mix(self.dice ^ recorded).to_be_bytes());
        bytes[8..].copy_from_slice(&(self.replay | 1 << 63).to_be_bytes());
        TraceId::from_bytes(bytes).unwrap_or(id)
    }

    fn span_id(&self, id: SpanId) -> SpanId {
        let fresh = (u64::from_be_bytes(*id.as_bytes()) ^ mix(self.dice)).max(1);
        SpanId::from_bytes(fresh.to_be_bytes()).unwrap_or(id)
    }
}
