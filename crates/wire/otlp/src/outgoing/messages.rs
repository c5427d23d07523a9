//! Messages as OpenInference flattens them into attributes:
//! <https://arize-ai.github.io/openinference/spec/attributes/semantic-conventions.html>.

use quipu_core::{Kind, Message, Messages, Part};
use quipu_normalize::messages_as;
use quipu_semconv::{OPENINFERENCE_INPUT, OPENINFERENCE_OUTPUT, OPENINFERENCE_TOOLS};

use super::json;
use super::overlay::Overlay;

/// Largest number of flattened messages of a side, tools, or parts of a message. Further ones stay in the
/// attributes as sent.
const MOST: usize = 128;

/// Flattens the messages that were not sent in this form.
pub(super) fn overlay(to: &mut Overlay<'_>) {
    let kind = to.read().kind;
    let tells = matches!(
        kind,
        Kind::Llm
            | Kind::Tool
            | Kind::Agent
            | Kind::Workflow
            | Kind::Task
            | Kind::Retrieval
            | Kind::Guardrail
    );
    if !tells {
        return;
    }
    let said = messages_as(to.span, kind);
    if kind == Kind::Llm {
        spread(to, OPENINFERENCE_INPUT, &said.input);
        spread(to, OPENINFERENCE_OUTPUT, &said.output);
        tools(to, &said);
    }
    let [input, output] = match kind {
        Kind::Tool => [said.tool_arguments, said.tool_result].map(|value| {
            value.map(|value| match value.as_str() {
                Some(text) => (text.to_owned(), "text/plain"),
                None => (json::text(&value), "application/json"),
            })
        }),
        _ => [whole(&said.input), whole(&said.output)],
    };
    value(to, ["input.value", "input.mime_type"], input);
    value(to, ["output.value", "output.mime_type"], output);
}

fn value(to: &mut Overlay<'_>, [key, kind]: [&'static str; 2], value: Option<(String, &'static str)>) {
    if let Some((value, mime)) = value.filter(|_| !to.is_sent(key)) {
        to.set(key, Some(value));
        to.set(kind, Some(mime));
    }
}

/// All messages of a side: a single text unchanged, else JSON.
fn whole(messages: &[Message]) -> Option<(String, &'static str)> {
    match messages {
        [] => None,
        [Message { parts, .. }] if let [Part::Text(text)] = parts.as_slice() => {
            Some((text.clone(), "text/plain"))
        }
        messages => Some((json::messages(messages), "application/json")),
    }
}

fn spread(to: &mut Overlay<'_>, prefix: &str, messages: &[Message]) {
    if to.is_begun(prefix) {
        return;
    }
    for (i, message) in messages.iter().take(MOST).enumerate() {
        let at = format!("{prefix}{i}.message.");
        to.set(format!("{at}role"), Some(message.role.as_str()));
        match message.parts.as_slice() {
            [Part::Text(text)] => to.set(format!("{at}content"), Some(text.as_str())),
            parts => spread_parts(to, &at, parts),
        }
    }
}

fn spread_parts(to: &mut Overlay<'_>, at: &str, parts: &[Part]) {
    let (mut contents, mut calls) = (0, 0);
    for part in parts.iter().take(MOST) {
        let (kind, text) = match part {
            Part::ToolCall { id, name, arguments } => {
                let at = format!("{at}tool_calls.{calls}.tool_call.");
                calls += 1;
                to.set(format!("{at}id"), id.as_deref());
                to.set(format!("{at}function.name"), Some(name.as_str()));
                to.set(format!("{at}function.arguments"), Some(json::text(arguments)));
                continue;
            }
            Part::ToolCallResponse { id, response, .. } => {
                to.set(format!("{at}tool_call_id"), id.as_deref());
                to.set(format!("{at}content"), Some(json::text(response)));
                continue;
            }
            Part::Text(text) => ("text", text.clone()),
            Part::Reasoning(text) => ("reasoning", text.clone()),
            Part::Other { kind, value } => (kind.as_str(), json::text(value)),
        };
        let at = format!("{at}contents.{contents}.message_content.");
        contents += 1;
        to.set(format!("{at}type"), Some(kind));
        to.set(format!("{at}text"), Some(text));
    }
}

fn tools(to: &mut Overlay<'_>, said: &Messages) {
    if to.is_begun(OPENINFERENCE_TOOLS) {
        return;
    }
    for (i, tool) in said.tool_definitions.iter().take(MOST).enumerate() {
        to.set(format!("{OPENINFERENCE_TOOLS}{i}.tool.json_schema"), Some(json::text(tool)));
    }
}
