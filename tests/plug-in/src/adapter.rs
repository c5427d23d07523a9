//! Reads the calls of Acme's models.

use quipu_core::{Adapter, Canonical, Kind, Messages, Span, Usage};

/// The adapter.
pub struct Acme;

impl Adapter for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn claims(&self, span: &Span) -> bool {
        span.attributes.get("acme.model").is_some()
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let count =
            |key: &str| span.attributes.get(key).and_then(|value| u64::try_from(value.as_int()?).ok());
        let usage = Usage { input: count("acme.in"), output: count("acme.out"), ..Usage::default() };
        Canonical {
            kind: Kind::Llm,
            convention: self.name().into(),
            provider: Some("openai".into()),
            request_model: span.attributes.text("acme.model").filter(|name| !name.is_empty()).map(Into::into),
            usage: usage.is_known().then_some(usage),
            ..Canonical::default()
        }
    }

    fn messages(&self, _span: &Span) -> Messages {
        Messages::default()
    }
}
