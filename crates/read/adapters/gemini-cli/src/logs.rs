//! Log records: answers of the model, tool runs, sub-agents' runs and prompts.

use quipu_core::{Event, Span, Status};
use quipu_normalize::{LogRecord, flag_at, millis_at};

use crate::product::Product;

/// The span of a record about a call, a tool run or a prompt. Such a record is written at the end.
pub(crate) fn span(event: &Event) -> Option<Span> {
    let (product, name) = Product::of_event(event)?;
    let told = || LogRecord::of(event, product.name, "session.id", "prompt_id");
    let took = || millis_at(&event.attributes, "duration_ms").unwrap_or(0);
    let full = || format!("{}{name}", product.prefixes.first().copied().unwrap_or_default());
    let span = match name {
        "user_prompt" => told().root(&full()),
        "api_response" | "api_error" | "tool_call" | "agent.finish" => told().span(&full(), took()),
        _ => return None,
    };
    let went_wrong = name == "api_error" || flag_at(&event.attributes, "success") == Some(false);
    Some(if went_wrong { Span { status: Status::Error, ..span } } else { span })
}
