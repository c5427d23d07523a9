//! One request to the model, assembled from the items of its answer.

use quipu_core::{Span, SpanId, Timestamp};
use serde_json::Value as Json;

use super::FAMILY;
use super::reader::TurnPosition;
use super::usage::Usage;
use crate::attributes::{Frame, Put, transcript_span};
use crate::messages;

/// An answer whose usage has not arrived yet.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Time of the last input before it.
    start: Option<Timestamp>,
    /// Time of its last item.
    last: Option<Timestamp>,
    /// Whether a tool answered after its last item.
    interrupted: bool,
    input: Vec<Json>,
    output: Vec<Json>,
}

impl Answer {
    /// Records an input to the model.
    pub(super) fn heard(&mut self) {
        self.interrupted |= self.last.is_some();
    }

    /// Adds an item of the answer; `heard_at` and `heard` are the input before it.
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

    /// Starts the answer, with the earlier input.
    pub(super) fn begin(&mut self, heard_at: Option<Timestamp>, heard: &mut Vec<Json>) {
        self.start = heard_at;
        self.input.append(heard);
    }

    pub(super) const fn is_begun(&self) -> bool {
        self.last.is_some()
    }

    /// The call's span, after its usage arrived at `time`.
    pub(super) fn span(&self, call: &Call<'_>, time: Timestamp, place: &TurnPosition<'_>) -> Span {
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

/// Id and usage of a call.
pub(super) struct Call<'a> {
    pub(super) id: SpanId,
    pub(super) response: Option<&'a str>,
    pub(super) usage: Usage,
}

impl<'a> Call<'a> {
    /// Identifies a call by its response's id, else by its session and the session's count of calls.
    pub(super) fn new(session: &str, number: u64, response: Option<&'a str>, usage: Usage) -> Self {
        let id = match response {
            Some(response) => SpanId::made_of(&[FAMILY, "response", response]),
            None => SpanId::made_of(&[FAMILY, "call", session, &number.to_string()]),
        };
        Self { id, response, usage }
    }
}
