//! The layer: each span of `tracing` is a span of Quipu's, each event an event.

use quipu_core::Status;
use quipu_sdk::{Context as Place, Recorder};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::held::{Held, Shown, context_of, nearest};
use crate::mirror::MIRROR_TARGET;
use crate::spans::SpanFields;
use crate::visit::{Gathered, Visitor, runs_code};
use crate::{Selection, entered, events, mirror};

/// The scope of what comes from `tracing`.
pub(crate) const SCOPE: &str = "tracing";

/// Makes records of spans and events of `tracing`. See [`layer`].
#[derive(Debug, Clone, Default)]
pub struct QuipuLayer {
    selection: Selection,
    recorder: Option<Recorder>,
    location: bool,
}

/// A layer for `tracing_subscriber`'s registry that records what [`Selection`] selects, with the recorder that is current
/// where a span or event is made.
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
    /// Which spans and events are recorded.
    #[must_use]
    pub fn with_selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// The least level of what is recorded; [`LevelFilter::INFO`] unless said otherwise.
    #[must_use]
    pub fn with_level(mut self, level: LevelFilter) -> Self {
        self.selection = self.selection.level(level);
        self
    }

    /// The least level under targets that begin with `prefix`; [`LevelFilter::OFF`] silences them.
    #[must_use]
    pub fn with_target_filter(mut self, prefix: impl Into<String>, level: LevelFilter) -> Self {
        self.selection = self.selection.target(prefix, level);
        self
    }

    /// The recorder for places that have none of their own: threads outside of any context, while none is installed.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Whether spans and events say where in the source they stand, as `code.file.path`, `code.line.number` and
    /// `code.module.name`. Off unless said otherwise; the target is always said.
    #[must_use]
    pub fn with_location(mut self, wanted: bool) -> Self {
        self.location = wanted;
        self
    }

    pub(crate) fn location(&self) -> bool {
        self.location
    }

    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Where a span or event belongs: to the current context, to the span that it names, or to none.
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
        // Where nobody records in it, a new one of the layer's own recorder.
        match (place.recorder(), self.recorder) {
            (None, Some(recorder)) => recorder.context(),
            _ => place,
        }
    }

    fn open(&self, metadata: &'static Metadata<'static>, place: &Place) -> Option<Held> {
        let mut guard = place.foreign(SCOPE, metadata.name());
        if !guard.is_recording() {
            return None;
        }
        guard.set("target", metadata.target());
        if self.location {
            say_location(metadata, |key, value| guard.set(key, value));
        }
        Some(Held { guard, full: is_full(place), judged: false })
    }
}

/// Where in the source a span or event stands.
pub(crate) fn say_location(metadata: &Metadata<'_>, mut say: impl FnMut(&str, quipu_sdk::Field<'_>)) {
    if let Some(file) = metadata.file() {
        say("code.file.path", file.into());
    }
    if let Some(line) = metadata.line() {
        say("code.line.number", line.into());
    }
    if let Some(module) = metadata.module_path() {
        say("code.module.name", module.into());
    }
}

/// Whether what was said is recorded too.
pub(crate) fn is_full(place: &Place) -> bool {
    place.recorder().is_some_and(|recorder| recorder.settings().log_full_prompts)
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
        // The span is locked while it is written to, and code of the user's might come here again.
        let gathered = runs_code(values).then(|| Gathered::of(values));
        let mut extensions = span.extensions_mut();
        let Some(held) = extensions.get_mut::<Held>() else { return };
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
        if let Some(held) = span.extensions_mut().get_mut::<Held>() {
            held.guard.follows(&earlier);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let place = self.place(event.is_contextual(), event.parent(), &context);
        let Some(failure) = events::record(self, event, &place) else { return };
        let Some(span) = context.event_span(event) else { return };
        // A guard may stand between the event and the span: guards have their own words for errors.
        if let Some(held) = span.extensions_mut().get_mut::<Held>()
            && !held.judged
            && held.guard.span_id() == place.span_id()
        {
            held.guard.status(Status::Error, &failure);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        // A span that shows a guard is entered because the guard's context was; or else by hand.
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
        // Bound to a name: the guard ends after the lock is released.
        let held = span.extensions_mut().remove::<Held>();
        drop(held);
    }
}
