//! Tests of the VoltAgent adapter on spans as version 2.10 sends them.

use quipu_adapter_voltagent::Voltagent;
use quipu_conformance::{Recording, run_adapter, sample::draft};
use quipu_core::{Adapter, Kind, Span, Value};

fn of_voltagent(mut span: Span) -> Span {
    span.scope = std::sync::Arc::new(quipu_core::Scope {
        name: "@voltagent/core".into(),
        ..quipu_core::Scope::default()
    });
    span
}

fn turn() -> Span {
    let turn = draft(1, 1)
        .with("entity.type", "agent")
        .with("entity.name", "weather")
        .with("ai.model.name", "o4-mini")
        .with("usage.prompt_tokens", 957)
        .with("usage.completion_tokens", 162)
        .with("usage.cached_tokens", 128)
        .with("usage.reasoning_tokens", 18);
    of_voltagent(turn.with("output", "It is sunny.").span())
}

fn request() -> Span {
    let request = draft(1, 2)
        .with("entity.type", "agent")
        .with("span.type", "llm")
        .with("llm.model", "o4-mini")
        .with("llm.stream", true)
        .with("llm.finish_reason", "stop")
        .with("llm.messages", r#"[{"role": "user", "content": "What is the weather?"}]"#);
    of_voltagent(request.with("llm.usage.prompt_tokens", 326).with("llm.usage.completion_tokens", 56).span())
}

fn tool() -> Span {
    let tool = draft(1, 3)
        .with("entity.type", "agent")
        .with("span.type", "tool")
        .with("tool.name", "get_weather")
        .with("tool.call.id", "call_1f2e3d4c");
    of_voltagent(tool.with("input", r#"{"city": "Paris"}"#).with("output", "18").span())
}

#[test]
fn obeys_every_law() {
    let spans = vec![turn(), request(), tool()];
    let report = run_adapter(&Voltagent, &[Recording { name: "voltagent--turn".to_owned(), spans }]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(Voltagent.claims(&turn()));
    assert!(!Voltagent.claims(&draft(1, 2).with("entity.type", "agent").span()));
}

#[test]
fn the_usage_of_a_turn_is_on_the_agent_and_not_on_the_request_with_the_last_step() {
    let read = Voltagent.canonical(&turn());
    assert_eq!((read.kind, read.agent.as_deref()), (Kind::Agent, Some("weather")));
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.output), (Some(957), Some(162)));
    assert_eq!((usage.cache_read, usage.reasoning), (Some(128), Some(18)));
    let read = Voltagent.canonical(&request());
    assert_eq!((read.kind, read.usage), (Kind::Llm, None));
    assert_eq!((read.request_model.as_deref(), read.params.stream), (Some("o4-mini"), Some(true)));
    assert_eq!(Voltagent.messages(&request()).input.len(), 1);
}

#[test]
fn tools_have_their_names_arguments_and_results() {
    let read = Voltagent.canonical(&tool());
    assert_eq!((read.kind, read.tool.as_deref()), (Kind::Tool, Some("get_weather")));
    assert_eq!(read.tool_call_id.as_deref(), Some("call_1f2e3d4c"));
    let said = Voltagent.messages(&tool());
    assert_eq!(said.tool_arguments.unwrap().get("city"), Some(&Value::from("Paris")));
    assert_eq!(said.tool_result, Some(Value::from("18")));
}
