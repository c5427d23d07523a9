//! Log records: requests to the model, tool runs, and the prompts that start turns.

use quipu_core::{Event, Span, Status};
use quipu_normalize::{LogRecord, flag_at, millis_at, name_of};

use crate::names::{FAMILY, PREFIX, SCOPES};

/// The name of a Claude Code record without the prefix, which some releases omit; `None` for other records.
fn short_name(event: &Event) -> Option<&str> {
    let name = name_of(event);
    let bare = || is_of_its_scope(event).then_some(name);
    let by_body = || event.body.as_str().and_then(|body| body.strip_prefix(PREFIX));
    name.strip_prefix(PREFIX).or_else(bare).or_else(by_body)
}

fn is_of_its_scope(event: &Event) -> bool {
    SCOPES.iter().any(|scope| event.scope.name.starts_with(scope))
}

/// Whether a record is from Claude Code.
pub(crate) fn is_ours(event: &Event) -> bool {
    short_name(event).is_some()
}

/// The span of a record about a call, a tool run or a turn. Such a record is written at the end.
pub(crate) fn span(event: &Event) -> Option<Span> {
    let name = short_name(event)?;
    let told = || LogRecord::of(event, FAMILY, "session.id", "prompt.id");
    let took = || millis_at(&event.attributes, "duration_ms").unwrap_or(0);
    Some(match name {
        "user_prompt" => told().root("claude_code.user_prompt"),
        "api_request" => told().span("claude_code.api_request", took()),
        "api_error" => failed(told().span("claude_code.api_error", took())),
        "tool_result" => {
            let span = told().span("claude_code.tool_result", took());
            if flag_at(&event.attributes, "success") == Some(false) { failed(span) } else { span }
        }
        _ => return None,
    })
}

fn failed(mut span: Span) -> Span {
    span.status = Status::Error;
    span
}
