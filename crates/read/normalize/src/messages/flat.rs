//! Flattened prompts and answers of older Traceloop releases, and flattened tool definitions.

use quipu_core::{Message, Part, Role, Span, Value};
use quipu_semconv::{OPENINFERENCE_TOOLS, TRACELOOP_COMPLETION, TRACELOOP_FUNCTIONS, TRACELOOP_PROMPT};

use super::{Sides, blocks, role, structured};
use crate::{Tree, finish};

/// The flattened input and output messages.
pub(super) fn conversation(span: &Span) -> Sides {
    let side = |prefix, fallback: &Role| {
        let tree = Tree::under(&span.attributes, prefix);
        tree.items().filter_map(|item| message(item, fallback)).collect()
    };
    (side(TRACELOOP_PROMPT, &Role::User), side(TRACELOOP_COMPLETION, &Role::Assistant))
}

fn message(tree: &Tree<'_>, fallback: &Role) -> Option<Message> {
    let role = tree.text("role").map_or_else(|| fallback.clone(), role);
    let content = tree.value("content");
    let mut parts: Vec<_> =
        tree.text("reasoning").map(|text| Part::Reasoning(text.to_owned())).into_iter().collect();
    if role == Role::Tool {
        let id = tree.text("tool_call_id").map(str::to_owned);
        parts.extend(content.map(|content| Part::ToolCallResponse {
            id,
            response: structured(content),
            failed: false,
        }));
    } else {
        parts.extend(content.map(blocks::parts).unwrap_or_default());
    }
    parts.extend(tree.list("tool_calls").filter_map(tool_call));
    parts.extend(tree.at("function_call").and_then(tool_call));
    let finish_reason = tree.text("finish_reason").map(finish::reason);
    (!parts.is_empty()).then_some(Message { role, parts, finish_reason })
}

fn tool_call(call: &Tree<'_>) -> Option<Part> {
    let name = call.text("name")?.to_owned();
    let arguments = call.value("arguments").map(structured).unwrap_or_default();
    Some(Part::ToolCall { id: call.text("id").map(str::to_owned), name, arguments })
}

/// Tools offered to the model, from either convention's flattened list.
pub(super) fn tool_definitions(span: &Span) -> Vec<Value> {
    let openinference = Tree::under(&span.attributes, OPENINFERENCE_TOOLS);
    let schemas: Vec<_> =
        openinference.items().filter_map(|item| item.value("tool.json_schema").map(structured)).collect();
    if !schemas.is_empty() {
        return schemas;
    }
    Tree::under(&span.attributes, TRACELOOP_FUNCTIONS).items().map(Tree::to_value).collect()
}
