//! Messages of Genkit: lists of parts with a single key each, which names their type.

use quipu_core::{Kind, Message, Messages, Part, Role, Span, Value};
use quipu_normalize::{parse, pick};

pub(crate) const INPUT: &str = "genkit:input";
pub(crate) const OUTPUT: &str = "genkit:output";

/// The messages of a span, or the arguments and result of a tool.
pub(crate) fn messages(span: &Span, kind: Kind) -> Messages {
    let sent = |key| span.attributes.text(key);
    let mut said = Messages::default();
    if kind == Kind::Tool {
        said.tool_arguments = sent(INPUT).map(structured);
        said.tool_result = sent(OUTPUT).map(structured);
        return said;
    }
    if let Some(input) = sent(INPUT) {
        let [messages, tools] = pick(input, ["messages", "tools"]);
        let listed = messages.as_ref().and_then(Value::as_array).unwrap_or_default();
        said.input = listed.iter().filter_map(|one| message(one, Role::User)).collect();
        said.tool_definitions =
            tools.and_then(|tools| tools.as_array().map(<[Value]>::to_vec)).unwrap_or_default();
        if said.input.is_empty() {
            said.input.extend(whole(Role::User, input));
        }
    }
    if let Some(output) = sent(OUTPUT) {
        let [answer] = pick(output, ["message"]);
        let answer = answer.as_ref().and_then(|answer| message(answer, Role::Assistant));
        said.output.extend(answer.or_else(|| whole(Role::Assistant, output)));
    }
    said
}

fn structured(text: &str) -> Value {
    let word = || text.strip_prefix('"')?.strip_suffix('"').map(Value::from);
    parse(text).or_else(word).unwrap_or_else(|| Value::from(text))
}

fn whole(role: Role, text: &str) -> Option<Message> {
    let part = Part::Text(text.to_owned());
    (!text.is_empty()).then(|| Message { role, parts: vec![part], finish_reason: None })
}

fn message(value: &Value, otherwise: Role) -> Option<Message> {
    let role = match value.get("role").and_then(Value::as_str) {
        Some("system") => Role::System,
        Some("user") => Role::User,
        Some("model") => Role::Assistant,
        Some("tool") => Role::Tool,
        _ => otherwise,
    };
    let parts: Vec<Part> = value.get("content")?.as_array()?.iter().map(part).collect();
    (!parts.is_empty()).then_some(Message { role, parts, finish_reason: None })
}

fn part(value: &Value) -> Part {
    let text = |value: &Value, key| value.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(said) = text(value, "text") {
        return Part::Text(said);
    }
    if let Some(thought) = text(value, "reasoning") {
        return Part::Reasoning(thought);
    }
    if let Some(request) = value.get("toolRequest") {
        return Part::ToolCall {
            id: text(request, "ref"),
            name: text(request, "name").unwrap_or_default(),
            arguments: request.get("input").cloned().unwrap_or(Value::Null),
        };
    }
    if let Some(response) = value.get("toolResponse") {
        return Part::ToolCallResponse {
            id: text(response, "ref"),
            response: response.get("output").cloned().unwrap_or(Value::Null),
            failed: false,
        };
    }
    let kind = if value.get("media").is_some() { "media" } else { "value" };
    Part::Other { kind: kind.to_owned(), value: value.clone() }
}
