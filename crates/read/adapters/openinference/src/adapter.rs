//! Adapter for OpenInference and its peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Lens, Messages, Span, Value};
use quipu_normalize::{
    Slots, answer_id, answer_meeting, any_key_begins, canonical, explain, is_event_of_a_call, label, lens,
    messages, scope_begins,
};
use quipu_semconv::{Field, OPENINFERENCE_PREFIXES, OPENINFERENCE_SCOPES};

use crate::printed;

/// Suffixes of span names that are not part of an agent's name.
const RUN_ENDINGS: &[&str] = &[".run", ".arun", ".invoke", ".ainvoke", ".kickoff", ".forward", ".aforward"];
/// Suffixes of span names that are not part of a tool's name: the method that calls its object.
const CALL_ENDINGS: &[&str] = &[".__call__", ".acall"];
/// Scope of the DSPy instrumentation, which has no agent spans.
const DSPY: &[&str] = &["openinference.instrumentation.dspy"];
/// Minimum duration of a call through DSPy, in nanoseconds. It calls through `LiteLLM`, which alone takes
/// longer.
const SHORTEST_CALL: i64 = 4_000_000;
/// DSPy modules that choose tools in a loop. See <https://dspy.ai/api/modules/ReAct> and its neighbouring
/// pages.
const DSPY_AGENTS: &[&str] = &["ReAct", "CodeAct"];

/// Reads OpenInference.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenInference;

impl Adapter for OpenInference {
    fn name(&self) -> &'static str {
        "openinference"
    }

    fn claims(&self, span: &Span) -> bool {
        any_key_begins(&span.attributes, OPENINFERENCE_PREFIXES) || scope_begins(span, OPENINFERENCE_SCOPES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        if is_event_of_a_call(span, &read) {
            read.kind = Kind::Other;
        }
        match read.kind {
            Kind::Llm if is_cached_by_dspy(&slots, &read) => {
                read.never_count = true;
                read.notes.push(CompactString::const_new("answered from DSPy's cache: no model was called"));
            }
            Kind::Llm => {
                read.response_id = read.response_id.take().or_else(|| id_in_output(&slots));
                printed::fill(&slots, &mut read);
            }
            Kind::Agent => read.agent = read.agent.take().or_else(|| agent_name(span)),
            Kind::Tool => read.tool = read.tool.take().or_else(|| tool_name(span)),
            Kind::Workflow | Kind::Task if is_dspy_agent(span) => {
                (read.kind, read.agent) = (Kind::Agent, agent_name(span));
            }
            Kind::Workflow => workflow(&slots, &mut read),
            _ => {}
        }
        read.meeting = read.meeting.or_else(|| answer_meeting(span, &read));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        let mut lens = lens(span, read);
        if read.response_id.is_some() && read.response_id == id_in_output(&Slots::of(span)) {
            explain(&mut lens, "response_id", "output.value", "`id` of the provider's answer in the output");
        }
        lens
    }
}

/// The id of the provider's answer in the output. It identifies other records of the same call.
fn id_in_output(slots: &Slots<'_>) -> Option<CompactString> {
    slots.get(Field::OutputValue).and_then(answer_id)
}

/// Whether DSPy answered from its cache: an answer without usage, faster than any of its calls.
fn is_cached_by_dspy(slots: &Slots<'_>, read: &Canonical) -> bool {
    read.usage.is_none()
        && slots.get(Field::OutputValue).is_some()
        && scope_begins(slots.span, DSPY)
        && slots.span.duration().is_some_and(|duration| duration < SHORTEST_CALL)
}

/// The name of an agent without an explicit one: its span's name.
fn agent_name(span: &Span) -> Option<CompactString> {
    let name = span.name.as_str();
    let bare = RUN_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    label(&Value::from(bare))
}

/// The name of a tool without an explicit one: its span's name.
fn tool_name(span: &Span) -> Option<CompactString> {
    let name = span.name.as_str();
    label(&Value::from(CALL_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)))
}

fn is_dspy_agent(span: &Span) -> bool {
    let class = span.name.split('.').next().unwrap_or_default();
    DSPY_AGENTS.contains(&class) && scope_begins(span, DSPY)
}

fn span_name(span: &Span) -> Option<CompactString> {
    label(&Value::from(span.name.as_str()))
}

