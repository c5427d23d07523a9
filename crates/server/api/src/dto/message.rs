//! Messages between an agent and a model.

use quipu_core::Part as CorePart;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::json;

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool`, or another role of the source.
    pub role: String,
    /// Content, in order: `{"type":"text","content"}`, `{"type":"reasoning","content"}`,
    /// `{"type":"tool_call","id","name","arguments"}`, `{"type":"tool_call_response","id","response"}`, or a
    /// part in the source's own format, with its `type`.
    #[schema(value_type = Vec<Object>)]
    pub parts: Vec<Part>,
    /// Finish reason, if the source reports one for each message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        content: String,
    },
    /// The model's reasoning.
    Reasoning {
        /// The text.
        content: String,
    },
    /// A tool call requested by the model.
    ToolCall {
        /// Id of the tool call.
        id: Option<String>,
        /// Name of the tool.
        name: String,
        /// Arguments; parsed if they are JSON.
        arguments: Json,
    },
    /// The result of a tool call.
    ToolCallResponse {
        /// Id of the tool call.
        id: Option<String>,
        /// The result; parsed if it is JSON.
        response: Json,
    },
    /// Any other part: an object with a `type`.
    #[serde(untagged)]
    Other(Map<String, Json>),
}

impl From<&quipu_core::Message> for Message {
    fn from(message: &quipu_core::Message) -> Self {
        Self {
            role: message.role.as_str().to_owned(),
            parts: message.parts.iter().map(Part::from).collect(),
            finish_reason: message.finish_reason.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&CorePart> for Part {
    fn from(part: &CorePart) -> Self {
        match part {
            CorePart::Text(text) => Self::Text { content: text.clone() },
            CorePart::Reasoning(text) => Self::Reasoning { content: text.clone() },
            CorePart::ToolCall { id, name, arguments } => {
                Self::ToolCall { id: id.clone(), name: name.clone(), arguments: json(arguments) }
            }
            CorePart::ToolCallResponse { id, response, .. } => {
                Self::ToolCallResponse { id: id.clone(), response: json(response) }
            }
            CorePart::Other { kind, value } => Self::other(kind, json(value)),
        }
    }
}

impl Part {
    /// A part in the source's own format, with its `type` set to `kind`. A value that is no object is under
    /// `value`.
    pub(crate) fn other(kind: &str, value: Json) -> Self {
        let mut object = match value {
            Json::Object(object) => object,
            Json::Null => Map::new(),
            value => Map::from_iter([("value".to_owned(), value)]),
        };
        object.insert("type".to_owned(), kind.into());
        Self::Other(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_part_reads_back_what_it_writes() {
        let parts = json!([
            {"type": "text", "content": "hi"},
            {"type": "reasoning", "content": "hm"},
            {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Zürich"}},
            {"type": "tool_call_response", "id": null, "response": "7 °C"},
            {"type": "blob", "mime_type": "image/png", "content": "AA=="}
        ]);
        let read: Vec<Part> = serde_json::from_value(parts.clone()).unwrap();
        assert!(matches!(&read[4], Part::Other(object) if object.len() == 3));
        assert_eq!(serde_json::to_value(&read).unwrap(), parts);
    }

    #[test]
    fn other_parts_carry_their_kind() {
        let part = CorePart::Other { kind: "uri".into(), value: "https://example.test/cat.png".into() };
        let want = json!({"type": "uri", "value": "https://example.test/cat.png"});
        assert_eq!(serde_json::to_value(Part::from(&part)).unwrap(), want);
    }
}
