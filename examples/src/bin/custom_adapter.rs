//! Custom adapter: reads the attributes of an in-house library with its own names.

use std::sync::Arc;

use anyhow::Result;
use quipu::Usage;
use quipu::core::{Adapter, Canonical, Kind, Span};
use quipu_examples::{data_dir, print_recorded};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The in-house library, which cannot be changed. It uses `tracing`, and nothing of Quipu or OpenTelemetry.
mod acme {
    pub fn ask(prompt: &str) -> String {
        let span = tracing::info_span!(
            "acme.ask",
            acme.vendor = "OpenAI",
            acme.model = "gpt-4o",
            acme.tokens.sent = 900,
            acme.tokens.saved = 600, // of those sent: taken from the vendor's cache
            acme.tokens.received = 40,
        );
        let _entered = span.entered();
        lookup(prompt.len())
    }

    fn lookup(length: usize) -> String {
        let _span = tracing::info_span!("acme.lookup", acme.tool = "dictionary").entered();
        format!("{length} letters")
    }
}

/// Pure functions over one span, so that what is stored can be read again when the adapter has learned more.
struct Acme;

impl Adapter for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn claims(&self, span: &Span) -> bool {
        span.attributes.iter().any(|(key, _)| key.starts_with("acme."))
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let text = |key: &str| span.attributes.text(key);
        let count = |key: &str| u64::try_from(span.attributes.get(key)?.as_int()?).ok();
        // A value that the source does not report is `None`, never zero. `input` includes cached tokens.
        let usage = Usage {
            input: count("acme.tokens.sent"),
            cache_read: count("acme.tokens.saved"),
            output: count("acme.tokens.received"),
            ..Usage::default()
        };
        let kind = match (text("acme.model"), text("acme.tool")) {
            (Some(_), _) => Kind::Llm,
            (None, Some(_)) => Kind::Tool,
            (None, None) => Kind::Other,
        };
        Canonical {
            kind,
            convention: self.name().into(),
            framework: Some("acme".into()),
            // Prices are found by OpenTelemetry's names of providers.
            provider: text("acme.vendor").map(|vendor| vendor.to_lowercase().into()),
            request_model: text("acme.model").map(Into::into),
            tool: text("acme.tool").map(Into::into),
            usage: usage.is_known().then_some(usage),
            ..Canonical::default()
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    // It comes before the adapters that are built in.
    let quipu = quipu::builder()
        .service("custom-adapter")
        .data_dir(data_dir("custom_adapter"))
        .adapter(Arc::new(Acme))
        .init()?;
    // The layer turns the library's `tracing` output into records.
    tracing_subscriber::registry().with(quipu::tracing::layer()).try_init()?;

    let agent = quipu::agent("linguist");
    let trace_id = agent.trace_id();
    let answer = agent.context().scope(|| acme::ask("How long is this sentence?"));
    agent.end();
    println!("acme answered: {answer}");

    print_recorded(&quipu, trace_id).await
}
