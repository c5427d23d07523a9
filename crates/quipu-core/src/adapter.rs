//! From what a source sent to what it means.

use std::sync::Arc;

use crate::{Canonical, Event, Messages, Span};

/// Reads one family of sources. Pure: the same span always gives the same answer, so stored spans can be read again.
pub trait Adapter: Send + Sync {
    /// The convention's name: `genai`, `openinference`, `openllmetry` …
    fn name(&self) -> &'static str;

    /// Whether this adapter understands the span, judged by its attributes first and its scope second.
    fn claims(&self, span: &Span) -> bool;

    /// What the span means. Only called for spans that it claims.
    fn canonical(&self, span: &Span) -> Canonical;

    /// What was said in the span. Only called for spans that it claims, when somebody looks.
    fn messages(&self, span: &Span) -> Messages;

    /// Fills in an event's session, agent and framework. By default nothing.
    fn event(&self, _event: &mut Event) {}
}

/// Adapters in order: the first that claims a span reads it.
#[derive(Clone, Default)]
pub struct Adapters(Vec<Arc<dyn Adapter>>);

impl Adapters {
    /// Adapters, the most particular first.
    pub fn new(adapters: Vec<Arc<dyn Adapter>>) -> Self {
        Self(adapters)
    }

    /// The adapter for a span, if one claims it.
    pub fn of(&self, span: &Span) -> Option<&dyn Adapter> {
        self.0.iter().find(|adapter| adapter.claims(span)).map(AsRef::as_ref)
    }

    /// Reads a span into its `canonical`; spans that nobody claims keep the default.
    pub fn read(&self, span: &mut Span) {
        if let Some(adapter) = self.of(span) {
            *span.canonical = adapter.canonical(span);
        }
    }

    /// What was said in a span.
    pub fn messages(&self, span: &Span) -> Messages {
        self.of(span).map(|adapter| adapter.messages(span)).unwrap_or_default()
    }

    /// Lets every adapter fill in what it knows of an event.
    pub fn read_event(&self, event: &mut Event) {
        self.0.iter().for_each(|adapter| adapter.event(event));
    }
}
