//! The GenAI conventions, with Copilot's own session and its provider behind the provider.
//!
//! Known from the source of Copilot Chat, <https://github.com/microsoft/vscode-copilot-chat> (`genAiAttributes.ts`), and from spans
//! that others published: the attributes, that `chat` spans hold the tokens of calls, that `invoke_agent` repeats their sum, and
//! that input includes what was cached. Not verified against traffic of its own: names of scopes, and metrics beside those of the
//! conventions. `github.copilot.cost`, `github.copilot.nano_aiu` and `copilot_chat.copilot_usage_nano_aiu` count premium requests
//! and AI units; none is a price. Calls are covered by a seat, save for those of a key that the user brought, whose provider is
//! named as such.

use compact_str::CompactString;
use quipu_core::{Adapter, Billing, Canonical, Event, Kind, Lens, Messages, Span};
use quipu_normalize::{
    Slots, any_key_begins, canonical, is_of_metrics, label_at, lens, messages, millis_at, provider_of_model,
};
use quipu_semconv::Field;

/// The adapter's and the framework's name.
const NAME: &str = "copilot";
/// How the attributes begin that only Copilot sends.
const PREFIXES: &[&str] = &["github.copilot.", "copilot_chat."];
/// What its services are called.
const SERVICES: &[&str] = &["copilot-chat", "github-copilot", "copilot-cli"];
/// What it names as the provider: itself, whoever made the model.
const RESELLERS: &[&str] = &["github", "github_copilot", "github.copilot", "copilot"];
/// The name of an agent's span that names no agent.
const NAMELESS: &str = "invoke_agent";
/// The session as the editor knows it, also on the spans of sub-agents, whose conversations are their own.
const CHAT_SESSION: &str = "copilot_chat.chat_session_id";

/// Reads telemetry of GitHub Copilot.
#[derive(Debug, Clone, Copy, Default)]
pub struct Copilot;

impl Adapter for Copilot {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self, span: &Span) -> bool {
        any_key_begins(&span.attributes, PREFIXES)
            || span.resource.service().is_some_and(|service| SERVICES.contains(&service))
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, NAME);
        read.framework = Some(CompactString::const_new(NAME));
        if slots.text(Field::Provider).is_none_or(|provider| RESELLERS.contains(&provider)) {
            read.billing = read.billing.or(Some(Billing::Subscription));
        }
        if read.provider.as_deref().is_some_and(|provider| RESELLERS.contains(&provider)) {
            let model = read.model().and_then(|model| provider_of_model(model));
            read.provider = model.or(read.provider);
        }
        if is_of_metrics(span) {
            return read;
        }
        let attributes = &span.attributes;
        let session = || label_at(attributes, "github.copilot.session.id");
        read.session = label_at(attributes, CHAT_SESSION).or(read.session.take()).or_else(session);
        let first = || millis_at(attributes, "copilot_chat.time_to_first_token");
        if read.kind == Kind::Agent {
            // The main agent has no name; sub-agents have theirs.
            read.agent =
                read.agent.take().filter(|name| name != NAMELESS).or(Some(CompactString::const_new(NAME)));
        }
        read.time_to_first_token = read.time_to_first_token.or_else(first);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn event(&self, event: &mut Event) {
        if event.session.is_none() && any_key_begins(&event.attributes, PREFIXES) {
            event.session = label_at(&event.attributes, CHAT_SESSION);
        }
    }
}
