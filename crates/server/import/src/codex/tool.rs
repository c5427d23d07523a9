//! One tool run: requested by the model, answered on a later line.

use quipu_core::{Span, SpanId, Status, Timestamp};

use super::FAMILY;
use super::content::{Answered, ToolRequest};
use super::reader::TurnPosition;
use crate::attributes::{Frame, Put, transcript_span};
use crate::json::as_text;
use crate::messages::cut;

/// A requested tool run without an answer yet.
pub(super) struct Tool {
    pub(super) asked: ToolRequest,
    pub(super) start: Timestamp,
}

impl Tool {
    pub(super) fn id(session: &str, call: &str) -> SpanId {
        SpanId::made_of(&[FAMILY, "tool", session, call])
    }

    pub(super) fn span(&self, answer: &Answered<'_>, end: Timestamp, place: &TurnPosition<'_>) -> Span {
        let frame = Frame {
            trace: place.turn.trace,
            id: Self::id(place.session, answer.id),
            parent: Some(place.turn.id),
            // Codex itself names tool spans in this way.
            name: &self.asked.name,
            start: self.start,
            end,
        };
        let mut span = transcript_span(&frame, place.source);
        let to = &mut span.attributes;
        to.push("gen_ai.operation.name", "execute_tool");
        place.mark(to);
        to.push("tool_name", self.asked.name.as_str());
        to.push("gen_ai.tool.name", self.asked.name.as_str());
        to.push("call_id", answer.id);
        to.push("gen_ai.tool.call.id", answer.id);
        to.put("success", answer.failed.map(|failed| !failed));
        if !self.asked.input.is_null() {
            to.push("gen_ai.tool.call.arguments", cut(&as_text(&self.asked.input), place.text_bytes));
        }
        if !answer.said.is_empty() {
            to.push("gen_ai.tool.call.result", cut(&answer.said, place.text_bytes));
        }
        if answer.failed == Some(true) {
            span.status = Status::Error;
            span.attributes.push("error.type", "tool_error");
        }
        span
    }
}