/// Reads a root chain as a workflow with its span's name.
fn workflow(slots: &Slots<'_>, read: &mut Canonical) {
    read.workflow = read.workflow.take().or_else(|| span_name(slots.span));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quipu_core::{Scope, SpanId, Timestamp, TraceId};

    use super::*;

    fn span(name: &str, attributes: &[(&str, &str)]) -> Span {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let mut span = Span::new(trace, id, name, Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        span.attributes = attributes.iter().copied().collect();
        span
    }

    #[test]
    fn claims_by_attributes_then_by_scope() {
        assert!(OpenInference.claims(&span("x", &[("openinference.span.kind", "LLM")])));
        assert!(OpenInference.claims(&span("x", &[("llm.token_count.prompt", "1")])));
        assert!(!OpenInference.claims(&span("x", &[("gen_ai.operation.name", "chat")])));
        let mut bare = span("x", &[]);
        assert!(!OpenInference.claims(&bare));
        bare.scope =
            Arc::new(Scope { name: "openinference.instrumentation.openai".into(), ..Scope::default() });
        assert!(OpenInference.claims(&bare));
    }

    #[test]
    fn the_id_of_the_answer_is_in_the_output() {
        let output = r#"{"choices": [{"id": "not this"}], "id": "chatcmpl-1", "model": "m"}"#;
        let read = OpenInference
            .canonical(&span("x", &[("openinference.span.kind", "LLM"), ("output.value", output)]));
        assert_eq!(read.response_id.as_deref(), Some("chatcmpl-1"));
        let read = OpenInference
            .canonical(&span("x", &[("openinference.span.kind", "CHAIN"), ("output.value", output)]));
        assert_eq!(read.response_id, None);
        let of_langchain = |output: &str| {
            let attributes = [("openinference.span.kind", "LLM"), ("output.value", output)];
            OpenInference.canonical(&span("ChatOpenAI", &attributes)).response_id
        };
        let result = r#"{"generations": [[{"text": "\"llm_output\": {\"id\": \"no\"}", "id": ["a"]}]], "llm_output": {"token_usage": {"id": 1}, "id": "chatcmpl-2"}, "run": null}"#;
        assert_eq!(of_langchain(result).as_deref(), Some("chatcmpl-2"));
        assert_eq!(of_langchain(r#"{"generations": [[{"id": "no"}]], "llm_output": null}"#), None);
    }

    #[test]
    fn a_span_without_model_usage_and_answer_is_an_event_of_the_call_above() {
        let kind = |name: &str, attributes: &[(&str, &str)], millis: i64| {
            let attributes = [attributes, &[("openinference.span.kind", "LLM")]].concat();
            let mut piece = span(name, &attributes);
            piece.parent_id = SpanId::from_bytes([2; 8]).ok();
            piece.end = Some(Timestamp::from_nanos(1 + millis * 1_000_000));
            OpenInference.canonical(&piece).kind
        };
        let said = [("input.value", "hi"), ("output.value", "ho")];
        assert_eq!(kind("new_token", &said, 0), Kind::Other);
        assert_eq!(kind("new_token", &said, 3), Kind::Other);
        assert_eq!(kind("llm.chunk", &said, 3), Kind::Other);
        assert_eq!(kind("start", &[], 3), Kind::Other);
        assert_eq!(kind("MyModel", &said, 3), Kind::Llm);
        assert_eq!(kind("ChatModel", &[("llm.model_name", "m")], 0), Kind::Llm);
    }

    #[test]
    fn an_answer_from_the_cache_of_dspy_is_no_call() {
        let attributes =
            [("openinference.span.kind", "LLM"), ("llm.model_name", "m"), ("output.value", "[\"x\"]")];
        let mut hit = span("LM.__call__", &attributes);
        assert!(!OpenInference.canonical(&hit).never_count);
        hit.scope = Arc::new(Scope { name: DSPY[0].into(), ..Scope::default() });
        assert!(OpenInference.canonical(&hit).never_count);
        hit.end = Some(Timestamp::from_nanos(1_300_000));
        assert!(OpenInference.canonical(&hit).never_count);
        hit.end = Some(Timestamp::from_nanos(2 * SHORTEST_CALL));
        assert!(!OpenInference.canonical(&hit).never_count);
    }

    #[test]
    fn the_one_model_name_is_the_answering_one_unless_the_call_failed() {
        let attributes = [("openinference.span.kind", "LLM"), ("llm.model_name", "m-2024")];
        let mut span = span("x", &attributes);
        let read = OpenInference.canonical(&span);
        assert_eq!((read.request_model, read.response_model.as_deref()), (None, Some("m-2024")));
        span.status = quipu_core::Status::Error;
        let read = OpenInference.canonical(&span);
        assert_eq!((read.request_model.as_deref(), read.response_model), (Some("m-2024"), None));
    }

    #[test]
    fn agents_go_by_their_spans_names() {
        let read = OpenInference.canonical(&span("boss.run", &[("openinference.span.kind", "AGENT")]));
        assert_eq!((read.kind, read.agent.as_deref()), (Kind::Agent, Some("boss")));
        let named = [("openinference.span.kind", "agent"), ("graph.node.id", "Researcher")];
        assert_eq!(OpenInference.canonical(&span("x", &named)).agent.as_deref(), Some("Researcher"));
    }

    #[test]
    fn a_module_of_dspy_that_chooses_tools_is_an_agent() {
        let mut chain = span("ReAct.forward", &[("openinference.span.kind", "CHAIN")]);
        assert_eq!(OpenInference.canonical(&chain).agent, None);
        chain.scope = Arc::new(Scope { name: DSPY[0].into(), ..Scope::default() });
        let read = OpenInference.canonical(&chain);
        assert_eq!((read.kind, read.agent.as_deref()), (Kind::Agent, Some("ReAct")));
        let tool =
            OpenInference.canonical(&span("get_weather.__call__", &[("openinference.span.kind", "TOOL")]));
        assert_eq!(tool.tool.as_deref(), Some("get_weather"));
    }

    #[test]
    fn a_root_chain_is_a_workflow() {
        let read = OpenInference.canonical(&span("crew", &[("openinference.span.kind", "CHAIN")]));
        assert_eq!((read.kind, read.workflow.as_deref()), (Kind::Workflow, Some("crew")));
    }
}
