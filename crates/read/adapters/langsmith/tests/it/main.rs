//! Tests on runs in the format of `LangSmith`'s exporter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use quipu_adapter_langsmith::Langsmith;
use quipu_conformance::sample::{Draft, draft};
use quipu_conformance::{Recording, run_adapter};
use quipu_core::{Adapter, Kind, Part, Role, Scope, Span};

const PROMPT: &str = r#"{"messages": [[
    {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "SystemMessage"], "kwargs": {"content": "You plan.", "type": "system"}},
    {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"], "kwargs": {"content": "Weather?", "type": "human"}}]]}"#;
const COMPLETION: &str = r#"{"generations": [[{"text": "", "generation_info": {"finish_reason": "tool_calls"}, "message":
    {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": {"content": "",
    "tool_calls": [{"name": "get_weather", "args": {"city": "Paris"}, "id": "call_1", "type": "tool_call"}],
    "response_metadata": {"finish_reason": "tool_calls"}}}}]], "llm_output": null}"#;

fn run(kind: &str, name: &str, draft: Draft) -> Span {
    let mut span = draft.with("langsmith.span.kind", kind).span();
    span.name = name.into();
    span.scope = Arc::new(Scope { name: "langsmith".into(), ..Scope::default() });
    span
}

fn call() -> Span {
    let draft = draft(1, 1)
        .with("gen_ai.operation.name", "chat")
        .with("gen_ai.system", "openai")
        .with("gen_ai.request.model", "gpt-4o-mini")
        .with("gen_ai.usage.input_tokens", 158)
        .with("gen_ai.usage.output_tokens", 45)
        .with("gen_ai.usage.total_tokens", 203)
        .with("gen_ai.usage.input_token_details", "{'audio': 0, 'cache_read': 64}")
        .with("gen_ai.usage.output_token_details", "{'audio': 0, 'reasoning': 7}")
        .with("gen_ai.prompt", PROMPT)
        .with("gen_ai.completion", COMPLETION);
    let draft = draft
        .with("langsmith.metadata.session_id", "sess-7")
        .with("langsmith.metadata.thread_id", "thread-7")
        .with("langsmith.metadata.user_id", "user-42")
        .with("langsmith.metadata.langgraph_node", "planner")
        .with("langsmith.trace.session_id", "project")
        .with("langsmith.span.tags", "a, b");
    run("llm", "ChatOpenAI", draft)
}

#[test]
fn obeys_every_law() {
    let report =
        run_adapter(&Langsmith, &[Recording { name: "langsmith--call".to_owned(), spans: vec![call()] }]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(Langsmith.claims(&call()));
    assert!(!Langsmith.claims(&draft(1, 2).with("langsmith.metadata.x", "y").span()));
}

#[test]
fn reads_a_call() {
    let read = Langsmith.canonical(&call());
    assert_eq!(
        (read.kind, read.framework.as_deref(), read.step.as_deref()),
        (Kind::Llm, Some("langgraph"), Some("planner"))
    );
    let usage = read.usage.unwrap();
    assert_eq!(
        (usage.input, usage.cache_read, usage.output, usage.reasoning),
        (Some(158), Some(64), Some(45), Some(7))
    );
    assert_eq!((read.session.as_deref(), read.user.as_deref()), (Some("sess-7"), Some("user-42")));
    assert_eq!(read.tags, ["a", "b"]);
}

#[test]
fn the_project_is_the_last_resort_for_a_session() {
    let session = |draft: Draft| Langsmith.canonical(&run("llm", "x", draft)).session;
    assert_eq!(
        session(draft(1, 1).with("langsmith.trace.session_name", "project")).as_deref(),
        Some("project")
    );
    assert_eq!(session(draft(1, 1).with("langsmith.trace.session_name", "default")), None);
    let both =
        draft(1, 1).with("langsmith.trace.session_name", "project").with("langsmith.metadata.thread_id", "t");
    assert_eq!(session(both).as_deref(), Some("t"));
}

#[test]
fn the_runs_type_comes_before_the_operation() {
    let kind = |kind: &str, operation: &str| {
        Langsmith.canonical(&run(kind, "x", draft(1, 1).with("gen_ai.operation.name", operation))).kind
    };
    assert_eq!(kind("retriever", "embeddings"), Kind::Retrieval);
    assert_eq!(kind("prompt", "chat"), Kind::Other);
    assert_eq!(kind("tool", "execute_tool"), Kind::Tool);
    assert_eq!(kind("chain", "invoke_agent"), Kind::Agent);
    let root = Span { parent_id: None, ..run("chain", "my_chain", draft(1, 1)) };
    let read = Langsmith.canonical(&root);
    assert_eq!((read.kind, read.workflow.as_deref()), (Kind::Workflow, Some("my_chain")));
    let elsewhere = run("chain", "x", draft(1, 1).with("openinference.span.kind", "LLM"));
    assert_eq!(Langsmith.canonical(&elsewhere).kind, Kind::Llm);
}

#[test]
fn usage_in_metadata_is_read_in_either_notation() {
    for text in [
        r#"{"input_tokens": 158, "output_tokens": 45, "total_tokens": 203, "input_token_details": {"cache_read": 64}}"#,
        "{'input_tokens': 158, 'output_tokens': 45, 'total_tokens': 203, 'input_token_details': {'cache_read': 64}}",
    ] {
        let span = run("llm", "x", draft(1, 1).with("langsmith.metadata.usage_metadata", text));
        let usage = Langsmith.canonical(&span).usage.unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.output), (Some(158), Some(64), Some(45)));
        // A chain may carry it too, without a call.
        let chain = run("chain", "x", draft(1, 1).with("langsmith.metadata.usage_metadata", text));
        assert_eq!(Langsmith.canonical(&chain).usage, None);
    }
}

