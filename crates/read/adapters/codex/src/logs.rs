//! Log records: answers with their tokens, failed requests, tool runs and prompts.

use quipu_core::{Attributes, Event, Span, Status};
use quipu_normalize::{LogRecord, count_at, flag_at, millis_at, name_of};

use crate::names::{FAMILY, PREFIX, SCOPES};

/// Lowest HTTP status of a failed request.
const FAILURE: u64 = 400;

/// Whether a record is from Codex.
pub(crate) fn is_ours(event: &Event) -> bool {
    name_of(event).starts_with(PREFIX) || SCOPES.iter().any(|scope| event.scope.name.starts_with(scope))
}

/// The span of a record about a call, a tool run or a prompt. Records name no turn, so a conversation is one
/// trace.
pub(crate) fn span(event: &Event) -> Option<Span> {
    let attributes = &event.attributes;
    let told = || LogRecord::of(event, FAMILY, "conversation.id", "");
    let took = || millis_at(attributes, "duration_ms").unwrap_or(0);
    Some(match name_of(event).strip_prefix(PREFIX)? {
        "conversation_starts" => told().root("codex.conversation_starts"),
        "user_prompt" => told().span("codex.user_prompt", 0),
        "sse_event" if has_tokens(attributes) => told().span("codex.sse_event", 0),
        "sse_event" if kind_is(attributes, "response.failed") => failed(told().span("codex.sse_event", 0)),
        "api_request" if request_failed(attributes) => failed(told().span("codex.api_request", took())),
        "websocket_request" if request_failed(attributes) => {
            failed(told().span("codex.websocket_request", took()))
        }
        "tool_result" => {
            let span = told().span("codex.tool_result", took());
            if flag_at(attributes, "success") == Some(false) { failed(span) } else { span }
        }
        _ => return None,
    })
}

fn kind_is(attributes: &Attributes, kind: &str) -> bool {
    attributes.text("event.kind") == Some(kind)
}

/// Whether a record has tokens. An answer's end is reported twice, once with its tokens.
fn has_tokens(attributes: &Attributes) -> bool {
    kind_is(attributes, "response.completed") && attributes.get("input_token_count").is_some()
}

/// Whether no answer follows, because the server rejected the request or was unreachable.
pub(crate) fn request_failed(attributes: &Attributes) -> bool {
    let refused = count_at(attributes, "http.response.status_code").is_some_and(|status| status >= FAILURE);
    refused || attributes.get("error.message").is_some() || flag_at(attributes, "success") == Some(false)
}

fn failed(mut span: Span) -> Span {
    span.status = Status::Error;
    span
}
