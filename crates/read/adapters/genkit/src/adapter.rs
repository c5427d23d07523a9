//! Adapter for Genkit and its peculiarities.
//!
//! Genkit writes an action's type, name, input and output as attributes; input and output are JSON. The
//! output of a model has the provider's own answer under `raw`:
//! <https://genkit.dev/docs/observability/getting-started/>.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Lens, Messages, Span, Usage, Value};
use quipu_normalize::{
    Slots, answer_meeting, any_key_begins, canonical, explain, finish_reason, label, label_at, lens, pick,
    provider_name, provider_of_model, scope_is, usage_of,
};

use crate::content::{self, OUTPUT};

/// Prefix of Genkit's attributes.
const PREFIX: &[&str] = &["genkit:"];
const SCOPE: &[&str] = &["genkit-tracer"];
/// Key of a span's kind of action, and the mapping of each kind.
const SUBTYPE: &str = "genkit:metadata:subtype";
const SUBTYPES: &[(&str, Kind)] = &[
    ("model", Kind::Llm),
    ("embedder", Kind::Embedding),
    ("reranker", Kind::Rerank),
    ("tool", Kind::Tool),
    ("retriever", Kind::Retrieval),
    ("indexer", Kind::Memory),
    ("evaluator", Kind::Evaluator),
    ("flow", Kind::Workflow),
    ("agent", Kind::Agent),
    ("session-flow", Kind::Workflow),
];
const NAME: &str = "genkit:name";
/// Key of the session in Genkit's chats.
const SESSION: &str = "genkit:sessionId";
/// Keys of the provider's own usage in its answer.
const RAW_USAGE: &[&str] = &["usage", "usageMetadata", "usage_metadata"];
/// Keys of the provider's id in its answer.
const RAW_IDS: &[&str] = &["id", "responseId", "response_id"];
/// Keys of the answering model in the provider's answer.
const RAW_MODELS: &[&str] = &["model", "modelVersion", "model_version"];

/// Reads Genkit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Genkit;

impl Adapter for Genkit {
    fn name(&self) -> &'static str {
        "genkit"
    }

    fn claims(&self, span: &Span) -> bool {
        scope_is(span, SCOPE) || any_key_begins(&span.attributes, PREFIX)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        read.framework = Some(CompactString::const_new("genkit"));
        read.kind = kind(span);
        read.session = read.session.take().or_else(|| label_at(&span.attributes, SESSION));
        let name = label_at(&span.attributes, NAME);
        match read.kind {
            Kind::Tool => read.tool = name,
            Kind::Agent => read.agent = name,
            Kind::Workflow => read.workflow = name,
            kind if kind.is_call() => {
                model(name.as_deref(), &mut read);
                answer(span, &mut read);
            }
            _ => {}
        }
        read.meeting = read.meeting.or_else(|| answer_meeting(span, &read));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        content::messages(span, kind(span))
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        let mut lens = lens(span, read);
        if read.usage.is_some() {
            explain(&mut lens, "usage", OUTPUT, "the provider's usage in `raw`, else Genkit's own");
        }
        lens
    }
}

/// The kind of an action. `generate` and similar actions are helpers around the actions that they run.
fn kind(span: &Span) -> Kind {
    let subtype = span.attributes.text(SUBTYPE).unwrap_or_default();
    SUBTYPES.iter().find(|(name, _)| *name == subtype).map_or(Kind::Task, |(_, kind)| *kind)
}

/// Reads a model named `plugin/model`. A plugin mostly has the name of its provider.
fn model(name: Option<&str>, read: &mut Canonical) {
    let Some(name) = name else { return };
    let (plugin, model) = name.split_once('/').unwrap_or(("", name));
    read.request_model = Some(model.into());
    let of_plugin = (!plugin.is_empty()).then(|| provider_name(plugin));
    read.provider = of_plugin.or_else(|| provider_of_model(model));
}

/// Reads tokens, id and model of the provider's answer.
fn answer(span: &Span, read: &mut Canonical) {
    let Some(output) = span.attributes.text(OUTPUT) else { return };
    let [usage, raw, reason] = pick(output, ["usage", "raw", "finishReason"]);
    let in_raw = |keys: &[&str]| keys.iter().find_map(|key| raw.as_ref()?.get(key).cloned());
    let own = || usage.as_ref().and_then(usage_of).filter(Usage::is_known);
    read.usage = in_raw(RAW_USAGE).as_ref().and_then(usage_of).filter(Usage::is_known).or_else(own);
    read.response_id = in_raw(RAW_IDS).as_ref().and_then(label);
    read.response_model = in_raw(RAW_MODELS).as_ref().and_then(label);
    read.finish_reasons = reason.as_ref().and_then(Value::as_str).map(finish_reason).into_iter().collect();
}
