//! What an answer said.

use compact_str::CompactString;
use quipu_core::{Usage, Usd};
use serde_json::Value;

/// What the answer of a model said. What it did not say is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The provider's id of the answer.
    pub id: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// Tokens used, in buckets that do not overlap: input with cached tokens, output with reasoning.
    pub usage: Option<Usage>,
    /// What it cost by the provider's own word.
    pub cost: Option<Usd>,
    /// Why the model stopped, in the provider's word, for each choice.
    pub finish_reasons: Vec<String>,
    /// Service tier or speed that the provider charged.
    pub service_tier: Option<String>,
    /// The tools that the model asks for.
    pub tool_calls: Vec<ToolCall>,
    /// What the model said, in OpenTelemetry's GenAI message schema, where contents were to be read.
    pub output: Option<Value>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The answer's own end was seen: what comes after it says nothing more.
    pub is_complete: bool,
    /// Something was too long to be read and is missing.
    pub is_cut: bool,
    /// Bytes of text, reasoning and arguments that came, where contents were to be read: more than [`Answer::output`] has where it is
    /// cut.
    pub said_bytes: u64,
    /// The HTTP status of the answer; 0 where none came.
    pub status: u16,
}

impl Answer {
    /// Lets go of what was said: only figures and words of few letters stay.
    pub(crate) fn forget_contents(&mut self) {
        self.output = None;
        self.tool_calls.iter_mut().for_each(|call| call.arguments = None);
        if let Some(failure) = &mut self.failure {
            failure.message = None;
        }
    }
}

/// A tool that the model asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// The model's id of the call.
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// Arguments as JSON text, where contents were to be read.
    pub arguments: Option<String>,
}

/// A provider's error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The provider's word for the kind of error, as far as it is one: `rate_limit_error`, `RESOURCE_EXHAUSTED` …
    pub kind: Option<CompactString>,
    /// The provider's message, where contents were to be read: messages may repeat what was asked.
    pub message: Option<String>,
}
