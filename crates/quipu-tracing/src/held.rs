//! What the layer keeps with each span of `tracing`.

use quipu_sdk::{Context, Span};
use tracing::Subscriber;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// A span that is being recorded.
pub(crate) struct Held {
    pub guard: Span,
    /// Whether what was said to and by a model is recorded too.
    pub full: bool,
    /// Whether a field has said how the span ended.
    pub judged: bool,
}

/// The context of a guard that a span of `tracing` shows.
pub(crate) struct Shown(pub Context);

/// The context within a span; `None` when it is neither recorded nor shows a guard.
pub(crate) fn context_of<S>(span: &SpanRef<'_, S>) -> Option<Context>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let extensions = span.extensions();
    let held = extensions.get::<Held>().map(|held| held.guard.context());
    held.or_else(|| extensions.get::<Shown>().map(|shown| shown.0.clone()))
}

/// The context within the nearest recorded span from `span` upwards.
pub(crate) fn nearest<S>(span: SpanRef<'_, S>) -> Option<Context>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    span.scope().find_map(|span| context_of(&span))
}
