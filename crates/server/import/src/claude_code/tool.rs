//! One tool run: requested by the model, answered on a later line.

use quipu_core::{Span, SpanId, Status, Timestamp};
use serde_json::Value as Json;

use super::FAMILY;
use super::call::subagent;
use super::chain::TurnPosition;
use super::content::{Answered, ToolRequest};
use crate::attributes::{Frame, Put, transcript_span};
use crate::messages::cut;

/// A requested tool run without an answer yet.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) start: Timestamp,
    pub(super) input: Json,
}

impl Tool {
    pub(super) fn new(asked: &ToolRequest<'_>, start: Timestamp) -> Self {
        Self { name: asked.name.to_owned(), start, input: asked.input.clone() }
    }

    /// The span id of the run with this id.
    pub(super) fn id(id: &str) -> SpanId {
        SpanId::made_of(&[FAMILY, "tool", id])
    }

    /// Whether it runs a sub-agent on that task.
    pub(super) fn runs(&self, task: Option<&str>) -> bool {
        let asked = self.input.get("prompt").and_then(Json::as_str);
        subagent(&self.input).is_some() && (task.is_none() || asked == task)
    }

    pub(super) fn span(&self, answer: &Answered<'_>, end: Timestamp, place: &TurnPosition<'_>) -> Span {
        let frame = Frame {
            trace: place.turn.trace,
            id: Self::id(answer.id),
            parent: Some(place.turn.id),
            name: "claude_code.tool",
            start: self.start,
            end,
        };
        let mut span = transcript_span(&frame, place.source);
        place.mark(&mut span.attributes, "tool");
        let to = &mut span.attributes;
        to.push("tool_name", self.name.as_str());
        let bare = self.name.strip_prefix("mcp__").and_then(|name| name.split_once("__"));
        to.push("gen_ai.tool.name", bare.map_or(self.name.as_str(), |(_, tool)| tool));
        to.put("anthropic.mcp.server.name", bare.map(|(server, _)| server));
        to.push("tool_use_id", answer.id);
        to.push("gen_ai.tool.call.id", answer.id);
        to.put("subagent_type", subagent(&self.input));
        to.push("success", !answer.failed);
        if !self.input.is_null() {
            to.push("gen_ai.tool.call.arguments", cut(&self.input.to_string(), place.text_bytes));
        }
        if !answer.said.is_empty() {
            to.push("gen_ai.tool.call.result", cut(&answer.said, place.text_bytes));
        }
        if answer.failed {
            span.status = Status::Error;
            span.attributes.push("error.type", "tool_error");
        }
        span
    }
}
