//! Tests of marks: the same answer and the same request in the notations of several sources.

use quipu_core::{Canonical, RequestMark, SpanEvent, TextMark, Value};
use quipu_normalize::{Slots, canonical};

use crate::{read, span};

const ANSWER: &str = "The capital of France is Paris, on the river Seine.";

fn call(attributes: &[(&str, Value)]) -> Canonical {
    let mut all = vec![("gen_ai.operation.name", "chat".into()), ("gen_ai.request.model", "gpt-4o".into())];
    all.extend(attributes.iter().cloned());
    read("", &all)
}

fn text(key: &str, value: &str) -> Option<TextMark> {
    call(&[(key, value.into())]).marks.text
}

fn answer() -> TextMark {
    TextMark::of([ANSWER].into_iter(), true).unwrap()
}

#[test]
fn an_answer_has_one_mark_in_every_notation() {
    let openai = format!(
        r#"{{"id": "chatcmpl-1", "choices": [{{"message": {{"role": "assistant", "content": "{ANSWER}"}}}}]}}"#
    );
    let responses = format!(
        r#"{{"output": [{{"type": "reasoning", "summary": []}}, {{"type": "message", "content": [{{"type": "output_text", "text": "{ANSWER}"}}]}}]}}"#
    );
    let anthropic = format!(
        r#"{{"content": [{{"type": "thinking", "thinking": "hm"}}, {{"type": "text", "text": "{ANSWER}"}}]}}"#
    );
    let gemini = format!(r#"{{"candidates": [{{"content": {{"parts": [{{"text": "{ANSWER}"}}]}}}}]}}"#);
    let langchain = format!(
        r#"{{"generations": [[{{"text": "{ANSWER}", "message": {{"kwargs": {{"content": "{ANSWER}"}}}}}}]]}}"#
    );
    let logfire = format!(r#"{{"message": {{"role": "assistant", "content": "{ANSWER}"}}}}"#);
    let schema = format!(
        r#"[{{"role": "assistant", "parts": [{{"type": "reasoning", "content": "hm"}}, {{"type": "text", "content": "{ANSWER}"}}], "finish_reason": "stop"}}]"#
    );
    for (key, value) in [
        ("gen_ai.output.messages", schema.as_str()),
        ("llm.output_messages.0.message.content", ANSWER),
        ("gen_ai.completion.0.content", ANSWER),
        ("ai.response.text", ANSWER),
        ("output.value", ANSWER),
        ("output.value", openai.as_str()),
        ("output.value", responses.as_str()),
        ("traceloop.entity.output", anthropic.as_str()),
        ("gcp.vertex.agent.llm_response", gemini.as_str()),
        ("gen_ai.completion", langchain.as_str()),
        ("response_data", logfire.as_str()),
    ] {
        let mark = text(key, value);
        assert!(mark.is_some_and(|mark| mark.is_same(answer())), "{key} {value}: {mark:?}");
    }
}

#[test]
fn an_answer_in_events_has_a_mark_too() {
    let mut of_call = span("", &[("gen_ai.operation.name", "chat".into())]);
    let message = format!(r#"{{"role": "assistant", "content": "{ANSWER}"}}"#);
    let attributes = [("message", message.as_str())].into_iter().collect();
    of_call.events = vec![SpanEvent { time: of_call.start, name: "gen_ai.choice".into(), attributes }];
    let mark = canonical(&Slots::of(&of_call), "genai").marks.text.unwrap();
    assert!(mark.is_same(answer()));
}

#[test]
fn placeholders_and_reasoning_are_no_answers() {
    assert_eq!(text("llm.output_messages.0.message.content", "__REDACTED__"), None);
    assert_eq!(text("gen_ai.completion.0.content", "[the text of this answer was redacted]"), None);
    let block = "llm.output_messages.0.message.contents.0.message_content";
    let (kind, said) = (format!("{block}.type"), format!("{block}.text"));
    let of_kind = |word: &str| call(&[(&kind, word.into()), (&said, ANSWER.into())]).marks.text;
    assert!(of_kind("text").is_some() && of_kind("reasoning").is_none());
}

#[test]
fn a_request_is_found_under_the_names_of_its_id() {
    let id = "req_011CSHoEeqs5C35K2UUqR7Fy";
    let mark = |key: &str, value: Value| call(&[(key, value)]).marks.request;
    let header = Value::Array(vec![id.into()]);
    for (key, value) in [
        ("http.response.header.x-request-id", header),
        ("anthropic.request_id", id.into()),
        ("x-request-id", id.into()),
    ] {
        let found = mark(key, value).unwrap();
        assert!(found.is_same(RequestMark::of(id, true).unwrap()) && found.is_of_provider(), "{key}");
    }
    assert!(!mark("x-request-id", "5f0c7a3e9d1b4c6a".into()).unwrap().is_of_provider());
    assert!(mark("aws.request_id", "5f0c7a3e-9d1b-4c6a-8e2f-0123456789ab".into()).unwrap().is_of_provider());
    assert_eq!(mark("x-request-id", "7".into()), None);
}

#[test]
fn other_spans_have_no_marks() {
    let tool = read("", &[("gen_ai.operation.name", "execute_tool".into()), ("output.value", ANSWER.into())]);
    let embedding =
        read("", &[("gen_ai.operation.name", "embeddings".into()), ("output.value", ANSWER.into())]);
    assert!(tool.marks.text.is_none() && embedding.marks.text.is_none());
}
