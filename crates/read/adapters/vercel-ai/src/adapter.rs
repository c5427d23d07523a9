//! Adapter for the AI SDK: its built-in exporter, and the GenAI spans of version 7.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Lens, Messages, Span};
use quipu_normalize::{Slots, any_key_begins, canonical, kind, lens, messages_as, provider_name, scope_is};
use quipu_semconv::{AI_SDK_PREFIXES, AI_SDK_SCOPES, Field};

use crate::{operation, usage};

/// Provider name of the gateway in front of the model's provider.
const GATEWAY: &str = "gateway";

/// Reads the AI SDK.
#[derive(Debug, Clone, Copy, Default)]
pub struct VercelAi;

impl Adapter for VercelAi {
    fn name(&self) -> &'static str {
        "vercel-ai"
    }

    fn claims(&self, span: &Span) -> bool {
        (any_key_begins(&span.attributes, AI_SDK_PREFIXES) && !borrows_keys(span))
            || (scope_is(span, AI_SDK_SCOPES) && span.scope.version.is_empty() && has_words(span))
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        read.framework = Some(CompactString::const_new("vercel-ai"));
        through_gateway(&mut read);
        match operation::of(&slots) {
            Some(operation) => built_in(&slots, operation, &mut read),
            // Version 7 reports steps separately from their calls.
            None => read.never_count |= read.operation.as_deref() == Some("agent_step"),
        }
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let slots = Slots::of(span);
        messages_as(span, operation::of(&slots).map_or_else(|| kind(&slots), operation::kind))
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }
}

/// Reads spans of the exporter built into versions 3 to 6, and into 7 as the legacy one. The span of the
/// user's call repeats the usage of its inner calls; in version 5 only that of the last.
fn built_in(slots: &Slots<'_>, operation: &str, read: &mut Canonical) {
    read.kind = operation::kind(operation);
    read.operation = Some(CompactString::from(operation));
    read.never_count |= !read.kind.is_call() && read.kind != Kind::Tool;
    let function = slots.label(Field::AiFunction);
    if operation::is_of_an_agent(operation) {
        read.agent = read.agent.take().or(function);
    } else {
        read.step = read.step.take().or(function);
    }
    usage::mend(slots, read);
}

/// Reads a model behind the gateway, named `provider/model`.
fn through_gateway(read: &mut Canonical) {
    if read.provider.as_deref() == Some(GATEWAY) {
        let model = read.request_model.as_deref().and_then(|model| model.split_once('/'));
        if let Some((provider, _)) = model.filter(|(provider, _)| !provider.trim().is_empty()) {
            read.provider = Some(provider_name(provider.trim()));
        }
    }
}

/// Whether a span has one of the SDK's words. Other programs call their scope `ai`, too.
fn has_words(span: &Span) -> bool {
    any_key_begins(&span.attributes, &["ai.", "gen_ai.", "operation.name"])
}

/// Whether a span of another source borrows keys of the AI SDK. The SDK's own spans name their operation.
fn borrows_keys(span: &Span) -> bool {
    let names_operation =
        ["ai.operationId", "gen_ai.operation.name"].iter().any(|key| span.attributes.get(key).is_some())
            || span.attributes.text("operation.name").is_some_and(|name| name.starts_with("ai."));
    !names_operation && !scope_is(span, AI_SDK_SCOPES)
}
