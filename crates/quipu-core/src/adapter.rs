//! From what a source sent to what it means.

use std::sync::Arc;

use crate::{Batch, Canonical, Event, Lens, Messages, Metric, Span};

/// Reads one family of sources, or adds what a framework tells beyond its convention. Pure: the same record always gives
/// the same answer, so stored records can be read again.
pub trait Adapter: Send + Sync {
    /// The convention's name: `genai`, `openinference`, `openllmetry` …; of an adapter that only enriches, the framework's.
    fn name(&self) -> &'static str;

    /// Whether this adapter understands the span, judged by its attributes first and its scope second. By default it does
    /// not: an adapter that only enriches claims nothing.
    fn claims(&self, _span: &Span) -> bool {
        false
    }

    /// What the span means. Only called for spans that it claims.
    fn canonical(&self, _span: &Span) -> Canonical {
        Canonical::default()
    }

    /// What was said in the span. Only called for spans that it claims, when somebody looks.
    fn messages(&self, _span: &Span) -> Messages {
        Messages::default()
    }

    /// How it read the span. Only called for spans that it claims, when somebody looks. By default nothing.
    fn lens(&self, _span: &Span, _read: &Canonical) -> Lens {
        Lens::default()
    }

    /// The frameworks whose spans it enriches, by the name in [`Canonical::framework`]; by default none.
    fn enriches(&self) -> &'static [&'static str] {
        &[]
    }

    /// Adds what the framework tells beyond its convention: nodes, tasks, hand-offs, sub-agents. Called for spans of the
    /// frameworks in [`Self::enriches`], whichever adapter read them; it changes only what it knows better.
    fn enrich(&self, _span: &Span, _read: &mut Canonical) {}

    /// Fills in an event's session, agent and framework. By default nothing.
    fn event(&self, _event: &mut Event) {}

    /// The call, tool run or turn that an event tells of, as a span; by default none. The span carries the event's
    /// attributes, [`crate::Signal::ATTRIBUTE`], ids made of names ([`crate::TraceId::made_of`]) so that the event again gives
    /// the same span, and this adapter claims it.
    fn span_of_event(&self, _event: &Event) -> Option<Span> {
        None
    }

    /// The tokens that metrics of one request tell of, as spans like those of events; by default none.
    fn spans_of_metrics(&self, _metrics: &[Metric]) -> Vec<Span> {
        Vec::new()
    }
}

/// Adapters in order: the first that claims a span reads it, then all that enrich its framework add to it.
#[derive(Clone, Default)]
pub struct Adapters(Vec<Arc<dyn Adapter>>);

impl Adapters {
    /// Adapters, the most particular first.
    pub fn new(adapters: Vec<Arc<dyn Adapter>>) -> Self {
        Self(adapters)
    }

    /// These adapters with others before them.
    #[must_use]
    pub fn after(self, mut first: Vec<Arc<dyn Adapter>>) -> Self {
        first.extend(self.0);
        Self(first)
    }

    /// The adapter for a span, if one claims it.
    pub fn of(&self, span: &Span) -> Option<&dyn Adapter> {
        self.0.iter().find(|adapter| adapter.claims(span)).map(AsRef::as_ref)
    }

    /// Reads a span into its `canonical`; spans that nobody claims keep the default.
    pub fn read(&self, span: &mut Span) {
        let Some(adapter) = self.of(span) else { return };
        let mut read = adapter.canonical(span);
        for enricher in self.enrichers(&read) {
            enricher.enrich(span, &mut read);
        }
        *span.canonical = read;
    }

    fn enrichers(&self, read: &Canonical) -> impl Iterator<Item = &dyn Adapter> + use<'_> {
        let framework = read.framework.clone();
        self.0.iter().map(AsRef::as_ref).filter(move |adapter| {
            framework.as_deref().is_some_and(|framework| adapter.enriches().contains(&framework))
        })
    }

    /// What was said in a span.
    pub fn messages(&self, span: &Span) -> Messages {
        self.of(span).map(|adapter| adapter.messages(span)).unwrap_or_default()
    }

    /// How a span was read; it is read anew.
    pub fn lens(&self, span: &Span) -> Lens {
        let Some(adapter) = self.of(span) else { return Lens::default() };
        let mut read = adapter.canonical(span);
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

    /// Lets every adapter fill in what it knows of an event.
    pub fn read_event(&self, event: &mut Event) {
        self.0.iter().for_each(|adapter| adapter.event(event));
    }

    /// Reads a whole batch, after adding to its spans those that its events and metrics tell of.
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
