//! Data that the layer stores with each span of `tracing`.

use quipu_sdk::{Context, Span};
use tracing::Subscriber;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// A span that is being recorded.
pub(crate) struct RecordedSpan {
    pub guard: Span,
    /// Whether contents are recorded.
    pub full: bool,
    /// Whether a field has set the status.
    pub judged: bool,
}

/// Context of a guard that a span of `tracing` mirrors.
pub(crate) struct Shown(pub Context);

/// The context in a span; `None` if it is not recorded and mirrors no guard.
pub(crate) fn context_of<S>(span: &SpanRef<'_, S>) -> Option<Context>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let extensions = span.extensions();
    let held = extensions.get::<RecordedSpan>().map(|held| held.guard.context());
    held.or_else(|| extensions.get::<Shown>().map(|shown| shown.0.clone()))
}

/// The context in the nearest recorded span from `span` upwards.
pub(crate) fn nearest<S>(span: SpanRef<'_, S>) -> Option<Context>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    span.scope().find_map(|span| context_of(&span))
}
