//! Tests on recordings of Pydantic AI and the Logfire SDK, and on spans of other releases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

use std::sync::Arc;

use quipu_adapter_logfire::Logfire;
use quipu_conformance::{run_adapter, sample::draft};
use quipu_core::{Adapter, Adapters, Canonical, Kind, Part, Scope, Span, Value};
use quipu_recordings::{assert_counts, facts, load};

const PYDANTIC_AI: &str = "pydantic-ai--logfire";
const OPENAI_AGENTS: &str = "openai-agents--logfire";

fn read(name: &str) -> Vec<Span> {
    quipu_recordings::read(&Adapters::new(vec![Arc::new(Logfire)]), name)
}

fn span(scope: &str, name: &str, attributes: &[(&str, Value)]) -> Span {
    let mut draft = draft(1, 1);
    for (key, value) in attributes {
        draft = draft.with(key, value.clone());
    }
    let mut span = draft.span();
    span.name = name.into();
    span.scope = Arc::new(Scope { name: scope.into(), ..Scope::default() });
    span
}

fn read_one(scope: &str, name: &str, attributes: &[(&str, Value)]) -> Canonical {
    let span = span(scope, name, attributes);
    assert!(Logfire.claims(&span));
    Logfire.canonical(&span)
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Logfire, &[load(PYDANTIC_AI), load(OPENAI_AGENTS)]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    for name in [PYDANTIC_AI, OPENAI_AGENTS] {
        assert!(load(name).spans.iter().all(|span| Logfire.claims(span)), "{name}");
    }
    let through = |key: &'static str| span("x", "x", &[("logfire.msg", "m".into()), (key, "v".into())]);
    assert!(Logfire.claims(&through("gen_ai.system")));
    assert!(!Logfire.claims(&through("http.route")));
    assert!(!Logfire.claims(&through("openinference.span.kind")));
    assert!(!Logfire.claims(&span("x", "x", &[("gen_ai.system", "openai".into())])));
}

#[test]
fn comes_to_what_was_served() {
    for (name, agents) in [
        (PYDANTIC_AI, vec!["boss", "failer", "weather_expert"]),
        (OPENAI_AGENTS, vec!["Breaker", "Failer", "Triage", "Weather expert"]),
    ] {
        let facts = facts(&read(name));
        assert_counts(name, &facts);
        assert_eq!(facts.tools[&("broken_tool".to_owned(), true)], 1, "{name}");
        assert_eq!(facts.tools[&("get_weather".to_owned(), false)], 2, "{name}");
        assert_eq!(facts.agents_run.iter().collect::<Vec<_>>(), agents, "{name}");
        assert_eq!(facts.told, if name == PYDANTIC_AI { 8 } else { 7 }, "{name}: the failed call is one too");
    }
    assert!(facts(&read(OPENAI_AGENTS)).sessions.iter().eq(["sess-7"]));
    assert!(facts(&read(OPENAI_AGENTS)).users.iter().eq(["user-42"]));
}

#[test]
fn details_are_in_the_providers_own_object() {
    for (name, details) in [(OPENAI_AGENTS, (192, 36)), (PYDANTIC_AI, (192, 42))] {
        let tokens = facts(&read(name)).tokens;
        assert_eq!((tokens.cache_read, tokens.reasoning), details, "{name}");
    }
    let calls = read(PYDANTIC_AI);
    let priced = calls.iter().filter(|span| span.canonical.reported_cost.is_some()).count();
    assert_eq!(priced, 7);
}

#[test]
fn what_agents_add_up_never_counts() {
    for span in read(PYDANTIC_AI) {
        assert_eq!(span.canonical.never_count, span.canonical.kind == Kind::Agent, "{}", span.name);
        assert_eq!(span.canonical.framework.as_deref(), Some("pydantic-ai"));
    }
    let older =
        [("agent_name", "a".into()), ("model_name", "m".into()), ("gen_ai.usage.input_tokens", 5.into())];
    let read = read_one("pydantic-ai", "agent run", &older);
    assert_eq!((read.kind, read.never_count, read.agent.as_deref()), (Kind::Agent, true, Some("a")));
}

#[test]
fn handoffs_and_guardrails_are_told() {
    let spans = read(OPENAI_AGENTS);
    let handoff = spans.iter().find(|span| span.canonical.handoff_to.is_some()).unwrap();
    assert_eq!(handoff.canonical.handoff_from.as_deref(), Some("Triage"));
    assert_eq!(handoff.canonical.handoff_to.as_deref(), Some("Weather expert"));
    assert_eq!(handoff.canonical.kind, Kind::Task);
    let mut triggered: Vec<_> = spans
        .iter()
        .filter(|span| span.canonical.kind == Kind::Guardrail)
        .map(|span| span.canonical.guardrail_triggered)
        .collect();
    triggered.sort();
    assert_eq!(triggered, [Some(false), Some(true)]);
    let workflow = spans.iter().find(|span| span.canonical.kind == Kind::Workflow).unwrap();
    assert_eq!(workflow.canonical.workflow.as_deref(), Some("Weather workflow"));
}

