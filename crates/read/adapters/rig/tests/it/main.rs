//! Tests on Rig's spans as its telemetry module sends them through tracing's bridge to OpenTelemetry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_rig::Rig;
use quipu_conformance::{Recording, run_adapter, sample::draft};
use quipu_core::{Adapter, Kind, Part, Span, Value};

fn span(target: &str, name: &str, attributes: &[(&str, Value)]) -> Span {
    let mut draft = draft(1, 1).with("target", target);
    for (key, value) in attributes {
        draft = draft.with(key, value.clone());
    }
    let mut span = draft.span();
    span.name = name.into();
    span
}

fn turn(operation: &str) -> Span {
    let attributes = [
        ("rig.completion_parent", true.into()),
        ("gen_ai.operation.name", operation.into()),
        ("gen_ai.agent.name", "helper".into()),
        ("gen_ai.system_instructions", r#"[{"type":"text","content":"s"}]"#.into()),
        ("gen_ai.provider.name", "anthropic".into()),
        ("gen_ai.request.model", "claude-sonnet-4-5".into()),
        ("gen_ai.response.id", "msg_1".into()),
        ("gen_ai.response.model", "claude-sonnet-4-5-20250929".into()),
        // The bridge writes unsigned numbers as text.
        ("gen_ai.usage.input_tokens", "120".into()),
        ("gen_ai.usage.output_tokens", "20".into()),
        ("gen_ai.usage.cache_read.input_tokens", "64".into()),
        ("gen_ai.usage.cache_creation.input_tokens", 8.into()),
        ("gen_ai.usage.tool_use_prompt_tokens", 5.into()),
        ("gen_ai.usage.reasoning_tokens", 7.into()),
        ("gen_ai.input.messages", r#"[{"role":"user","parts":[{"type":"text","content":"q"}]}]"#.into()),
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","parts":[{"type":"text","content":"a"}],"finish_reason":"stop"}]"#.into(),
        ),
    ];
    span("rig::agent_chat", "chat", &attributes)
}

fn run() -> Span {
    let attributes = [
        ("gen_ai.operation.name", "invoke_agent".into()),
        ("gen_ai.agent.name", "Unnamed Agent".into()),
        ("gen_ai.system_instructions", r#"[{"type":"text","content":"s"}]"#.into()),
        ("gen_ai.prompt", "q".into()),
        ("gen_ai.completion", "a".into()),
        ("gen_ai.usage.input_tokens", 240.into()),
        ("gen_ai.usage.output_tokens", 40.into()),
    ];
    span("rig_agent::prompt_request", "invoke_agent", &attributes)
}

fn tool() -> Span {
    let attributes = [
        ("gen_ai.operation.name", "execute_tool".into()),
        ("gen_ai.tool.name", "add".into()),
        ("gen_ai.tool.call.id", "c1".into()),
        ("gen_ai.tool.call.arguments", "{\"x\":1}".into()),
        ("gen_ai.tool.call.result", "2".into()),
    ];
    span("rig::agent::prompt_request", "execute_tool", &attributes)
}

#[test]
fn obeys_every_law() {
    let spans = vec![turn("chat"), turn("chat_streaming"), run(), tool()];
    let report = run_adapter(&Rig, &[Recording { name: "rig".to_owned(), spans }]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!([turn("chat"), run(), tool()].iter().all(|span| Rig.claims(span)));
    let lent = [("rig.completion_parent", true.into()), ("gen_ai.operation.name", "chat".into())];
    assert!(Rig.claims(&span("my_program", "turn", &lent)));
    let module = [("code.module.name", "rig::agent::prompt_request".into())];
    assert!(Rig.claims(&span("my_program", "invoke_agent", &module)));
    assert!(!Rig.claims(&span("rig_of_mine", "chat", &[])));
    assert!(!Rig.claims(&span("my_program", "chat", &[("gen_ai.operation.name", "chat".into())])));
}

#[test]
fn a_turn_is_one_call_with_all_its_tokens() {
    for (operation, streams) in
        [("chat", None), ("chat_streaming", Some(true)), ("interactions_streaming", Some(true))]
    {
        let read = Rig.canonical(&turn(operation));
        assert_eq!((read.kind, read.params.stream), (Kind::Llm, streams), "{operation}");
        let usage = read.usage.unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.cache_write), (Some(120), Some(64), Some(8)));
        assert_eq!((usage.output, usage.reasoning, usage.tool_prompt), (Some(20), Some(7), Some(5)));
        assert_eq!((read.framework.as_deref(), read.agent.as_deref()), (Some("rig"), Some("helper")));
        assert_eq!(read.response_id.as_deref(), Some("msg_1"));
    }
}

#[test]
fn a_run_is_an_agent_and_has_all_that_was_said() {
    let read = Rig.canonical(&run());
    assert_eq!((read.kind, read.agent), (Kind::Agent, None));
    let said = Rig.messages(&run());
    assert_eq!(said.input.len(), 2);
    assert_eq!(said.output[0].parts, [Part::Text("a".to_owned())]);
    assert_eq!(Rig.messages(&turn("chat")).input.len(), 2);
}

#[test]
fn other_operations_have_kinds() {
    let kind = |operation: &str| {
        Rig.canonical(&span("rig::modalities", operation, &[("gen_ai.operation.name", operation.into())]))
            .kind
    };
    assert_eq!(
        [kind("embeddings"), kind("rerank"), kind("transcription")],
        [Kind::Embedding, Kind::Rerank, Kind::Llm]
    );
    let read = Rig.canonical(&tool());
    assert_eq!(
        (read.kind, read.tool.as_deref(), read.tool_call_id.as_deref()),
        (Kind::Tool, Some("add"), Some("c1"))
    );
}
