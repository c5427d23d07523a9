//! Canonical names of providers and frameworks.

use compact_str::CompactString;
use quipu_core::Provider;
use quipu_semconv::{
    FRAMEWORK_NAMES, FRAMEWORK_SCOPES, Field, HOSTS, INSTRUMENTATION_PREFIXES, MODEL_PREFIXES,
    PROVIDER_ALIASES, PROVIDER_LIBRARIES, PROVIDER_LIBRARY_SCOPES, PROVIDERS,
};

use crate::{Slots, scope_begins};

/// The model provider: as named, otherwise derived from the host. If a framework was named instead, it is
/// derived from the model's name.
pub(crate) fn provider(slots: &Slots<'_>, model: Option<&str>) -> Option<Provider> {
    let sent = slots.text(Field::Provider).map(str::trim);
    match sent {
        Some(name) if framework_name(name).is_none() => Some(canonical_name(name)),
        _ => from_host(slots).or_else(|| from_model(model?)),
    }
}

/// The canonical spelling of a provider's name. A dotted id is cut only after a known provider, at the last
/// dot for which the head is known.
pub fn canonical_name(name: &str) -> CompactString {
    // Most names are sent in lower case already.
    if let Some(known) = known(name) {
        return CompactString::const_new(known);
    }
    let lower = CompactString::from(name).to_lowercase();
    known(&lower)
        .or_else(|| lower.rmatch_indices('.').find_map(|(dot, _)| known(&lower[..dot])))
        .or_else(|| known(&letters(&lower)))
        .map_or(lower, CompactString::const_new)
}

/// A name without the signs between its words, such as those in `OPEN_AI`.
fn letters(name: &str) -> CompactString {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect()
}

fn known(name: &str) -> Option<&'static str> {
    let listed = PROVIDERS.iter().find(|provider| **provider == name).copied();
    listed
        .or_else(|| PROVIDER_ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, provider)| *provider))
}

pub(crate) fn from_host(slots: &Slots<'_>) -> Option<Provider> {
    let host = slots.text(Field::ServerAddress)?;
    HOSTS.iter().find(|(part, _)| host.contains(part)).map(|(_, provider)| CompactString::const_new(provider))
}

/// The provider implied by a model's name.
pub fn provider_of_model(model: &str) -> Option<Provider> {
    from_model(model)
}

fn from_model(model: &str) -> Option<Provider> {
    let lower = CompactString::from(model).to_lowercase();
    MODEL_PREFIXES
        .iter()
        .find(|(prefix, _)| lower.starts_with(prefix))
        .map(|(_, provider)| CompactString::const_new(provider))
}

pub(crate) fn framework_name(name: &str) -> Option<&'static str> {
    FRAMEWORK_NAMES.iter().find(|(sent, _)| sent.eq_ignore_ascii_case(name)).map(|(_, framework)| *framework)
}

/// The framework: from attributes, otherwise the name given as the provider, otherwise from the scope.
pub(crate) fn framework(slots: &Slots<'_>, provider: Option<&str>) -> Option<CompactString> {
    let named = || slots.text(Field::Provider).and_then(framework_name).filter(|name| !name.is_empty());
    let told = slots.framework().or_else(named).map(CompactString::const_new);
    let found = told.or_else(|| framework_of_scope(&slots.span.scope.name));
    found.or_else(|| provider.filter(|_| scope_begins(slots.span, PROVIDER_LIBRARY_SCOPES)).map(library_of))
}

/// The name of a provider's library, used as the framework of calls without one.
pub fn library_of(provider: &str) -> CompactString {
    PROVIDER_LIBRARIES
        .iter()
        .find(|(name, _)| *name == provider)
        .map_or_else(|| CompactString::from(provider), |(_, library)| CompactString::const_new(library))
}

/// The framework of a scope's name: by the table, otherwise by the name of an instrumentation, which ends
/// with its library.
pub(crate) fn framework_of_scope(scope: &str) -> Option<CompactString> {
    let listed = FRAMEWORK_SCOPES.iter().find(|(prefix, _)| scope.starts_with(prefix));
    listed.map(|(_, framework)| CompactString::const_new(framework)).or_else(|| instrumented(scope))
}

/// The library that a scope instruments: `openinference.instrumentation.new_agents` is of `new-agents`.
fn instrumented(scope: &str) -> Option<CompactString> {
    let rest = INSTRUMENTATION_PREFIXES.iter().find_map(|prefix| scope.strip_prefix(prefix))?;
    let library = rest.split(['.', '/']).next().filter(|name| !name.is_empty())?;
    Some(library.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_become_one_name() {
        for (sent, name) in [
            ("OpenAI", "openai"),
            ("xai", "x_ai"),
            ("AWS", "aws.bedrock"),
            ("OPEN_AI", "openai"),
            ("Mistral AI", "mistral_ai"),
            ("Ollama", "ollama"),
            ("openai.chat", "openai"),
            ("anthropic.messages", "anthropic"),
            ("aws.bedrock", "aws.bedrock"),
            ("azure.ai.openai", "azure.ai.openai"),
            ("google.generative-ai", "gcp.gemini"),
            ("google.vertex.chat", "gcp.vertex_ai"),
            ("azure-openai.chat", "azure.ai.openai"),
            ("my.own", "my.own"),
        ] {
            assert_eq!(canonical_name(sent), name, "{sent}");
        }
    }

    #[test]
    fn instrumentations_name_their_library() {
        for (scope, framework) in [
            ("openinference.instrumentation.llama_index.callback", Some("llamaindex")),
            ("openinference.instrumentation.new_agents", Some("new-agents")),
            ("@arizeai/openinference-instrumentation-newAgents", Some("newagents")),
            ("openlit.instrumentation.control_flow", Some("control-flow")),
            ("@traceloop/instrumentation-qdrant", Some("qdrant")),
            ("opentelemetry.instrumentation.requests", None),
            ("openinference.instrumentation.", None),
            ("acme", None),
        ] {
            assert_eq!(framework_of_scope(scope).as_deref(), framework, "{scope}");
        }
    }

    #[test]
    fn models_tell_their_provider() {
        assert_eq!(from_model("gpt-4o-mini").as_deref(), Some("openai"));
        assert_eq!(from_model("Claude-Sonnet-4-5").as_deref(), Some("anthropic"));
        assert_eq!(from_model("llama3.1"), None);
    }
}
