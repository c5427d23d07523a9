//! Tests of the `AutoGen` adapter on recordings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_autogen::Autogen;
use quipu_conformance::sample::draft;
use quipu_conformance::{Recording, run_adapter};
use quipu_core::{Adapter, Kind, Message, Part, Role, Span};
use quipu_recordings::{claimed, facts, load, want};

fn texts(messages: &[Message]) -> Vec<&str> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Autogen, &["autogen--native"].map(load));
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    let spans = load("autogen--native").spans;
    assert!(spans.iter().all(|span| Autogen.claims(span)));
    assert!(!Autogen.claims(&draft(1, 2).with("gen_ai.system", "autogen").span()));
}

#[test]
fn each_message_of_a_team_is_read_once() {
    let name = "autogen--native";
    let spans = claimed(&Autogen, name);
    let facts = facts(&spans);
    let want = want(name);
    // One call was answered with usage, two streamed ones without; agents outside a team leave no message.
    // The sum of a subset of calls is no total, so it is shown and not counted.
    let told: Vec<_> = spans.iter().filter(|span| span.canonical.kind == Kind::Llm).collect();
    let shown: u64 = told.iter().filter_map(|span| span.canonical.usage.as_ref()?.input).sum();
    assert_eq!((told.len(), shown, facts.calls, facts.tokens.input), (3, 129, 0, 0));
    assert_eq!(want["source_limited"]["input"], 0);
    let tools = [(("broken_tool".to_owned(), true), 1), (("get_weather".to_owned(), false), 1)];
    assert_eq!(facts.tools, tools.into());
    for agent in ["triage", "weather_expert", "breaker", "failer"] {
        assert!(facts.agents.contains(agent), "{:?}", facts.agents);
    }
    let handoff: Vec<_> = spans.iter().filter_map(|span| span.canonical.handoff_to.as_deref()).collect();
    assert_eq!(handoff, ["weather_expert"]);
    // Two teams ran, and all records of each have one meeting.
    assert_eq!(facts.sessions.len(), 2);
    assert!(spans.iter().all(|span| span.canonical.session.is_some() == span.canonical.meeting.is_some()));
}

#[test]
fn shows_what_was_said() {
    let spans = claimed(&Autogen, "autogen--native");
    let call =
        spans.iter().find(|span| span.canonical.kind == Kind::Llm && span.canonical.usage.is_some()).unwrap();
    let said = Autogen.messages(call);
    assert!(
        matches!(&said.output[0].parts[0], Part::ToolCall { name, .. } if name == "transfer_to_weather_expert"),
        "{said:?}"
    );
    let heard: Vec<Message> = spans.iter().flat_map(|span| Autogen.messages(span).input).collect();
    assert!(heard.iter().any(|message| message.role == Role::User
        && texts(std::slice::from_ref(message)) == ["What is the weather in Paris?"]));
}

fn message(sender: &str, text: &str) -> Span {
    let mut span = draft(1, 1).with("sender_agent_type", sender).with("message", text).span();
    span.name = "autogen process RoundRobinGroupChatManager_t.(t)-A".into();
    span.scope = std::sync::Arc::new(quipu_core::Scope {
        name: "autogen SingleThreadedAgentRuntime".into(),
        ..Default::default()
    });
    span
}

#[test]
fn what_is_sent_on_is_not_read_again() {
    let usage = r#""source":"a","models_usage":{"prompt_tokens":5,"completion_tokens":2},"content":"x"}"#;
    let kind = |span: &Span| Autogen.canonical(span).kind;
    assert_eq!(kind(&message("a_team", &format!(r#"{{"message":{{{usage}}}"#))), Kind::Llm);
    // From a team within the team, in an answer, in a history, and from an agent whose name only has the same
    // prefix.
    assert_ne!(kind(&message("inner_team", &format!(r#"{{"message":{{{usage}}}"#))), Kind::Llm);
    assert_ne!(
        kind(&message("a_team", &format!(r#"{{"response":{{"chat_message":{{{usage}}}}}"#))),
        Kind::Llm
    );
    assert_ne!(kind(&message("a_team", &format!(r#"{{"messages":[{{{usage}]}}"#))), Kind::Llm);
    assert_ne!(kind(&message("ab_team", &format!(r#"{{"message":{{{usage}}}"#))), Kind::Llm);
}

fn event(body: &str) -> quipu_core::Event {
    let mut event =
        quipu_conformance::sample::event(quipu_conformance::sample::at(1), quipu_core::Level::Info, "", body);
    event.scope =
        std::sync::Arc::new(quipu_core::Scope { name: "autogen_core.events".into(), ..Default::default() });
    event
}

#[test]
fn a_logged_call_is_a_span() {
    let body = r#"{"type": "LLMCall", "messages": [{"role": "user", "content": "hi"}], "prompt_tokens": 158, "completion_tokens": 27,
        "agent_id": "weather_expert_k-1/k-1", "response": {"id": "chatcmpl-1", "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
        "usage": {"prompt_tokens": 158, "completion_tokens": 27, "prompt_tokens_details": {"cached_tokens": 64}}}}"#;
    let (one, again) =
        (Autogen.span_of_event(&event(body)).unwrap(), Autogen.span_of_event(&event(body)).unwrap());
    assert_eq!((one.trace_id, one.span_id), (again.trace_id, again.span_id));
    assert!(Autogen.claims(&one));
    let read = Autogen.canonical(&one);
    assert_eq!((read.kind, read.signal), (Kind::Llm, quipu_core::Signal::Log));
    assert_eq!((read.agent.as_deref(), read.session.as_deref()), (Some("weather_expert"), Some("k-1")));
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.output), (Some(158), Some(64), Some(27)));
    assert_eq!(read.meeting, Some(quipu_core::Meeting::of("autogen", "k-1")));
    let said = Autogen.messages(&one);
    assert_eq!((texts(&said.input), texts(&said.output)), (vec!["hi"], vec!["hello"]));
    let report = run_adapter(&Autogen, &[Recording { name: "autogen--logs".to_owned(), spans: vec![one] }]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn what_is_broken_is_passed_over() {
    let deep = format!(r#"{{"message":{}"#, "[".repeat(100_000));
    for text in [
        "",
        "No Message",
        "{",
        r#"{"message":3,"models_usage":{}}"#,
        r#"{"message":{"models_usage":{"prompt_tokens":"#,
        r#"{"message":{"source":1,"models_usage":{}}}"#,
        &deep,
    ] {
        let span = message("a_t", text);
        assert_eq!(Autogen.canonical(&span).usage, None, "{text}");
        Autogen.messages(&span);
        assert_eq!(Autogen.span_of_event(&event(text)), None);
    }
    assert_eq!(Autogen.span_of_event(&event(r#"{"type": "ToolCall", "tool_name": "x"}"#)), None);
    assert!(Autogen.span_of_event(&event(r#"{"type": "LLMCall", "response": [], "agent_id": 3}"#)).is_some());
}
