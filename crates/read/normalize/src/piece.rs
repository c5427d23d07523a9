//! Events within a call, such as the chunks of its stream, that are marked as calls.

use quipu_core::{Canonical, Span, Status};
use quipu_semconv::EVENT_WORDS;

use crate::messages::messages;

/// Minimum duration of a model call, in nanoseconds: a network exchange, even within one machine.
const SHORTEST_CALL: i64 = 1_000_000;

/// Whether a span marked as a call is an event within the call above, such as a chunk of its stream. It names
/// no model, has no usage and no id. It also takes no time, has the name of an event, or names no provider
/// and has no messages.
pub fn is_event_of_a_call(span: &Span, read: &Canonical) -> bool {
    let is_bare = read.kind.is_call()
        && span.parent_id.is_some()
        && read.model().is_none()
        && read.usage.is_none()
        && read.response_id.is_none();
    is_bare
        && (is_instant(span) || has_name_of_event(&span.name) || (read.provider.is_none() && is_silent(span)))
}

fn is_instant(span: &Span) -> bool {
    span.duration().is_some_and(|duration| duration < SHORTEST_CALL)
}

fn has_name_of_event(name: &str) -> bool {
    let last = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    EVENT_WORDS.iter().any(|word| last.eq_ignore_ascii_case(word))
}

/// Whether a span that ended well has neither question nor answer.
fn is_silent(span: &Span) -> bool {
    let silent = || {
        let said = messages(span);
        said.input.is_empty() && said.output.is_empty()
    };
    span.status != Status::Error && span.end.is_some() && silent()
}
