//! Spans that name almost nothing: failed calls without attributes, and events within calls.

use quipu_core::{Canonical, Kind, Span, SpanKind, Status};
use quipu_semconv::{EVENT_WORDS, GENAI_SCOPE_WORDS, OPERATIONS};

use crate::messages::messages;
use crate::provider;

/// Minimum duration of a model call, in nanoseconds: a network exchange, even within one machine.
const SHORTEST_CALL: i64 = 1_000_000;

/// A failed call by its span alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailedCall<'a> {
    pub kind: Kind,
    pub operation: &'static str,
    pub model: &'a str,
}

/// The call of a failed client span without attributes. The span's name has operation and model, as the GenAI
/// conventions require. The scope or the model tells that it is one.
pub(crate) fn failed_call(span: &Span) -> Option<FailedCall<'_>> {
    if span.status != Status::Error || span.kind != SpanKind::Client {
        return None;
    }
    let (word, model) = span.name.split_once(' ')?;
    let (operation, kind) = OPERATIONS.iter().find(|(name, kind)| *name == word && kind.is_call())?;
    let is_name = !model.is_empty() && !model.contains(char::is_whitespace);
    let is_known = || is_genai(&span.scope.name) || provider::provider_of_model(model).is_some();
    (is_name && is_known()).then_some(FailedCall { kind: *kind, operation, model })
}

/// Whether a span is a failed call that only its name tells.
pub fn is_failed_call(span: &Span) -> bool {
    failed_call(span).is_some()
}

/// Whether a scope is that of an instrumentation of models.
fn is_genai(scope: &str) -> bool {
    let is_named = || {
        let lower = scope.to_ascii_lowercase();
        GENAI_SCOPE_WORDS.iter().any(|word| lower.contains(word))
    };
    provider::framework_of_scope(scope).is_some() || is_named()
}

/// Whether a span marked as a call is an event within the call above, such as a chunk of its stream. It names
/// no model, has no usage and no id. It also takes no time, has the name of an event, or names no provider and
/// has no messages.
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