#[test]
fn tools_are_found_in_every_release() {
    let attributes = [
        ("gen_ai.tool.name", "get_weather".into()),
        ("gen_ai.tool.call.id", "c1".into()),
        ("tool_arguments", "{\"city\": \"Paris\"}".into()),
        ("tool_response", "18C".into()),
    ];
    let span = span("pydantic-ai", "running tool", &attributes);
    let read = Logfire.canonical(&span);
    assert_eq!((read.kind, read.tool.as_deref(), read.never_count), (Kind::Tool, Some("get_weather"), false));
    let said = Logfire.messages(&span);
    assert!(said.tool_arguments.unwrap().get("city").is_some() && said.tool_result == Some("18C".into()));
    assert_eq!(read_one("pydantic-ai", "running 2 tools", &[]).kind, Kind::Task);
}

#[test]
fn a_span_of_two_conventions_is_read_once() {
    let both = [
        ("openinference.span.kind", "LLM".into()),
        ("gen_ai.operation.name", "chat".into()),
        ("gen_ai.usage.input_tokens", 7.into()),
        ("llm.token_count.prompt", 7.into()),
        ("llm.token_count.completion", 2.into()),
        ("session.id", "s".into()),
        ("baggage_conflict.gen_ai.agent.name", "other".into()),
    ];
    let read = read_one("pydantic-ai", "chat m", &both);
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.output), (Some(7), Some(2)));
    assert_eq!((read.kind, read.agent, read.session.as_deref()), (Kind::Llm, None, Some("s")));
}

#[test]
fn a_stream_is_one_call() {
    let request = (
        "request_data",
        Value::from(r#"{"messages": [{"role": "user", "content": "q"}], "model": "gpt-4o", "stream": true}"#),
    );
    let start = [
        request.clone(),
        ("logfire.span_type", "span".into()),
        ("logfire.tags", Value::Array(vec!["LLM".into(), "mine".into()])),
    ];
    let started = read_one("logfire.openai", "Chat Completion with {request_data[model]!r}", &start);
    assert_eq!((started.kind, started.request_model.as_deref()), (Kind::Llm, Some("gpt-4o")));
    assert_eq!((started.usage, started.tags), (None, vec!["mine".into()]));

    let end = [
        request,
        ("logfire.span_type", "log".into()),
        ("gen_ai.operation.name", "chat".into()),
        ("response_data", r#"{"combined_chunk_content": "a", "chunk_count": 2, "usage": {"prompt_tokens": 9, "completion_tokens": 4}}"#.into()),
    ];
    let name = "streaming response from {request_data[model]!r} took {duration:.2f}s";
    let ended = read_one("logfire.openai", name, &end);
    let usage = ended.usage.unwrap();
    assert_eq!((ended.kind, usage.input, usage.output), (Kind::Task, Some(9), Some(4)));
    assert_eq!(ended.request_model.as_deref(), Some("gpt-4o"));
    let said = Logfire.messages(&span("logfire.openai", name, &end));
    assert_eq!((said.input.len(), said.output[0].parts.as_slice()), (1, &[Part::Text("a".to_owned())][..]));
}

#[test]
fn older_releases_have_request_and_answer_only() {
    let attributes = [
        ("request_data", r#"{"messages": [{"role": "user", "content": "q"}], "system": "s", "model": "claude-x"}"#.into()),
        ("response_data", r#"{"message": {"role": "assistant", "content": "a"}, "usage": {"input_tokens": 9, "cache_read_input_tokens": 20, "output_tokens": 4}}"#.into()),
    ];
    let span = span("logfire.anthropic", "Message with {request_data[model]!r}", &attributes);
    let read = Logfire.canonical(&span);
    assert_eq!((read.kind, read.framework.as_deref()), (Kind::Llm, Some("anthropic")));
    assert_eq!(read.usage.map(|usage| (usage.input, usage.output)), Some((Some(29), Some(4))));
    let said = Logfire.messages(&span);
    assert_eq!((said.input.len(), said.output.len()), (2, 1));
    for broken in ["{", "[]", "{\"usage\": 3}", "7"] {
        let span = span_with(broken);
        assert_eq!(Logfire.canonical(&span).usage, None, "{broken}");
        Logfire.messages(&span);
    }
}

fn span_with(text: &str) -> Span {
    span(
        "logfire.openai",
        "Chat Completion with x",
        &[("request_data", text.into()), ("response_data", text.into())],
    )
}

#[test]
fn templates_are_filled_in_and_go_out_as_they_were_sent() {
    let adapters = Adapters::new(vec![Arc::new(Logfire)]);
    let template = "Chat Completion with {request_data[model]!r}";
    let named = |name: &str, said: &[(&str, &str)]| {
        let said: Vec<(&str, Value)> = said.iter().map(|(key, text)| (*key, (*text).into())).collect();
        let mut span = span("any scope", name, &said);
        adapters.read(&mut span);
        let once = (span.name.to_string(), span.attributes.text(Span::SENT_NAME).map(str::to_owned));
        adapters.read(&mut span);
        assert_eq!(span.name, once.0, "reading again changes nothing");
        once
    };
    let filled = [("logfire.msg_template", template), ("logfire.msg", "Chat Completion with 'gpt-4o'")];
    assert_eq!(
        named(template, &filled),
        ("Chat Completion with 'gpt-4o'".to_owned(), Some(template.to_owned()))
    );
    for (name, said) in [("chat", &filled[..]), (template, &filled[1..]), (template, &filled[..1])] {
        assert_eq!(named(name, said), (name.to_owned(), None));
    }
    let long = "ä".repeat(400);
    let cut = named(template, &[filled[0], ("logfire.msg", &long)]).0;
    assert!(cut.len() <= 256 && long.starts_with(&cut), "{cut}");
}
