//! Input messages of a request in [OpenTelemetry's GenAI message
//! schema](https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/): roles with lists of typed
//! parts.

mod anthropic;
mod gemini;
mod openai;

use serde_json::{Value, json};

use super::Shape;

/// Input messages of a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputMessages {
    /// Messages, oldest first.
    pub messages: Option<Value>,
    /// Instructions, if they are separate from the messages.
    pub system: Option<Value>,
    /// Offered tools, as sent.
    pub tools: Option<Value>,
}

impl InputMessages {
    /// Reads the body of a request in this shape.
    pub fn read(shape: Shape, body: &Value) -> Self {
        let mut said = match shape {
            Shape::OpenAiChat => openai::chat(body),
            Shape::OpenAiResponses => openai::responses(body),
            Shape::OpenAiEmbeddings => openai::embeddings(body),
            Shape::AnthropicMessages => anthropic::messages(body),
            Shape::GeminiGenerate | Shape::GeminiEmbed => gemini::contents(body),
        };
        said.tools = body
            .get("tools")
            .filter(|tools| tools.as_array().is_some_and(|tools| !tools.is_empty()))
            .cloned();
        said
    }
}

fn message(role: &str, parts: Vec<Value>) -> Value {
    json!({"role": role, "parts": parts})
}

fn text_part(text: &str) -> Value {
    json!({"type": "text", "content": text})
}

fn answered(id: Option<&str>, response: Value) -> Value {
    json!({"type": "tool_call_response", "id": id, "response": response})
}

/// An image, audio or file: its URI, or its type and size. Its bytes are not kept.
fn media(modality: &str, mime: Option<&str>, place: &str) -> Value {
    if place.starts_with("http://") || place.starts_with("https://") || place.starts_with("gs://") {
        // The query of a signed URL contains a key.
        let place = place.split('?').next().unwrap_or_default();
        json!({"type": "uri", "modality": modality, "mime_type": mime, "uri": place})
    } else {
        json!({"type": "blob", "modality": modality, "mime_type": mime, "bytes": place.len()})
    }
}

/// A list of messages, unless it is empty.
fn listed(messages: Vec<Value>) -> Option<Value> {
    (!messages.is_empty()).then_some(Value::Array(messages))
}
