//! Adapter for MLflow Tracing and its peculiarities.
//!
//! MLflow writes each attribute as JSON, also plain texts. A call has its tokens under
//! `mlflow.chat.tokenUsage`, and mostly the provider's own answer as output:
//! <https://mlflow.org/docs/latest/genai/tracing/concepts/span/>.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Lens, Messages, Reading, Span, Usage, Value};
use quipu_normalize::{
    Slots, answer_meeting, any_key_begins, canonical, explain, finish_reason, label, labels, lens, parse,
    pick, provider_name, provider_of_model, usage_of,
};

use crate::content::{self, OUTPUT};

/// Prefix of MLflow's attributes.
const PREFIX: &[&str] = &["mlflow."];
/// Key of a span's type, and the kind of each type.
const TYPE: &str = "mlflow.spanType";
const TYPES: &[(&str, Kind)] = &[
    ("LLM", Kind::Llm),
    ("CHAT_MODEL", Kind::Llm),
    ("EMBEDDING", Kind::Embedding),
    ("RERANKER", Kind::Rerank),
    ("TOOL", Kind::Tool),
    ("AGENT", Kind::Agent),
    ("CHAIN", Kind::Task),
    ("TASK", Kind::Task),
    ("PARSER", Kind::Task),
    ("WORKFLOW", Kind::Workflow),
    ("RETRIEVER", Kind::Retrieval),
    ("MEMORY", Kind::Memory),
    ("GUARDRAIL", Kind::Guardrail),
    ("EVALUATOR", Kind::Evaluator),
];
const USAGE: &str = "mlflow.chat.tokenUsage";
const MODEL: &str = "mlflow.llm.model";
const PROVIDER: &str = "mlflow.llm.provider";
const SESSION: &str = "mlflow.trace.session";
const USER: &str = "mlflow.trace.user";
/// Maximum size of a usage object, in bytes.
const LARGEST: usize = 16 << 10;

/// Reads MLflow Tracing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mlflow;

impl Adapter for Mlflow {
    fn name(&self) -> &'static str {
        "mlflow"
    }

    fn claims(&self, span: &Span) -> bool {
        any_key_begins(&span.attributes, PREFIX)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        read.kind = kind(span);
        (read.request_model, read.response_model) = (None, None);
        read.framework = read.framework.take().or_else(|| framework(span));
        read.session = read.session.take().or_else(|| word(span, SESSION));
        read.user = read.user.take().or_else(|| word(span, USER));
        let name = || label(&Value::from(span.name.as_str()));
        match read.kind {
            Kind::Tool => {
                read.tool = name();
                read.tool_call_id = word(span, "tool_call_id");
            }
            Kind::Agent => read.agent = name(),
            Kind::Workflow => read.workflow = name(),
            kind if kind.is_call() => call(span, &mut read),
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
            explain(&mut lens, "usage", USAGE, "the provider's usage in the output, else MLflow's own");
        }
        lens
    }
}

/// The kind by the span's type. A chain without a parent is a workflow.
pub(crate) fn kind(span: &Span) -> Kind {
    let sent = word(span, TYPE);
    let found = sent.and_then(|sent| TYPES.iter().find(|(name, _)| *name == sent));
    match found.map(|(_, kind)| *kind) {
        Some(Kind::Task) if span.parent_id.is_none() => Kind::Workflow,
        found => found.unwrap_or_default(),
    }
}

/// The framework in the metadata of LangChain's callbacks.
fn framework(span: &Span) -> Option<CompactString> {
    let [node, name] = labels(span.attributes.get("metadata")?, ["langgraph_node", "ls_integration"]);
    node.map(|_| CompactString::const_new("langgraph"))
        .or_else(|| name.map(|_| CompactString::const_new("langchain")))
}

/// Reads model, tokens and id of a call.
fn call(span: &Span, read: &mut Canonical) {
    read.request_model = word(span, MODEL).or_else(|| word(span, "model"));
    let [usage, id, model, choices, stopped] = span
        .attributes
        .text(OUTPUT)
        .map(|output| pick(output, ["usage", "id", "model", "choices", "stop_reason"]))
        .unwrap_or_default();
    read.response_model = model.as_ref().and_then(label);
    read.response_id = id.as_ref().and_then(label);
    let named = word(span, PROVIDER).map(|name| provider_name(&name));
    read.provider = named.or_else(|| provider_of_model(read.model()?));
    let provider_own = usage.as_ref().and_then(usage_of).filter(Usage::is_known);
    read.usage = provider_own.or_else(|| own_usage(span));
    let reason = choices.as_ref().and_then(|choices| choices.as_array()?.first()?.get("finish_reason"));
    let reason = reason.or(stopped.as_ref()).and_then(Value::as_str).map(finish_reason);
    read.finish_reasons = reason.into_iter().collect();
}

/// The tokens by MLflow's own keys. The input includes cached tokens, unless they exceed it.
fn own_usage(span: &Span) -> Option<Usage> {
    let sent = parse(span.attributes.text(USAGE).filter(|text| text.len() <= LARGEST)?)?;
    let count = |key| sent.get(key).and_then(Value::as_int).and_then(|count| u64::try_from(count).ok());
    let (read, written) = (count("cache_read_input_tokens"), count("cache_creation_input_tokens"));
    let (input, cached) = (count("input_tokens")?, read.unwrap_or(0).saturating_add(written.unwrap_or(0)));
    let includes = cached <= input;
    Some(Usage {
        input: Some(if includes { input } else { input.saturating_add(cached) }),
        output: count("output_tokens"),
        cache_read: read,
        cache_write: written,
        reading: if includes { Reading::Inclusive } else { Reading::ProvenExclusive },
        ..Usage::default()
    })
}

/// A text that is written as JSON.
fn word(span: &Span, key: &str) -> Option<CompactString> {
    let sent = span.attributes.text(key)?;
    let bare = sent.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(sent);
    label(&Value::from(bare))
}
