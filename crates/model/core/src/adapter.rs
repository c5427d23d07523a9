//! The adapter trait: reads the meaning of a span from its attributes.

use std::sync::Arc;

use compact_str::CompactString;

use crate::{Batch, Canonical, Event, Kind, Lens, Messages, Metric, Signal, Span, Status, ToldRuns, Usage};

/// Reads one family of sources, or adds what a framework reports beyond its convention. An adapter is pure:
/// the same record always gives the same result, so stored records can be read again.
pub trait Adapter: Send + Sync {
    /// The convention's name: `genai`, `openinference`, `openllmetry` …; for an adapter that only enriches,
    /// the framework's name.
    fn name(&self) -> &'static str;

    /// Whether this adapter understands the span, judged first by its attributes, then by its scope. The
    /// default is `false`, for adapters that only enrich.
    fn claims(&self, _span: &Span) -> bool {
        false
    }

    /// The meaning of the span. Called only for spans that the adapter claims.
    fn canonical(&self, _span: &Span) -> Canonical {
        Canonical::default()
    }

    /// The messages of the span. Called on demand, only for spans that the adapter claims.
    fn messages(&self, _span: &Span) -> Messages {
        Messages::default()
    }

    /// Returns a more specific name than the sent one, such as a filled-in template. The registry calls it
    /// for every span. The default is `None`.
    fn title(&self, _span: &Span) -> Option<CompactString> {
        None
    }

    /// Provenance of the span's values: attribute and rule of each. Called on demand, only for spans that the
    /// adapter claims. The default is empty.
    fn lens(&self, _span: &Span, _read: &Canonical) -> Lens {
        Lens::default()
    }

    /// The frameworks whose spans it enriches, by the name in [`Canonical::framework`]. The default is none.
    fn enriches(&self) -> &'static [&'static str] {
        &[]
    }

    /// Adds what the framework reports beyond its convention: nodes, tasks, hand-offs, sub-agents. Called for
    /// spans of the frameworks in [`Self::enriches`], regardless of the adapter that read them. It changes
    /// only the fields that it knows better.
    fn enrich(&self, _span: &Span, _read: &mut Canonical) {}

    /// Adds the usage of a call or a step that another adapter read and that names none under the keys of its
    /// convention. The default does nothing.
    fn complete(&self, _span: &Span, _read: &mut Canonical) {}

    /// Fills in an event's session, agent and framework. The default does nothing.
    fn event(&self, _event: &mut Event) {}

    /// The call, tool run or turn that an event describes, as a span. The default is none. The span carries
    /// the event's attributes and [`crate::Signal::ATTRIBUTE`]. Its ids are derived from names
    /// ([`crate::TraceId::made_of`]), so the same event always gives the same span. This adapter claims the
    /// span.
    fn span_of_event(&self, _event: &Event) -> Option<Span> {
        None
    }

    /// Spans for the tokens that the metrics of one request report, built like those of events. The default
    /// is none.
    fn spans_of_metrics(&self, _metrics: &[Metric]) -> Vec<Span> {
        Vec::new()
    }
}

/// Ordered adapters: the first that claims a span reads it, then all that enrich its framework add to it.
#[derive(Clone, Default)]
pub struct Adapters(Vec<Arc<dyn Adapter>>);

impl Adapters {
    /// Creates the list, the most specific adapter first.
    pub fn new(adapters: Vec<Arc<dyn Adapter>>) -> Self {
        Self(adapters)
    }

    /// Puts other adapters before these.
    #[must_use]
    pub fn after(self, mut first: Vec<Arc<dyn Adapter>>) -> Self {
        first.extend(self.0);
        Self(first)
    }

    /// The first adapter that claims a span.
    pub fn of(&self, span: &Span) -> Option<&dyn Adapter> {
        self.0.iter().find(|adapter| adapter.claims(span)).map(AsRef::as_ref)
    }

    /// Reads a span into its `canonical`; an unclaimed span keeps the default. A title replaces the sent
    /// name, which is kept as the attribute [`Span::SENT_NAME`].
    pub fn read(&self, span: &mut Span) {
        self.entitle(span);
        let Some(adapter) = self.of(span) else { return };
        let mut read = adapter.canonical(span);
        self.complete(span, &mut read);
        for enricher in self.enrichers(&read) {
            enricher.enrich(span, &mut read);
        }
        if read.kind.is_call() && ToldRuns::may_be_in(span) {
            read.told = ToldRuns::of(&adapter.messages(span));
        }
        *span.canonical = read;
    }

    /// Asks all adapters for the usage of a finished call or step without any. Most calls have one.
    fn complete(&self, span: &Span, read: &mut Canonical) {
        let may_be_call = (read.kind.is_call() || read.kind == Kind::Task) && read.signal == Signal::Span;
        let says_usage = |usage: &Usage| usage.has_figures() || !usage.units.is_empty();
        let lacks_usage = !read.usage.as_ref().is_some_and(says_usage);
        if may_be_call && lacks_usage && !read.never_count && span.status != Status::Error {
            self.0.iter().for_each(|adapter| adapter.complete(span, read));
        }
    }

    fn entitle(&self, span: &mut Span) {
        let title = self.0.iter().find_map(|adapter| adapter.title(span));
        let Some(title) = title.filter(|title| *title != span.name) else { return };
        if span.attributes.get(Span::SENT_NAME).is_none() {
            let sent = std::mem::replace(&mut span.name, title);
            span.attributes.push(Span::SENT_NAME, sent.as_str());
        }
    }

    fn enrichers(&self, read: &Canonical) -> impl Iterator<Item = &dyn Adapter> + use<'_> {
        let framework = read.framework.clone();
        self.0.iter().map(AsRef::as_ref).filter(move |adapter| {
            framework.as_deref().is_some_and(|framework| adapter.enriches().contains(&framework))
        })
    }

    /// The messages of a span.
    pub fn messages(&self, span: &Span) -> Messages {
        self.of(span).map(|adapter| adapter.messages(span)).unwrap_or_default()
    }

    /// Sources and rules of a span's values; reads the span anew.
    pub fn lens(&self, span: &Span) -> Lens {
        let Some(adapter) = self.of(span) else { return Lens::default() };
        let mut read = adapter.canonical(span);
        self.complete(span, &mut read);
        let mut enriched_by = Vec::new();
        for enricher in self.enrichers(&read).collect::<Vec<_>>() {
            let before = read.clone();
            enricher.enrich(span, &mut read);
            if read != before {
                enriched_by.push(enricher.name().into());
            }
        }
        Lens { adapter: adapter.name().into(), enriched_by, ..adapter.lens(span, &read) }
    }

    /// Lets every adapter fill in its fields of an event.
    pub fn read_event(&self, event: &mut Event) {
        self.0.iter().for_each(|adapter| adapter.event(event));
    }

    /// Reads a whole batch. First adds the spans that its events and metrics describe.
    pub fn read_batch(&self, batch: &mut Batch) {
        for event in &mut batch.events {
            self.read_event(event);
            batch.spans.extend(self.0.iter().find_map(|adapter| adapter.span_of_event(event)));
        }
        if !batch.metrics.is_empty() {
            let told = self.0.iter().flat_map(|adapter| adapter.spans_of_metrics(&batch.metrics));
            batch.spans.extend(told);
        }
        batch.spans.iter_mut().for_each(|span| self.read(span));
    }
}
