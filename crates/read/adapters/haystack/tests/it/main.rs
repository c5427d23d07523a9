//! Tests of the Haystack adapter on recordings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_haystack::Haystack;
use quipu_conformance::run_adapter;
use quipu_conformance::sample::draft;
use quipu_core::{Adapter, Kind, Message, Part, Span, Value};
use quipu_recordings::{assert_tokens, claimed, facts, load};

fn texts(messages: &[Message]) -> Vec<&str> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Haystack, &["haystack--native"].map(load));
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(Haystack.claims(&draft(1, 1).with("haystack.component.name", "x").span()));
    assert!(!Haystack.claims(&draft(1, 2).with("gen_ai.operation.name", "chat").span()));
}

#[test]
fn comes_to_what_was_served() {
    let name = "haystack--native";
    let spans = claimed(&Haystack, name);
    let facts = facts(&spans);
    assert_tokens(name, &facts);
    assert_eq!((facts.tokens.cache_read, facts.tokens.reasoning), (192, 31));
    assert_eq!((facts.calls, facts.failed), (6, 1));
    let tools = [(("broken_tool".to_owned(), true), 1), (("get_weather".to_owned(), false), 1)];
    assert_eq!(facts.tools, tools.into());
    assert_eq!(facts.agents, ["weather_agent".to_owned()].into());
    // Only calls hold usage, although agents and pipelines repeat it.
    assert!(spans.iter().all(|span| span.canonical.usage.is_none() || span.canonical.kind == Kind::Llm));
    let writer = spans.iter().find(|span| span.canonical.step.as_deref() == Some("writer")).unwrap();
    let read = &writer.canonical;
    assert_eq!(
        (read.provider.as_deref(), read.response_model.as_deref()),
        (Some("openai"), Some("gpt-4o-2024-08-06"))
    );
    assert_eq!(read.finish_reasons, ["stop"]);
}

#[test]
fn shows_what_was_said() {
    let spans = claimed(&Haystack, "haystack--native");
    let step = spans.iter().find(|span| span.name == "haystack.agent.step.llm").unwrap();
    let said = Haystack.messages(step);
    assert_eq!(texts(&said.input), ["You answer.", "What is the weather in Paris?"]);
    assert!(
        matches!(&said.output[0].parts[0], Part::ToolCall { name, id: Some(id), .. } if name == "get_weather" && id == "call_00010")
    );
    assert_eq!(said.output[0].finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(said.tool_definitions[0].get("name"), Some(&"get_weather".into()));
    let tool = spans.iter().find(|span| span.canonical.kind == Kind::Tool).unwrap();
    let said = Haystack.messages(tool);
    assert_eq!(said.tool_result, Some("18C".into()));
    assert_eq!(said.tool_arguments.unwrap().get("city"), Some(&"Paris".into()));
}

fn component(class: &str, output: &str) -> Span {
    let mut span = draft(1, 1)
        .with("haystack.component.type", class)
        .with("haystack.component.name", "c")
        .with("haystack.component.output", output)
        .span();
    span.name = "haystack.component.run".into();
    span
}

#[test]
fn components_are_told_by_their_class() {
    let read = |class, output| Haystack.canonical(&component(class, output));
    let anthropic = read(
        "AnthropicChatGenerator",
        r#"{"replies": [{"meta": {"model": "claude-x", "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cache_read_input_tokens": 30}}}]}"#,
    );
    let usage = anthropic.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.output), (Some(40), Some(30), Some(5)));
    let plain = read(
        "OpenAIGenerator",
        r#"{"replies": ["a", "b"], "meta": [{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}, {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}]}"#,
    );
    assert_eq!((plain.kind, plain.usage.unwrap().input), (Kind::Llm, Some(3)));
    let embedder = read(
        "OpenAITextEmbedder",
        r#"{"embedding": [0.1], "meta": {"model": "e", "usage": {"prompt_tokens": 7, "total_tokens": 7}}}"#,
    );
    assert_eq!((embedder.kind, embedder.usage.unwrap().input), (Kind::Embedding, Some(7)));
    for (class, kind) in [
        ("InMemoryBM25Retriever", Kind::Retrieval),
        ("CohereRanker", Kind::Rerank),
        ("Agent", Kind::Agent),
        ("PromptBuilder", Kind::Task),
    ] {
        let repeated = r#"{"messages": [{"meta": {"usage": {"prompt_tokens": 3}}}], "replies": [{"meta": {"usage": {"prompt_tokens": 3}}}]}"#;
        let read = read(class, repeated);
        assert_eq!(read.kind, kind);
        assert!(kind.is_call() || read.usage.is_none(), "{class}");
    }
}

