//! Tests of kinds of spans, and of names that depend on the kind.

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

/// The kind, agent and workflow of a span.
fn named(attributes: &[(&str, Value)]) -> (Kind, Option<String>, Option<String>) {
    let read = read("", attributes);
    (read.kind, read.agent.map(String::from), read.workflow.map(String::from))
}

#[test]
fn a_workflow_goes_by_its_agent_name_unless_it_has_a_name_of_its_own() {
    let some = |text: &str| Some(text.to_owned());
    let invoked = ("gen_ai.operation.name", Value::from("invoke_workflow"));
    // Conventions 0.1.0, those of 1.41, both within an agent, and the library's own spans.
    for (names, agent, workflow) in [
        (vec![("gen_ai.agent.name", "trip")], None, some("trip")),
        (vec![("gen_ai.workflow.name", "trip")], None, some("trip")),
        (
            vec![("gen_ai.workflow.name", "trip"), ("gen_ai.agent.name", "planner")],
            some("planner"),
            some("trip"),
        ),
        (vec![("quipu.workflow.name", "trip"), ("gen_ai.agent.name", "trip")], None, some("trip")),
        (vec![], None, None),
    ] {
        let mut attributes = vec![invoked.clone()];
        attributes.extend(names.iter().map(|(key, text)| (*key, Value::from(*text))));
        assert_eq!(named(&attributes), (Kind::Workflow, agent, workflow), "{names:?}");
    }
    let agent = [("gen_ai.operation.name", "invoke_agent".into()), ("gen_ai.agent.name", "trip".into())];
    assert_eq!(named(&agent), (Kind::Agent, some("trip"), None));
}

#[test]
fn retrievals_say_how_many_documents_they_ask_for() {
    for key in ["gen_ai.retrieval.top_k", "gen_ai.request.top_k", "db.vector.query.top_k"] {
        let read = read("", &[("gen_ai.operation.name", "retrieval".into()), (key, 5.into())]);
        assert_eq!((read.kind, read.params.top_k), (Kind::Retrieval, Some(5)), "{key}");
    }
}

#[test]
fn an_answer_from_a_cache_stays_visible_and_never_counts() {
    let call = |more: &[(&str, Value)]| {
        let attributes = [
            ("gen_ai.operation.name", Value::from("chat")),
            ("gen_ai.request.model", "gpt-4o".into()),
            ("gen_ai.usage.input_tokens", 100.into()),
            ("gen_ai.usage.output_tokens", 20.into()),
        ];
        read("acme.gateway", &[&attributes[..], more].concat())
    };
    let langchain = r#"{"generations": [[{"message": {"kwargs": {"usage_metadata": {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120, "total_cost": 0}}}}]]}"#;
    for (key, value) in [
        ("cache_hit", Value::Bool(true)),
        ("metadata", r#"{"cache_hit": true, "user_id": "u"}"#.into()),
        ("hidden_params", r#"{"cache_key": "k", "cache_hit": true}"#.into()),
        ("http.response.header.helicone-cache", Value::Array(vec!["HIT".into()])),
        ("x-portkey-cache-status", "HIT".into()),
        ("output.value", langchain.into()),
    ] {
        let read = call(&[(key, value)]);
        assert!(read.never_count && read.kind == Kind::Llm, "{key}");
        assert_eq!(read.notes, [quipu_normalize::CACHED_NOTE], "{key}");
    }
    for (key, value) in [
        ("metadata", r#"{"cache_hit": false, "user_id": "u"}"#),
        ("x-portkey-cache-status", "MISS"),
        ("gen_ai.prompt_cache.hit", "true"),
        ("output.value", &langchain.replace(": 0}", ": 0.01}")),
    ] {
        assert!(!call(&[(key, value.into())]).never_count, "{key}");
    }
}

fn tool(attributes: &[(&str, &str)]) -> (Option<String>, Option<String>) {
    let kind = ("gen_ai.operation.name", "execute_tool");
    let attributes: Vec<_> =
        attributes.iter().chain([&kind]).map(|(key, text)| (*key, Value::from(*text))).collect();
    let read = read("", &attributes);
    assert_eq!(read.kind, Kind::Tool);
    let text = |label: Option<compact_str::CompactString>| label.map(String::from);
    (text(read.tool), text(read.tool_call_id))
}

#[test]
fn the_message_of_a_result_names_the_tool_and_its_call() {
    let id = "call_cadf38842e400009";
    let found = (Some("get_weather".to_owned()), Some(id.to_owned()));
    let class = ("traceloop.entity.name", "DynamicStructuredTool");
    let message = format!(
        r#"{{"lc":1,"id":["langchain_core","messages","ToolMessage"],"kwargs":{{"content":"18",
            "tool_call_id":"{id}","name":"get_weather"}}}}"#
    );
    assert_eq!(tool(&[class, ("traceloop.entity.output", &message)]), found);
    assert_eq!(
        tool(&[("output.value", &format!(r#"{{"output":{message}}}"#)), ("tool.name", "get_weather")]),
        found
    );
    let python = format!("content='18 degrees' name='get_weather' tool_call_id='{id}'");
    assert_eq!(tool(&[("output.value", &python)]), found);
    let within = python.replace("18 degrees", "a row name='other' tool_call_id='call_0000000000000001' id");
    assert_eq!(tool(&[("output.value", &within)]), found, "the content holds the same words");
    let several = message.replace(id, "call_cadf38842e400010");
    assert_eq!(
        tool(&[class, ("traceloop.entity.output", &format!("[{message},{several}]"))]),
        (Some("DynamicStructuredTool".into()), None),
        "results of two calls"
    );
    let local = message.replace(id, "0");
    assert_eq!(tool(&[class, ("traceloop.entity.output", &local)]).1, None, "an id that is not unique");
}
