//! Flattened messages of OpenInference.

use quipu_core::{Message, Part, Role, Span, Value};
use quipu_semconv::{OPENINFERENCE_INPUT, OPENINFERENCE_OUTPUT};

use super::{Sides, role, structured};
use crate::Tree;

/// The flattened input and output messages.
pub(super) fn conversation(span: &Span) -> Sides {
    let side = |prefix, fallback: &Role| {
        let tree = Tree::under(&span.attributes, prefix);
        tree.items().filter_map(|item| message(item.at("message")?, fallback)).collect()
    };
    (side(OPENINFERENCE_INPUT, &Role::User), side(OPENINFERENCE_OUTPUT, &Role::Assistant))
}

fn message(tree: &Tree<'_>, fallback: &Role) -> Option<Message> {
    let role = tree.text("role").map_or_else(|| fallback.clone(), role);
    let mut parts = if role == Role::Tool { answer(tree).into_iter().collect() } else { content(tree) };
    parts.extend(tree.list("tool_calls").filter_map(|item| tool_call(item.at("tool_call")?)));
    super::message(role, parts)
}

/// A list of blocks, otherwise a text. Tool requests in the blocks are skipped if a separate list repeats
/// them.
fn content(tree: &Tree<'_>) -> Vec<Part> {
    let has_calls = tree.at("tool_calls").is_some();
    let pieces: Vec<_> = tree.list("contents").filter_map(|item| piece(item, has_calls)).collect();
    if !pieces.is_empty() {
        return pieces;
    }
    let texts = tree.list("content").filter_map(|item| item.leaf());
    let one = tree.text("content").filter(|text| !text.is_empty()).map(|text| Part::Text(text.to_owned()));
    one.into_iter().chain(texts.filter_map(Value::as_str).map(|text| Part::Text(text.to_owned()))).collect()
}

fn piece(item: &Tree<'_>, has_calls: bool) -> Option<Part> {
    let content = item.at("message_content");
    let kind = content.and_then(|content| content.text("type")).unwrap_or("text");
    let text = || content.and_then(|content| content.text("text")).map(str::to_owned);
    match kind {
        "text" => text().map(Part::Text),
        "reasoning" | "thinking" => text().map(Part::Reasoning),
        "tool_use" | "tool_call" => item.at("tool_call").filter(|_| !has_calls).and_then(tool_call),
        other => Some(Part::Other { kind: other.to_owned(), value: content?.to_value() }),
    }
}

fn tool_call(call: &Tree<'_>) -> Option<Part> {
    let name = call.text("function.name")?.to_owned();
    let arguments = call.value("function.arguments").map(structured).unwrap_or_default();
    Some(Part::ToolCall { id: call.text("id").map(str::to_owned), name, arguments })
}

fn answer(tree: &Tree<'_>) -> Option<Part> {
    let response = match tree.value("content") {
        Some(content) => structured(content),
        None => Value::String(
            tree.at("contents")?.items().filter_map(|item| item.text("message_content.text")).collect(),
        ),
    };
    Some(Part::ToolCallResponse { id: tree.text("tool_call_id").map(str::to_owned), response, failed: false })
}