#[test]
fn an_agent_that_openinference_saw_tells_the_sum_of_its_calls() {
    let enriched = |name: &str, output: &str| {
        let mut span = draft(1, 1).with("output.value", output).span();
        span.name = name.into();
        let mut read = quipu_core::Canonical { kind: Kind::Task, ..Default::default() };
        Haystack.enrich(&span, &mut read);
        read
    };
    let output = r#"{"messages": ["ChatMessage(_meta={'model': 'gpt-4o', 'usage': {'prompt_tokens': 1}})"], "token_usage": {"prompt_tokens": 287, "completion_tokens": 70, "prompt_tokens_details": {"cached_tokens": 64}}}"#;
    let agent = enriched("Agent.run", output);
    let usage = agent.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.output), (Some(287), Some(64), Some(70)));
    assert_eq!(
        (agent.kind, agent.agent, agent.response_model.as_deref()),
        (Kind::Agent, None, Some("gpt-4o"))
    );
    let pipeline = enriched("Pipeline.run", output);
    assert_eq!((pipeline.kind, pipeline.usage), (Kind::Task, None));
    for broken in ["", "{", r#"{"token_usage": 3}"#] {
        assert_eq!(enriched("Agent.run", broken).usage, None);
    }
}

#[test]
fn what_is_broken_is_passed_over() {
    let deep = format!("{{\"replies\": {}", "[".repeat(100_000));
    for text in [
        "",
        "{",
        "[",
        "3",
        "{\"replies\": 3}",
        "{\"replies\": [null, {\"meta\": 1}]}",
        "{\"meta\": []}",
        &deep,
    ] {
        let span = component("OpenAIChatGenerator", text);
        assert_eq!(Haystack.canonical(&span).usage, None);
        Haystack.messages(&span);
    }
    let mut span = component("OpenAIChatGenerator", "x");
    span.attributes.iter_mut().for_each(|(_, value)| *value = Value::Array(vec![Value::Null]));
    Haystack.messages(&span);
}

/// A component's span as OpenInference sends it, read and enriched.
fn of_openinference(kind: &str, output: &str, told: &[(&str, i64)]) -> quipu_core::Canonical {
    let mut draft = draft(1, 1).with("openinference.span.kind", kind).with("output.value", output);
    for (key, value) in told {
        draft = draft.with(key, *value);
    }
    let span = draft.span();
    let slots = quipu_normalize::Slots::of(&span);
    let mut read = quipu_normalize::canonical(&slots, "openinference");
    Haystack.enrich(&span, &mut read);
    read
}

#[test]
fn results_complete_the_usage_of_openinference() {
    let reply = |usage: &str| {
        let text = format!(
            "ChatMessage(_role=<ChatRole.ASSISTANT: 'assistant'>, _content=[TextContent(text=\"_meta={{'usage': 1}})\")], _name=None, _meta={{'id': 'resp_1', 'model': 'gpt-5-mini', 'usage': {usage}, 'finish_reason': 'stop'}})"
        );
        format!(r#"{{"replies": ["{}"]}}"#, text.replace('"', "\\\""))
    };
    let usage = "{'input_tokens': 277, 'input_tokens_details': {'cached_tokens': 64}, 'output_tokens': 42, 'output_tokens_details': {'reasoning_tokens': 7}, 'total_tokens': 319}";
    let figures = |read: &quipu_core::Canonical| {
        let usage = read.usage.clone().unwrap();
        (usage.input, usage.output, usage.cache_read, usage.reasoning)
    };
    let whole = (Some(277), Some(42), Some(64), Some(7));
    let read = of_openinference("LLM", &reply(usage), &[("llm.token_count.total", 319)]);
    assert_eq!((figures(&read), read.response_id.as_deref()), (whole, Some("resp_1")));
    let same = [("llm.token_count.prompt", 277), ("llm.token_count.completion", 42)];
    assert_eq!(figures(&of_openinference("LLM", &reply(usage), &same)), whole);
    let other = [("llm.token_count.prompt", 276), ("llm.token_count.completion", 42)];
    assert_eq!(figures(&of_openinference("LLM", &reply(usage), &other)).0, Some(276));
    let embedder = r#"{"embedding": "<8-dimensional vector>", "meta": {"model": "text-embedding-3-small", "usage": {"prompt_tokens": 214, "total_tokens": 214}}}"#;
    assert_eq!(figures(&of_openinference("EMBEDDING", embedder, &[])).0, Some(214));
}
