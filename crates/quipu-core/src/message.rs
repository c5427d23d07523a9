//! Messages between an agent and a model, in the form of the OpenTelemetry GenAI message schema.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::Value;

/// Who speaks.
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
    /// The word for it.
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
    /// The model asks for a tool.
    ToolCall {
        /// The model's id of the call.
        id: Option<String>,
        /// Tool's name.
        name: String,
        /// Arguments, parsed where they were JSON.
        arguments: Value,
    },
    /// A tool's answer.
    ToolCallResponse {
        /// The id of the call that it answers.
        id: Option<String>,
        /// The answer, parsed where it was JSON.
        response: Value,
    },
    /// An image, audio, file or anything else, as the source described it, with its `type` word.
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
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
    /// Why the model stopped, on answers of sources that say it per message.
    pub finish_reason: Option<CompactString>,
}

/// Everything said in one call. `tool_definitions` are the tools offered to the model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Messages {
    /// What went in, system instructions first.
    pub input: Vec<Message>,
    /// What came out.
    pub output: Vec<Message>,
    /// Tools offered, as sent.
    pub tool_definitions: Vec<Value>,
    /// A tool span's arguments.
    pub tool_arguments: Option<Value>,
    /// A tool span's result.
    pub tool_result: Option<Value>,
}
