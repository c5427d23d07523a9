//! Tests of the Langfuse adapter on recordings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_langfuse::Langfuse;
use quipu_conformance::run_adapter;
use quipu_conformance::sample::draft;
use quipu_core::{Adapter, Kind, Message, Part};
use quipu_recordings::{assert_tokens, claimed, facts, load};

fn texts(messages: &[Message]) -> Vec<&str> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Langfuse, &["langfuse--native"].map(load));
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    let claims = |key: &str| Langfuse.claims(&draft(1, 1).with(key, "x").span());
    assert!(claims("langfuse.observation.type") && claims("langfuse.observation.usage_details"));
    assert!(!claims("langfuse.trace.name") && !claims("gen_ai.operation.name"));
}

#[test]
fn comes_to_what_was_served() {
    let name = "langfuse--native";
    let spans = claimed(&Langfuse, name);
    let mut facts = facts(&spans);
    // The handwritten usage is no call, but counts.
    assert_eq!((facts.beside.input, facts.beside.output), (11, 5));
    facts.tokens = facts.tokens.plus(&facts.beside);
    assert_tokens(name, &facts);
    assert_eq!((facts.tokens.cache_read, facts.tokens.reasoning), (67, 18));
    // Three successful calls and a failed one; another one was written by hand.
    assert_eq!((facts.calls, facts.failed), (4, 1));
    let tools = [(("broken_tool".to_owned(), true), 1), (("get_weather".to_owned(), false), 1)];
    assert_eq!(facts.tools, tools.into());
    assert_eq!(facts.agents, ["weather-agent".to_owned()].into());
    assert_eq!(facts.sessions, ["sess-7".to_owned()].into());
    assert_eq!(facts.users, ["user-42".to_owned()].into());
    let manual = spans.iter().find(|span| span.name == "manual-llm").unwrap();
    assert_eq!(manual.canonical.reported_cost.map(|cost| cost.to_string()).as_deref(), Some("0.0012"));
    assert_eq!(manual.canonical.provider.as_deref(), Some("anthropic"));
    let failed =
        spans.iter().find(|span| span.canonical.request_model.as_deref() == Some("fail-429")).unwrap();
    assert_eq!((failed.canonical.error_type.as_deref(), failed.canonical.reported_cost), (Some("429"), None));
    let streamed = spans.iter().find(|span| span.canonical.time_to_first_token.is_some()).unwrap();
    assert!((1..100_000_000).contains(&streamed.canonical.time_to_first_token.unwrap()));
    let root = spans.iter().find(|span| span.parent_id.is_none()).unwrap();
    assert_eq!((root.canonical.kind, root.canonical.workflow.as_deref()), (Kind::Workflow, Some("workflow")));
}

#[test]
fn shows_what_was_said() {
    let spans = claimed(&Langfuse, "langfuse--native");
    let said = Langfuse.messages(spans.iter().find(|span| span.name == "plan-call").unwrap());
    assert_eq!(texts(&said.input), ["What is the weather in Paris?"]);
    assert!(matches!(&said.output[0].parts[0], Part::ToolCall { name, .. } if name == "get_weather"));
    assert_eq!(said.tool_definitions.len(), 1);
    let tool = Langfuse.messages(spans.iter().find(|span| span.name == "get_weather").unwrap());
    assert_eq!(tool.tool_result, Some("18C".into()));
}

fn observation(kind: &str) -> quipu_conformance::sample::Draft {
    draft(1, 1).with("langfuse.observation.type", kind)
}

#[test]
fn older_releases_call_everything_a_span() {
    let call = observation("span").with("langfuse.observation.model.name", "gpt-4o").span();
    assert_eq!(Langfuse.canonical(&call).kind, Kind::Llm);
    let step = observation("span").span();
    assert_ne!(Langfuse.canonical(&step).kind, Kind::Llm);
}

#[test]
fn langchains_handler_names_node_session_and_provider() {
    let span = observation("generation")
        .with("langfuse.observation.metadata.langgraph_node", "\"writer\"")
        .with("langfuse.observation.metadata.ls_provider", "\"openai\"")
        .with("langfuse.trace.metadata.session_id", "\"s\"")
        .with("langfuse.trace.metadata.user_id", "\"u\"")
        .with(
            "langfuse.observation.usage_details",
            r#"{"input": 94, "output": 38, "total": 203, "input_cache_read": 64, "output_reasoning": 7}"#,
        )
        .span();
    let read = Langfuse.canonical(&span);
    assert_eq!((read.step.as_deref(), read.framework.as_deref()), (Some("writer"), Some("langgraph")));
    assert_eq!((read.session.as_deref(), read.user.as_deref()), (Some("s"), Some("u")));
    let usage = read.usage.unwrap();
    assert_eq!(
        (usage.input, usage.cache_read, usage.output, usage.reasoning),
        (Some(158), Some(64), Some(45), Some(7))
    );
}

#[test]
fn what_is_broken_is_passed_over() {
    let deep = "[".repeat(100_000);
    let long = format!(r#"{{"input": {}1}}"#, " ".repeat(1 << 20));
    for text in
        ["", "{", "null", "[1, 2]", r#"{"input": -1}"#, r#"{"input": "x", "output": {}}"#, &deep, &long]
    {
        let span = observation("generation")
            .with("langfuse.observation.usage_details", text)
            .with("langfuse.observation.cost_details", text)
            .with("langfuse.observation.completion_start_time", text)
            .with("langfuse.observation.model.parameters", text)
            .with("langfuse.observation.input", text)
            .span();
        let read = Langfuse.canonical(&span);
        assert_eq!((read.usage, read.reported_cost, read.time_to_first_token), (None, None, None));
        Langfuse.messages(&span);
    }
}
