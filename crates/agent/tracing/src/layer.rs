//! The layer that records spans and events of `tracing`.

use quipu_core::Status;
use quipu_sdk::{Context as Place, Recorder};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::content::is_full;
use crate::held::{RecordedSpan, Shown, context_of, nearest};
use crate::mirror::MIRROR_TARGET;
use crate::source::{SCOPE, say_location};
use crate::spans::SpanFields;
use crate::visit::{Gathered, Visitor, runs_code};
use crate::{Selection, entered, events, mirror};

/// Records spans and events of `tracing`. See [`layer`].
#[derive(Debug, Clone, Default)]
pub struct QuipuLayer {
    selection: Selection,
    recorder: Option<Recorder>,
    location: bool,
}

/// Creates a layer for `tracing_subscriber`'s registry. It records what [`Selection`] selects, with the
/// recorder that is current at the span or event.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(quipu_tracing::layer());
/// tracing::subscriber::with_default(subscriber, || {
///     let _entered = tracing::info_span!("chat", gen_ai.request.model = "gpt-5").entered();
///     tracing::info!(attempt = 1, "asked");
/// });
/// ```
pub fn layer() -> QuipuLayer {
    QuipuLayer::default()
}

impl QuipuLayer {
    /// Sets the selection of spans and events.
    #[must_use]
    pub fn with_selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Sets the minimum level; default [`LevelFilter::INFO`].
    #[must_use]
    pub fn with_level(mut self, level: LevelFilter) -> Self {
        self.selection = self.selection.level(level);
        self
    }

    /// Sets the minimum level of targets that start with `prefix`; [`LevelFilter::OFF`] silences them.
    #[must_use]
    pub fn with_target_filter(mut self, prefix: impl Into<String>, level: LevelFilter) -> Self {
        self.selection = self.selection.target(prefix, level);
        self
    }

    /// Sets the recorder for places without one: threads outside of any context, if none is installed.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Sets whether records carry their source location, as `code.file.path`, `code.line.number` and
    /// `code.module.name`. Default: off. The target is always recorded.
    #[must_use]
    pub fn with_location(mut self, wanted: bool) -> Self {
        self.location = wanted;
        self
    }

    /// Place of a span or event: the current context, the named parent, or the root of a new trace.
    fn place<S>(&self, contextual: bool, parent: Option<&Id>, context: &Context<'_, S>) -> Place
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let place = if contextual {
            Place::current()
        } else {
            let named = parent.and_then(|id| context.span(id)).and_then(nearest);
            named.unwrap_or_else(|| Place::current().outside())
        };
        // A place without a recorder is replaced by a new root of the layer's recorder.
        match (place.recorder(), self.recorder) {
            (None, Some(recorder)) => recorder.context(),
            _ => place,
        }
    }

    fn open(&self, metadata: &'static Metadata<'static>, place: &Place) -> Option<RecordedSpan> {
        let mut guard = place.foreign(SCOPE, metadata.name());
        if !guard.is_recording() {
            return None;
        }
        guard.set("target", metadata.target());
        if self.location {
            say_location(metadata, |key, value| guard.set(key, value));
        }
        Some(RecordedSpan { guard, full: is_full(place), judged: false })
    }
}

impl<S> Layer<S> for QuipuLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target() == MIRROR_TARGET {
            if let (Some(shown), Some(span)) = (mirror::opening(), context.span(id)) {
                span.extensions_mut().insert(Shown(shown));
            }
            return;
        }
        if !self.selection.wants(metadata) {
            return;
        }
        let place = self.place(attributes.is_contextual(), attributes.parent(), &context);
        let (Some(mut held), Some(span)) = (self.open(metadata, &place), context.span(id)) else { return };
        let mut fields = SpanFields::new(&mut held);
        attributes.record(&mut Visitor(&mut fields));
        fields.finish();
        span.extensions_mut().insert(held);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // The span is locked during the write, and user code in a formatter might enter this function again.
        let gathered = runs_code(values).then(|| Gathered::of(values));
        let mut extensions = span.extensions_mut();
        let Some(held) = extensions.get_mut::<RecordedSpan>() else { return };
        let mut fields = SpanFields::new(held);
        match gathered {
            Some(gathered) => gathered.give(&mut fields),
            None => values.record(&mut Visitor(&mut fields)),
        }
        fields.finish();
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let earlier = context.span(follows).and_then(|span| context_of(&span));
        let (Some(earlier), Some(span)) = (earlier, context.span(id)) else { return };
        if let Some(held) = span.extensions_mut().get_mut::<RecordedSpan>() {
            held.guard.follows(&earlier);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let place = self.place(event.is_contextual(), event.parent(), &context);
        let Some(failure) = events::record(&self.selection, self.location, event, &place) else { return };
        let Some(span) = context.event_span(event) else { return };
        // If a guard is between the event and the span, the guard reports its own errors.
        if let Some(held) = span.extensions_mut().get_mut::<RecordedSpan>()
            && !held.judged
            && held.guard.span_id() == place.span_id()
        {
            held.guard.status(Status::Error, &failure);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        // The span of a mirrored guard is normally entered with the guard's context; this handles a manual
        // entry.
        if let Some(place) = context.span(id).and_then(|span| context_of(&span))
            && !mirror::is_telling()
        {
            entered::enter(id.into_u64(), place);
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        entered::exit(id.into_u64());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        // Bound to a variable, so the guard ends after the lock is released.
        let held = span.extensions_mut().remove::<RecordedSpan>();
        drop(held);
    }
}
