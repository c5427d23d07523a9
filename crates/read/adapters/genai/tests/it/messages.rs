//! Tests of messages in every format of the sources.

use quipu_core::{Kind, Message, Messages, Part, Role, Span, Value};

use crate::recording;

fn said(recording: &str, nth_call: usize) -> Messages {
    let spans = sorted(recording, Kind::Llm);
    recording::adapters().messages(&spans[nth_call])
}

fn sorted(recording: &str, kind: Kind) -> Vec<Span> {
    let mut spans = recording::spans(recording);
    spans.retain(|span| span.canonical.kind == kind);
    spans.sort_by_key(|span| span.start);
    spans
}

fn roles(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.role.as_str()).collect()
}

fn texts(messages: &[Message]) -> Vec<&str> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

/// Name, id and arguments of every tool request.
fn calls(messages: &[Message]) -> Vec<(&str, Option<&str>, &Value)> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts
        .filter_map(|part| match part {
            Part::ToolCall { id, name, arguments } => Some((name.as_str(), id.as_deref(), arguments)),
            _ => None,
        })
        .collect()
}

fn paris() -> Value {
    Value::Map(vec![("city".into(), "Paris".into())])
}

const ANSWER: &str = "It is 18 degrees and sunny in Paris. Bring a light jacket.";

#[test]
fn openinference_flattened() {
    let first = said("anthropic--openinference", 0);
    assert_eq!(roles(&first.input), ["system", "user"]);
    assert_eq!(
        texts(&first.input),
        ["You are a helpful weather assistant.", "What is the weather in Paris?"]
    );
    assert_eq!(roles(&first.output), ["assistant"]);
    assert_eq!(texts(&first.output), ["Let me look that up."]);
    assert_eq!(calls(&first.output), [("get_weather", Some("toolu_00010"), &paris())]);
    assert_eq!(first.tool_definitions.len(), 1);
    assert_eq!(first.tool_definitions[0].get("name"), Some(&"get_weather".into()));

    // Spans of both instrumentations alternate: the third is the second call.
    let second = said("anthropic--openinference", 2);
    assert_eq!(roles(&second.input), ["system", "user", "assistant", "tool"]);
    let answer =
        Part::ToolCallResponse { id: Some("toolu_00010".to_owned()), response: "18C".into(), failed: false };
    assert_eq!(second.input[3].parts, [answer]);
    assert_eq!(texts(&second.output), [ANSWER]);
}

#[test]
fn the_message_schema() {
    let first = said("openai--openllmetry", 0);
    assert_eq!(roles(&first.input), ["system", "user"]);
    assert_eq!(calls(&first.output), [("get_weather", Some("call_00010"), &paris())]);
    assert_eq!(first.output[0].finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(first.tool_definitions[0].get("name"), Some(&"get_weather".into()));

    let second = said("openai--openllmetry", 1);
    assert_eq!(roles(&second.input), ["system", "user", "assistant", "tool"]);
    assert!(
        matches!(&second.input[3].parts[0], Part::ToolCallResponse { id: Some(id), response: Value::Map(_), .. } if id == "call_00010")
    );
    assert_eq!(texts(&second.output), [ANSWER]);
}

#[test]
fn instructions_apart_come_first() {
    let first = said("anthropic--openllmetry", 0);
    assert_eq!(roles(&first.input), ["system", "user"]);
    assert_eq!(first.input[0].parts, [Part::Text("You are a helpful weather assistant.".to_owned())]);
}

#[test]
fn instructions_given_twice_are_said_once() {
    let first = said("openai--openlit", 0);
    assert_eq!(roles(&first.input), ["system", "user"]);
}

#[test]
fn flattened_prompts() {
    let second = said("ollama--openllmetry", 1);
    assert_eq!(roles(&second.input), ["user", "assistant", "tool"]);
    assert_eq!(calls(&second.input), [("get_weather", None, &paris())]);
    assert_eq!(
        second.input[2].parts,
        [Part::ToolCallResponse { id: None, response: "18C".into(), failed: false }]
    );
    assert_eq!(texts(&second.output), [ANSWER]);
    assert_eq!(second.tool_definitions[0].get("name"), Some(&"get_weather".into()));
}

#[test]
fn span_events() {
    let first = said("strands--native", 0);
    assert_eq!(roles(&first.input), ["user"]);
    assert_eq!(texts(&first.input), ["What is the weather in Paris?"]);
    assert_eq!(calls(&first.output), [("get_weather", Some("call_00010"), &paris())]);
    assert_eq!(first.output[0].finish_reason.as_deref(), Some("tool_calls"));

    let second = said("strands--native", 1);
    assert_eq!(roles(&second.input), ["user", "assistant", "tool"]);
    assert!(
        matches!(&second.input[2].parts[0], Part::ToolCallResponse { id: Some(id), .. } if id == "call_00010")
    );

    let spans = sorted("strands--native", Kind::Tool);
    let tool = recording::adapters().messages(&spans[0]);
    assert_eq!(tool.tool_arguments, Some(paris()));
    assert_eq!(tool.tool_result, Some(Value::Array(vec![Value::Map(vec![("text".into(), "18C".into())])])));
}

#[test]
fn tool_runs_say_what_went_in_and_out() {
    for (recording, result) in [("openai-agents--openinference", "18C"), ("pydantic-ai--logfire", "18C")] {
        let spans = sorted(recording, Kind::Tool);
        let span = spans.iter().find(|span| span.canonical.tool.as_deref() == Some("get_weather")).unwrap();
        let said = recording::adapters().messages(span);
        assert_eq!(
            (said.tool_arguments, said.tool_result),
            (Some(paris()), Some(result.into())),
            "{recording}"
        );
        assert!(said.input.is_empty() && said.output.is_empty());
    }
}

#[test]
fn a_whole_run_is_cut_before_its_answer() {
    let spans = sorted("pydantic-ai--logfire", Kind::Agent);
    let said = recording::adapters().messages(&spans[0]);
    assert_eq!(said.input[0].role, Role::System);
    assert_eq!(said.input.last().map(|message| message.role != Role::Assistant), Some(true));
    assert_eq!(roles(&said.output), ["assistant"]);
}

#[test]
fn older_logged_events_in_one_attribute() {
    let first = said("openai-agents--logfire", 0);
    assert_eq!(first.input[0].role, Role::System);
    assert!(!first.input.is_empty() && !first.output.is_empty(), "{first:?}");
}

#[test]
fn chains_show_their_whole_input() {
    let spans = sorted("smolagents--openinference", Kind::Agent);
    let said = recording::adapters().messages(&spans[0]);
    assert_eq!(roles(&said.input), ["user"]);
    assert_eq!(texts(&said.output), ["18C in Paris"]);
}

#[test]
fn every_recording_can_be_looked_at() {
    let adapters = recording::adapters();
    for name in quipu_recordings::names() {
        for span in recording::spans(&name) {
            let said = adapters.messages(&span);
            assert!(
                said.input
                    .iter()
                    .chain(&said.output)
                    .all(|message| !message.parts.is_empty() || message.finish_reason.is_some())
            );
        }
    }
}
