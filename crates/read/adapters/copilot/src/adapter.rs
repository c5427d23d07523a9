//! GenAI conventions with Copilot's own session and the model provider behind Copilot.
//!
//! Known from the source of Copilot Chat, <https://github.com/microsoft/vscode-copilot-chat>
//! (`genAiAttributes.ts`), and from published spans:
//!
//! - The attributes have these names.
//! - `chat` spans have the tokens of calls.
//! - `invoke_agent` repeats their sum.
//! - Input includes cached tokens.
//!
//! Not verified against own traffic: names of scopes, and metrics besides those of the conventions.
//!
//! `github.copilot.cost`, `github.copilot.nano_aiu` and `copilot_chat.copilot_usage_nano_aiu` count premium
//! requests and AI units; none is a price. A seat covers calls, except those with a key that the user
//! brought. Such calls name their provider.

use compact_str::{CompactString, format_compact};
use quipu_core::{Adapter, Billing, Canonical, Event, Kind, Lens, Messages, Span};
use quipu_normalize::{
    Slots, any_key_begins, canonical, is_of_metrics, label_at, lens, messages, millis_at, provider_of_model,
};
use quipu_semconv::Field;

/// Name of the adapter and of the framework.
const NAME: &str = "copilot";
/// Prefixes of attributes that only Copilot sends.
const PREFIXES: &[&str] = &["github.copilot.", "copilot_chat."];
/// Names of its services.
const SERVICES: &[&str] = &["copilot-chat", "github-copilot", "copilot-cli"];
/// Names of itself that it sends as the provider, for models of any vendor.
const RESELLERS: &[&str] = &["github", "github_copilot", "github.copilot", "copilot"];
/// Name of an agent's span without an agent name.
const NAMELESS: &str = "invoke_agent";
/// The editor's session, also on the spans of sub-agents, which have separate conversations.
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
            // The main agent has no name, but sub-agents have names.
            read.agent =
                read.agent.take().filter(|name| name != NAMELESS).or(Some(CompactString::const_new(NAME)));
        }
        read.time_to_first_token = read.time_to_first_token.or_else(first);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn title(&self, span: &Span) -> Option<CompactString> {
        let better = title(span)?;
        self.claims(span).then_some(better)
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

/// The main agent's run has its agent's name added; a tool's run that says its tool twice has it once.
fn title(span: &Span) -> Option<CompactString> {
    if span.name == NAMELESS {
        let named = span.attributes.text("gen_ai.agent.name").filter(|name| *name != NAMELESS);
        return Some(format_compact!("{NAMELESS} {}", named.unwrap_or(NAME)));
    }
    let (first, second) = span.name.strip_prefix("execute_tool ")?.split_once(' ')?;
    (first == second).then(|| format_compact!("execute_tool {first}"))
}
