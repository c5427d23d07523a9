//! Messages between an agent and a model, in the form of the OpenTelemetry GenAI message schema.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::Value;

/// Author of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// A tool.
    Tool,
    /// Any other role, as sent.
    Other(CompactString),
}

impl Role {
    /// The role's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
            Self::Other(other) => other,
        }
    }
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text.
    Text(String),
    /// The model's reasoning.
    Reasoning(String),
    /// A tool call requested by the model.
    ToolCall {
        /// The model's id of the call.
        id: Option<String>,
        /// Tool's name.
        name: String,
        /// Arguments, parsed if they were JSON.
        arguments: Value,
    },
    /// A tool's answer.
    ToolCallResponse {
        /// The id of the call that it answers.
        id: Option<String>,
        /// The answer, parsed if it was JSON.
        response: Value,
        /// Whether the source says beside the answer that it is an error.
        failed: bool,
    },
    /// An image, audio, file or other part, as the source described it, with its `type` word.
    Other {
        /// The type word of the schema: `blob`, `uri`, `file`, `compaction` …
        kind: String,
        /// The part as sent.
        value: Value,
    },
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Author.
    pub role: Role,
    /// Contents, in order.
    pub parts: Vec<Part>,
    /// The model's stop reason, for sources that report it per message.
    pub finish_reason: Option<CompactString>,
}

/// All messages of one call. `tool_definitions` are the tools offered to the model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Messages {
    /// Input, system instructions first.
    pub input: Vec<Message>,
    /// Output.
    pub output: Vec<Message>,
    /// Tools offered, as sent.
    pub tool_definitions: Vec<Value>,
    /// A tool span's arguments.
    pub tool_arguments: Option<Value>,
    /// A tool span's result.
    pub tool_result: Option<Value>,
}
