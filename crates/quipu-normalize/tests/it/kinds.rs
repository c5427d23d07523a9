//! What spans do, and names that depend on it.

use quipu_core::{Kind, SpanId, Value};
use quipu_normalize::{Slots, kind};

use crate::{read, span};

fn of(attributes: &[(&str, &str)]) -> Kind {
    let attributes: Vec<_> = attributes.iter().map(|(key, text)| (*key, Value::from(*text))).collect();
    kind(&Slots::of(&span("", &attributes)))
}

#[test]
fn words_made_for_it_come_first() {
    assert_eq!(of(&[("gen_ai.operation.name", "chat"), ("openinference.span.kind", "AGENT")]), Kind::Agent);
    assert_eq!(
        of(&[("gen_ai.operation.name", "invoke_agent"), ("traceloop.span.kind", "workflow")]),
        Kind::Agent
    );
    assert_eq!(
        of(&[("gen_ai.operation.name", "unheard of"), ("traceloop.span.kind", "workflow")]),
        Kind::Workflow
    );
    assert_eq!(
        of(&[("openinference.span.kind", "UNKNOWN"), ("gen_ai.operation.name", "execute_tool")]),
        Kind::Tool
    );
    assert_eq!(of(&[("llm.request.type", "completion")]), Kind::Llm);
    assert_eq!(of(&[("span.type", "tool.execution"), ("gen_ai.tool.call.id", "1")]), Kind::Task);
}

#[test]
fn signs_are_enough_where_no_word_is() {
    assert_eq!(
        of(&[("gen_ai.request.model", "m"), ("gen_ai.usage.input_tokens", "3"), ("gen_ai.tool.name", "t")]),
        Kind::Llm
    );
    assert_eq!(of(&[("gen_ai.tool.name", "t")]), Kind::Tool);
    assert_eq!(of(&[("mcp.method.name", "tools/call")]), Kind::Tool);
    assert_eq!(of(&[("mcp.method.name", "initialize")]), Kind::Other);
    assert_eq!(of(&[("gen_ai.request.model", "m")]), Kind::Other);
}

#[test]
fn every_operation_of_the_conventions_has_a_kind() {
    for (operation, kind) in [
        ("chat", Kind::Llm),
        ("generate_content", Kind::Llm),
        ("text_completion", Kind::Llm),
        ("embeddings", Kind::Embedding),
        ("retrieval", Kind::Retrieval),
        ("execute_tool", Kind::Tool),
        ("create_agent", Kind::Agent),
        ("invoke_agent", Kind::Agent),
        ("invoke_workflow", Kind::Workflow),
        ("plan", Kind::Planning),
        ("search_memory", Kind::Memory),
        ("fetch_response", Kind::Other),
        ("rerank", Kind::Rerank),
    ] {
        assert_eq!(of(&[("gen_ai.operation.name", operation)]), kind, "{operation}");
    }
}

#[test]
fn only_a_root_chain_is_a_workflow() {
    let mut span = span("", &[("openinference.span.kind", "CHAIN".into())]);
    assert_eq!(kind(&Slots::of(&span)), Kind::Workflow);
    span.parent_id = SpanId::from_bytes([2; 8]).ok();
    assert_eq!(kind(&Slots::of(&span)), Kind::Task);
}

#[test]
fn a_tool_may_be_named_by_its_span_only() {
    let mut span = span("mcp-python-sdk", &[("mcp.method.name", "tools/call".into())]);
    span.name = "MCP send tools/call get_weather".into();
    let read = quipu_normalize::canonical(&Slots::of(&span), "genai");
    assert_eq!((read.kind, read.tool.as_deref()), (Kind::Tool, Some("get_weather")));
}

#[test]
fn a_server_is_part_of_the_name_that_the_model_called() {
    let attributes =
        [("tool_name", Value::from("mcp__w__get_weather")), ("gen_ai.tool.name", "get_weather".into())];
    assert_eq!(read("", &attributes).tool.as_deref(), Some("mcp__w__get_weather"));
}
