//! One request to the model, put together from the items of its answer.

use quipu_core::{Span, SpanId, Timestamp};
use serde_json::Value as Json;

use super::FAMILY;
use super::reader::Place;
use super::usage::Usage;
use crate::attributes::{Frame, Put, transcript_span};
use crate::messages;

/// An answer of which the usage is still to come.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// When the last thing before it was said.
    start: Option<Timestamp>,
    /// When its last item came.
    last: Option<Timestamp>,
    /// Whether a tool has answered meanwhile.
    interrupted: bool,
    input: Vec<Json>,
    output: Vec<Json>,
}

impl Answer {
    /// Something was said to the model.
    pub(super) fn heard(&mut self) {
        self.interrupted |= self.last.is_some();
    }

    /// An item of the answer has come; `heard_at` and `heard` are what was said before.
    pub(super) fn item(
        &mut self,
        parts: Vec<Json>,
        time: Timestamp,
        heard_at: Option<Timestamp>,
        heard: &mut Vec<Json>,
    ) {
        if self.last.is_none() {
            self.begin(heard_at, heard);
        }
        self.last = Some(time);
        self.output.extend(parts);
    }

    /// What was said before it is its input.
    pub(super) fn begin(&mut self, heard_at: Option<Timestamp>, heard: &mut Vec<Json>) {
        self.start = heard_at;
        self.input.append(heard);
    }

    pub(super) const fn is_begun(&self) -> bool {
        self.last.is_some()
    }

    /// The call's span, once its usage was told at `time`.
    pub(super) fn span(&self, call: &Call<'_>, time: Timestamp, place: &Place<'_>) -> Span {
        let end = self.last.filter(|_| self.interrupted).unwrap_or(time);
        let frame = Frame {
            trace: place.turn.trace,
            id: call.id,
            parent: Some(place.turn.id),
            name: "codex.response",
            start: self.start.unwrap_or(end),
            end,
        };
        let mut span = transcript_span(&frame, place.source);
        let to = &mut span.attributes;
        to.push("gen_ai.operation.name", "chat");
        place.mark(to);
        to.put("gen_ai.response.id", call.response);
        call.usage.put(to);
        to.put("gen_ai.input.messages", messages::listed(&self.input));
        if !self.output.is_empty() {
            to.put("gen_ai.output.messages", messages::listed(&[messages::answer(&self.output, None)]));
        }
        span
    }
}

/// What names a call, and what it took.
pub(super) struct Call<'a> {
    pub(super) id: SpanId,
    pub(super) response: Option<&'a str>,
    pub(super) usage: Usage,
}

impl<'a> Call<'a> {
    /// A call by its response's id, else by its session and the session's count of calls.
    pub(super) fn new(session: &str, number: u64, response: Option<&'a str>, usage: Usage) -> Self {
        let id = match response {
            Some(response) => SpanId::made_of(&[FAMILY, "response", response]),
            None => SpanId::made_of(&[FAMILY, "call", session, &number.to_string()]),
        };
        Self { id, response, usage }
    }
}
