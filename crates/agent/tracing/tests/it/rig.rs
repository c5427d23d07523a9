//! Tests with the spans of `rig-core`'s telemetry module and agents, read by Rig's adapter.

use quipu_adapter_rig::Rig;
use quipu_core::{Adapter, Kind, Span};
use quipu_tracing::layer;
use tracing::field::Empty;
use tracing::info_span;

use crate::{full, recorded, recorded_by, span};

/// `rig_core::telemetry::SpanBuilder` for a completion, and the fields that a provider client records.
fn completion() {
    let span = info_span!(
        target: "rig::completions",
        "chat",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = "anthropic",
        gen_ai.request.model = "claude-sonnet-4-5",
        gen_ai.system_instructions = Option::<String>::None,
        gen_ai.request.stream = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.model = Empty,
        rig.provider_request_id = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.usage.tool_use_prompt_tokens = Empty,
        gen_ai.usage.reasoning_tokens = Empty,
        gen_ai.input.messages = Empty,
        gen_ai.output.messages = Empty,
    );
    let _entered = span.enter();
    span.record("gen_ai.response.id", "msg_1");
    span.record("gen_ai.response.model", "claude-sonnet-4-5-20250929");
    span.record("gen_ai.usage.input_tokens", 120_u64);
    span.record("gen_ai.usage.output_tokens", 20_u64);
    span.record("gen_ai.usage.cache_read.input_tokens", 64_u64);
    span.record("gen_ai.usage.reasoning_tokens", 7_u64);
    span.record("gen_ai.input.messages", r#"[{"role":"user","parts":[{"type":"text","content":"q"}]}]"#);
    tracing::trace!(target: "rig::completions", "request body");
}

fn run() {
    let run = info_span!(
        target: "rig::agent::prompt_request",
        "invoke_agent",
        gen_ai.operation.name = "invoke_agent",
        gen_ai.agent.name = "helper",
        gen_ai.usage.input_tokens = Empty,
    );
    let _run = run.enter();
    completion();
    info_span!(
        target: "rig::agent::prompt_request",
        "execute_tool",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = "add",
        gen_ai.tool.call.id = "c1",
        gen_ai.tool.call.arguments = "{\"x\":1}",
    );
    run.record("gen_ai.usage.input_tokens", 120_u64);
}

fn kind(span: &Span) -> Kind {
    assert!(Rig.claims(span), "{}", span.name);
    Rig.canonical(span).kind
}

#[test]
fn rigs_adapter_reads_the_records() {
    let batch = recorded(run);
    let [agent, chat, tool] = ["invoke_agent", "chat", "execute_tool"].map(|name| span(&batch, name));
    assert_eq!([agent, chat, tool].map(kind), [Kind::Agent, Kind::Llm, Kind::Tool]);
    assert_eq!([chat.parent_id, tool.parent_id], [Some(agent.span_id); 2]);
    let read = Rig.canonical(chat);
    let usage = read.usage.unwrap();
    assert_eq!(
        (usage.input, usage.output, usage.cache_read, usage.reasoning),
        (Some(120), Some(20), Some(64), Some(7))
    );
    assert_eq!(read.response_id.as_deref(), Some("msg_1"));
    assert_eq!(read.framework.as_deref(), Some("rig"));
    assert!(Rig.messages(chat).input.is_empty(), "what was said needs full prompts");
    assert!(batch.events.is_empty(), "the body of a request is said at a level that is left out");
}

#[test]
fn with_full_prompts_the_messages_are_there() {
    let batch = recorded_by(layer(), full(), run);
    assert_eq!(Rig.messages(span(&batch, "chat")).input.len(), 1);
}

#[test]
fn rig_below_a_guard_belongs_to_its_trace() {
    let batch = recorded(|| {
        let _agent = quipu_sdk::agent("planner").enter();
        run();
    });
    let guard = batch.spans.iter().find(|span| span.attributes.text("quipu.kind") == Some("agent")).unwrap();
    let run = span(&batch, "invoke_agent");
    assert_eq!((run.parent_id, run.trace_id), (Some(guard.span_id), guard.trace_id));
    assert_eq!(Rig.canonical(run).agent.as_deref(), Some("helper"));
}
