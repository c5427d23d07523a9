//! Messages of a Haystack span.

use quipu_core::{Kind, Message, Messages, Part, Role, Span, Value};
use quipu_normalize::{finish_reason, message_list, messages_as, parse};
use quipu_semconv::{HAYSTACK_INPUT, HAYSTACK_OUTPUT};

/// The input and output messages, and the offered tools.
pub(crate) fn messages(span: &Span, kind: Kind) -> Messages {
    if kind == Kind::Tool {
        return messages_as(span, kind);
    }
    let value = |keys: &[&str]| keys.iter().find_map(|key| span.attributes.get(key)).map(structured);
    let (input, output) = (value(HAYSTACK_INPUT), value(HAYSTACK_OUTPUT));
    Messages {
        tool_definitions: input.as_ref().map(tools).unwrap_or_default(),
        input: input.as_ref().map(|input| side(input, &Role::User)).unwrap_or_default(),
        output: output.as_ref().map(|output| side(output, &Role::Assistant)).unwrap_or_default(),
        ..Messages::default()
    }
}

fn structured(value: &Value) -> Value {
    value.as_str().and_then(parse).unwrap_or_else(|| value.clone())
}

/// A list of messages, otherwise the texts of a prompt or of replies, otherwise the whole value.
fn side(value: &Value, role: &Role) -> Vec<Message> {
    let texts: Vec<String> = match (value.get("prompt"), value.get("replies").and_then(Value::as_array)) {
        (Some(Value::String(prompt)), _) => vec![prompt.clone()],
        (_, Some(replies)) => replies.iter().filter_map(|reply| reply.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    if !texts.is_empty() {
        let said = |text| Message { role: role.clone(), parts: vec![Part::Text(text)], finish_reason: None };
        return texts.into_iter().map(said).collect();
    }
    let list = ["replies", "messages"].iter().find_map(|key| value.get(key)).unwrap_or(value);
    let mut messages = message_list(list, role);
    if *role == Role::Assistant && messages.len() == 1 {
        let reason =
            list.as_array().and_then(|list| list.first()?.get("meta")?.get("finish_reason")?.as_str());
        messages.iter_mut().for_each(|message| message.finish_reason = reason.map(finish_reason));
    }
    messages
}

/// Tools in Haystack's format: the class, and the tool's description under `data`.
fn tools(input: &Value) -> Vec<Value> {
    let list = input.get("tools").and_then(Value::as_array).unwrap_or_default();
    let pick = |tool: &Value| {
        let data = tool.get("data").unwrap_or(tool);
        let pairs = ["name", "description", "parameters"];
        Value::Map(pairs.iter().filter_map(|key| Some(((*key).into(), data.get(key)?.clone()))).collect())
    };
    list.iter().map(pick).collect()
}