#[test]
fn details_come_from_the_metadata_where_only_totals_are_sent() {
    let told = r#"{"input_tokens": 158, "output_tokens": 45, "total_tokens": 203, "input_token_details": {"cache_read": 64}, "output_token_details": {"reasoning": 7}}"#;
    let usage = |input: i64| {
        let draft = draft(1, 1)
            .with("gen_ai.usage.input_tokens", input)
            .with("gen_ai.usage.output_tokens", 45)
            .with("langsmith.metadata.usage_metadata", told);
        Langsmith.canonical(&run("llm", "x", draft)).usage.unwrap()
    };
    let same = usage(158);
    assert_eq!((same.input, same.cache_read, same.reasoning), (Some(158), Some(64), Some(7)));
    let other = usage(150);
    assert_eq!((other.input, other.cache_read, other.reasoning), (Some(150), None, None));
}

#[test]
fn shows_what_was_said() {
    let said = Langsmith.messages(&call());
    let roles: Vec<_> = said.input.iter().map(|message| &message.role).collect();
    assert_eq!(roles, [&Role::System, &Role::User]);
    assert_eq!(said.input[1].parts, [Part::Text("Weather?".to_owned())]);
    assert!(
        matches!(&said.output[0].parts[0], Part::ToolCall { name, id: Some(id), .. } if name == "get_weather" && id == "call_1"),
        "{said:?}"
    );
    let tool = run(
        "tool",
        "get_weather",
        draft(1, 1).with("gen_ai.prompt", r#"{"city": "Paris"}"#).with("gen_ai.completion", "18C"),
    );
    let said = Langsmith.messages(&tool);
    assert_eq!(said.tool_arguments.unwrap().get("city"), Some(&"Paris".into()));
    assert_eq!(said.tool_result, Some("18C".into()));
    assert_eq!(Langsmith.canonical(&tool).tool.as_deref(), Some("get_weather"));
}

#[test]
fn what_is_broken_is_passed_over() {
    let deep = "[".repeat(100_000);
    for text in [
        "",
        "{'",
        "{'cache_read': ",
        "{\"messages\": [[",
        "{\"generations\": [[{\"message\": {\"kwargs\": 3}}]]}",
        &deep,
    ] {
        let draft = draft(1, 1)
            .with("langsmith.metadata.usage_metadata", text)
            .with("gen_ai.usage.input_token_details", text)
            .with("gen_ai.prompt", text)
            .with("gen_ai.completion", text);
        let span = run("llm", "x", draft);
        assert_eq!(Langsmith.canonical(&span).usage, None);
        Langsmith.messages(&span);
    }
}

#[test]
fn runs_without_a_framework_are_not_those_of_langchain() {
    let by_hand = |span: Draft| span.with("langsmith.metadata.ls_method", "traceable");
    let framework =
        |kind: &str, draft: Draft| Langsmith.canonical(&run(kind, "x", draft)).framework.map(String::from);
    let said = |provider: &str| draft(1, 1).with("gen_ai.system", provider);
    assert_eq!(framework("llm", by_hand(said("openai"))).as_deref(), Some("openai"));
    assert_eq!(framework("llm", by_hand(said("anthropic"))).as_deref(), Some("anthropic"));
    for kind in ["chain", "tool"] {
        assert_eq!(framework(kind, by_hand(said("langchain"))), None, "{kind}");
    }
    assert_eq!(framework("llm", said("openai")).as_deref(), Some("langchain"));
    assert_eq!(framework("chain", said("langchain")).as_deref(), Some("langchain"));
}
