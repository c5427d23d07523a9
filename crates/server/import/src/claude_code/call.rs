//! One request to the model, assembled from the lines of its answer.

use quipu_core::{Span, SpanId, Status, Timestamp};
use serde_json::Value as Json;

use super::FAMILY;
use super::chain::TurnPosition;
use super::content;
use super::line::Line;
use crate::attributes::{Frame, Put, transcript_span};
use crate::json::{any_text, at, count, text};
use crate::messages;

/// The usage of a call. Lines of one answer repeat it as it grows, so each figure is the largest one seen.
#[derive(Debug, Default)]
struct Usage {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    cache_write_5m: Option<u64>,
    cache_write_1h: Option<u64>,
    web_searches: Option<u64>,
}

/// A call with its known facts.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) key: String,
    pub(super) changed: bool,
    start: Timestamp,
    end: Timestamp,
    usage: Usage,
    input: Vec<Json>,
    output: Vec<Json>,
    request: Option<String>,
    message: Option<String>,
    model: Option<String>,
    tier: Option<String>,
    speed: Option<String>,
    stop: Option<String>,
    cost: Option<f64>,
    failed: bool,
}

impl Call {
    /// A call after its first line; `input` is the input since the previous call.
    pub(super) fn new(key: String, start: Timestamp, input: Vec<Json>) -> Self {
        Self {
            key,
            changed: true,
            start,
            end: start,
            usage: Usage::default(),
            input,
            output: Vec::new(),
            request: None,
            message: None,
            model: None,
            tier: None,
            speed: None,
            stop: None,
            cost: None,
            failed: false,
        }
    }

    /// The span id of a call with this key.
    pub(super) fn id(key: &str) -> SpanId {
        SpanId::made_of(&[FAMILY, "call", key])
    }

    /// Adds one more line of the answer.
    pub(super) fn add(&mut self, line: &Line<'_>, message: &Json, time: Timestamp, most: usize) {
        self.changed = true;
        self.end = self.end.max(time);
        for part in content::blocks(message).filter_map(|block| content::part(block, most)) {
            // Some versions repeat the whole answer on each line.
            if !self.output.contains(&part) {
                self.output.push(part);
            }
        }
        let last = |place: &mut Option<String>, said: Option<&str>| {
            if let Some(said) = said {
                *place = Some(said.to_owned());
            }
        };
        last(&mut self.request, line.text("requestId"));
        last(&mut self.message, text(message, "id"));
        last(&mut self.model, text(message, "model").filter(|model| *model != "<synthetic>"));
        last(&mut self.stop, text(message, "stop_reason"));
        self.cost = line.0.get("costUSD").and_then(Json::as_f64).or(self.cost);
        self.failed |= line.is_error();
        if let Some(usage) = at(message, &["usage"]) {
            last(&mut self.tier, text(usage, "service_tier"));
            last(&mut self.speed, text(usage, "speed"));
            self.usage.add(usage);
        }
    }

    /// Whether it was a request to the model. The client's own notes look like answers, but name no model.
    pub(super) fn is_real(&self) -> bool {
        self.model.is_some() || self.failed
    }

    pub(super) fn span(&self, place: &TurnPosition<'_>) -> Span {
        let frame = Frame {
            trace: place.turn.trace,
            id: Self::id(&self.key),
            parent: Some(place.turn.id),
            name: "claude_code.llm_request",
            start: self.start,
            end: self.end,
        };
        let mut span = transcript_span(&frame, place.source);
        place.mark(&mut span.attributes, "llm_request");
        let to = &mut span.attributes;
        to.push("gen_ai.system", "anthropic");
        to.put("model", self.model.as_deref());
        to.put("gen_ai.request.model", self.model.as_deref());
        let response = self.request.as_deref().or(self.message.as_deref());
        to.put("request_id", self.request.as_deref());
        to.put("gen_ai.response.id", response);
        to.put("message_id", self.message.as_deref());
        self.usage.put(to);
        to.put("cost_usd", self.cost);
        // The standard tier is the default, and would hide the speed.
        to.put("gen_ai.response.service_tier", self.tier.as_deref().filter(|tier| *tier != "standard"));
        to.put("speed", self.speed.as_deref());
        to.put("stop_reason", self.stop.as_deref());
        to.push("success", !self.failed);
        to.put("gen_ai.input.messages", messages::listed(&self.input));
        if !self.output.is_empty() {
            let answer = messages::answer(&self.output, self.stop.as_deref());
            to.put("gen_ai.output.messages", messages::listed(&[answer]));
        }
        if self.failed {
            span.status = Status::Error;
            span.attributes.push("error.type", "api_error");
        }
        span
    }
}

impl Usage {
    fn add(&mut self, usage: &Json) {
        let most = |place: &mut Option<u64>, said: Option<u64>| *place = (*place).max(said);
        most(&mut self.input, count(usage, "input_tokens"));
        most(&mut self.output, count(usage, "output_tokens"));
        most(&mut self.cache_read, count(usage, "cache_read_input_tokens"));
        most(&mut self.cache_write, count(usage, "cache_creation_input_tokens"));
        if let Some(split) = at(usage, &["cache_creation"]) {
            most(&mut self.cache_write_5m, count(split, "ephemeral_5m_input_tokens"));
            most(&mut self.cache_write_1h, count(split, "ephemeral_1h_input_tokens"));
        }
        if let Some(tools) = at(usage, &["server_tool_use"]) {
            most(&mut self.web_searches, count(tools, "web_search_requests"));
        }
    }

    fn put(&self, to: &mut quipu_core::Attributes) {
        to.put_count("input_tokens", self.input);
        to.put_count("output_tokens", self.output);
        to.put_count("cache_read_tokens", self.cache_read);
        to.put_count("cache_creation_tokens", self.cache_write);
        to.put_count("cache_creation_5m_tokens", self.cache_write_5m);
        to.put_count("cache_creation_1h_tokens", self.cache_write_1h);
        to.put_count("web_search_requests", self.web_searches.filter(|count| *count > 0));
    }
}

/// The sub-agent requested in a tool's arguments.
pub(super) fn subagent(input: &Json) -> Option<&str> {
    any_text(input, &["subagent_type"])
}
