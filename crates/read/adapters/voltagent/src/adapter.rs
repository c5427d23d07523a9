//! Adapter for VoltAgent and its peculiarities.
//!
//! Source: `traces/` and `agent/` of `@voltagent/core` 2.10.
//!
//! - An agent's turn is a span with `entity.type` = `agent` and no `span.type`. Its usage is the sum over all
//!   steps of the turn.
//! - `span.type` names all other kinds.
//! - A request `llm:…` covers all steps of a turn, and its usage is that of the last step only.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Lens, Messages, Reading, Role, Span, Usage, Value};
use quipu_normalize::{
    Slots, canonical, count_of, finish_reason, flag_at, label, lens, message_list, parse, provider_of_model,
    scope_begins,
};

/// Prefix of the names of VoltAgent's scopes.
const SCOPES: &[&str] = &["@voltagent/"];
/// The kind of a span, and of the entity that it belongs to.
const SPAN_TYPE: &str = "span.type";
const ENTITY_TYPE: &str = "entity.type";
const ENTITY_NAME: &str = "entity.name";
/// The kinds by the type of a span.
const TYPES: &[(&str, Kind)] = &[
    ("llm", Kind::Llm),
    ("tool", Kind::Tool),
    ("agent", Kind::Agent),
    ("memory", Kind::Memory),
    ("retriever", Kind::Retrieval),
    ("embedding", Kind::Embedding),
    ("guardrail", Kind::Guardrail),
    ("scorer", Kind::Evaluator),
    ("workflow-step", Kind::Task),
];

/// Reads VoltAgent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Voltagent;

impl Adapter for Voltagent {
    fn name(&self) -> &'static str {
        "voltagent"
    }

    fn claims(&self, span: &Span) -> bool {
        scope_begins(span, SCOPES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        (read.kind, read.usage, read.meeting) = (kind(span), None, None);
        read.framework = Some(CompactString::const_new("voltagent"));
        let word = |key: &str| span.attributes.get(key).and_then(label);
        match read.kind {
            Kind::Agent => {
                read.agent = word(ENTITY_NAME);
                read.usage = usage(span);
                read.request_model = word("ai.model.name");
            }
            Kind::Workflow => read.workflow = word(ENTITY_NAME),
            Kind::Tool => {
                read.tool = word("tool.name");
                read.tool_call_id = word("tool.call.id");
            }
            Kind::Llm => {
                read.request_model = word("llm.model");
                read.operation = word("llm.operation");
                read.params.stream = flag_at(&span.attributes, "llm.stream");
                let reason = word("llm.finish_reason").map(|reason| finish_reason(&reason));
                read.finish_reasons = reason.into_iter().filter(|reason| !reason.is_empty()).collect();
            }
            _ => {}
        }
        read.provider = read.model().and_then(|model| provider_of_model(model));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let value = |key: &str| span.attributes.get(key);
        let structured = |value: &Value| value.as_str().and_then(parse).unwrap_or_else(|| value.clone());
        let list = |keys: [&str; 2], role: Role| {
            let found = keys.iter().find_map(|key| value(key));
            found.map(|value| message_list(value, &role)).unwrap_or_default()
        };
        if kind(span) == Kind::Tool {
            return Messages {
                tool_arguments: value("input").map(structured),
                tool_result: value("output").map(structured),
                ..Messages::default()
            };
        }
        Messages {
            input: list(["llm.messages", "input"], Role::User),
            output: list(["llm.output", "output"], Role::Assistant),
            ..Messages::default()
        }
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }
}

fn kind(span: &Span) -> Kind {
    if let Some(sent) = span.attributes.text(SPAN_TYPE) {
        return TYPES.iter().find(|(name, _)| *name == sent).map_or(Kind::Other, |(_, kind)| *kind);
    }
    match span.attributes.text(ENTITY_TYPE) {
        Some("agent") => Kind::Agent,
        Some("workflow") => Kind::Workflow,
        _ => Kind::Other,
    }
}

/// The tokens of a turn. As in the AI SDK, the input includes cached tokens, and the output reasoning.
fn usage(span: &Span) -> Option<Usage> {
    let count = |key: &str| span.attributes.get(key).and_then(count_of);
    let (input, output) = (count("usage.prompt_tokens")?, count("usage.completion_tokens")?);
    Some(Usage {
        input: Some(input),
        output: Some(output),
        cache_read: count("usage.cached_tokens").filter(|cached| *cached <= input),
        reasoning: count("usage.reasoning_tokens").filter(|reasoning| *reasoning <= output),
        reading: Reading::Inclusive,
        ..Usage::default()
    })
}
