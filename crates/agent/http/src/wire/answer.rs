//! Content of an answer.

use compact_str::CompactString;
use quipu_core::{Usage, Usd};
use serde_json::Value;

/// Content of a model's answer. Missing values are `None` or empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The provider's id of the answer.
    pub id: Option<String>,
    /// Model that answered.
    pub model: Option<String>,
    /// Used tokens in buckets without overlap: input with cached tokens, output with reasoning.
    pub usage: Option<Usage>,
    /// Cost that the provider reported.
    pub cost: Option<Usd>,
    /// Finish reason of each choice, as the provider names it.
    pub finish_reasons: Vec<String>,
    /// Service tier or speed that the provider charged.
    pub service_tier: Option<String>,
    /// Requested tool calls.
    pub tool_calls: Vec<ToolCall>,
    /// Output messages in OpenTelemetry's GenAI message schema, if contents are read.
    pub output: Option<Value>,
    /// The provider's error.
    pub failure: Option<Failure>,
    /// Whether the answer's own end was seen; later bytes carry no information.
    pub is_complete: bool,
    /// Whether a part was too long to read and is missing.
    pub is_cut: bool,
    /// Whether it passed unread, its reading was given up, or nothing in it was understood.
    pub is_unread: bool,
    /// Received bytes of text, reasoning and arguments, if contents are read. It is more than in
    /// [`Answer::output`] if that is cut.
    pub said_bytes: u64,
    /// HTTP status of the answer; 0 without an answer.
    pub status: u16,
}

impl Answer {
    /// Whether nothing in it was understood.
    pub(crate) fn is_blank(&self) -> bool {
        let is_named = self.id.is_some() || self.model.is_some();
        let is_used = self.usage.is_some() || self.cost.is_some();
        let has_contents = self.said_bytes > 0 || self.output.is_some() || !self.tool_calls.is_empty();
        !is_named && !is_used && !has_contents && self.failure.is_none() && self.finish_reasons.is_empty()
    }

    /// Removes the contents; figures and short names stay.
    pub(crate) fn forget_contents(&mut self) {
        self.output = None;
        self.tool_calls.iter_mut().for_each(|call| call.arguments = None);
        if let Some(failure) = &mut self.failure {
            failure.message = None;
        }
    }
}

/// A tool call that the model requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// The model's id of the call.
    pub id: Option<String>,
    /// Name of the tool.
    pub name: String,
    /// Arguments as JSON text, if contents are read.
    pub arguments: Option<String>,
}

/// A provider's error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The provider's error type, if it is a single word: `rate_limit_error`, `RESOURCE_EXHAUSTED` …
    pub kind: Option<CompactString>,
    /// The provider's message, if contents are read, because it may repeat the request.
    pub message: Option<String>,
}
