//! Messages under the AI SDK's own keys: `ai.prompt` or `ai.prompt.messages`, and the answer in separate
//! keys.

use quipu_core::{Message, Part, Role, Span, Value};
use quipu_semconv::{
    AI_FINISH_REASON, AI_OBJECT, AI_PROMPT, AI_PROMPT_MESSAGES, AI_REASONING, AI_TEXT, AI_TOOL_CALLS,
    AI_VALUES,
};

use super::{Sides, blocks, first, message, schema, structured};
use crate::finish;

/// The input and output messages.
pub(super) fn conversation(span: &Span) -> Sides {
    let asked = first(&span.attributes, AI_PROMPT_MESSAGES).map(|value| schema::messages(&structured(value)));
    let asked = asked.filter(|list| !list.is_empty()).unwrap_or_else(|| prompt(span));
    (asked, answer(span).into_iter().collect())
}

/// The prompt in the user's form: an object of `system` and either `prompt` or `messages`; for embeddings,
/// the values.
fn prompt(span: &Span) -> Vec<Message> {
    let Some(value) = first(&span.attributes, AI_PROMPT) else { return values(span) };
    let whole = structured(value);
    let system = whole.get("system").map(blocks::parts).and_then(|parts| message(Role::System, parts));
    let mut asked: Vec<_> = system.into_iter().collect();
    for said in ["messages", "prompt"].iter().filter_map(|key| whole.get(key)) {
        match said {
            Value::Array(_) => asked.extend(schema::messages(said)),
            other => asked.extend(message(Role::User, blocks::parts(other))),
        }
    }
    asked
}

fn values(span: &Span) -> Vec<Message> {
    let Some(value) = first(&span.attributes, AI_VALUES) else { return Vec::new() };
    let list = std::slice::from_ref(value);
    let texts = value.as_array().unwrap_or(list).iter().filter_map(Value::as_str).map(unquoted);
    message(Role::User, texts.map(Part::Text).collect()).into_iter().collect()
}

/// The text of a JSON string; other text stays unchanged.
fn unquoted(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())
}

fn answer(span: &Span) -> Option<Message> {
    let text = |keys: &[&str]| {
        first(&span.attributes, keys)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let mut parts: Vec<Part> = text(AI_REASONING).map(Part::Reasoning).into_iter().collect();
    parts.extend(text(AI_TEXT).or_else(|| text(AI_OBJECT)).map(Part::Text));
    let calls = first(&span.attributes, AI_TOOL_CALLS).map(structured).unwrap_or_default();
    parts.extend(calls.as_array().unwrap_or_default().iter().filter_map(blocks::tool_call));
    let reason = text(AI_FINISH_REASON).map(|word| finish::reason(&word));
    message(Role::Assistant, parts).map(|said| Message { finish_reason: reason, ..said })
}
