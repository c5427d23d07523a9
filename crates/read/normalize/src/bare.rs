//! Failed calls whose spans have no attributes, only a name.

use quipu_core::{Kind, Span, SpanKind, Status};
use quipu_semconv::{GENAI_SCOPE_WORDS, OPERATIONS};

use crate::provider;

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
