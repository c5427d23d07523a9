//! Tests of the `LlamaIndex` adapter on recordings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_llamaindex::Llamaindex;
use quipu_conformance::run_adapter;
use quipu_conformance::sample::draft;
use quipu_core::{Adapter, Kind, Message, Part, Role, Span};
use quipu_recordings::{assert_tokens, claimed, facts, load};

fn texts(messages: &[Message]) -> Vec<&str> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Llamaindex, &["llamaindex--native"].map(load));
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(Llamaindex.claims(&draft(1, 1).with("llamaindex.step.input_event", "x").span()));
    assert!(!Llamaindex.claims(&draft(1, 2).with("gen_ai.operation.name", "chat").span()));
}

#[test]
fn comes_to_what_was_served() {
    let name = "llamaindex--native";
    let spans = claimed(&Llamaindex, name);
    let facts = facts(&spans);
    // Streamed calls were answered without usage; the ground truth omits them too.
    assert_tokens(name, &facts);
    assert_eq!((facts.tokens.cache_read, facts.tokens.reasoning), (128, 12));
    // Five successful calls, and the failed one twice: a call in its wrapper.
    assert_eq!(facts.calls, 7);
    let tools = [(("broken_tool".to_owned(), true), 1), (("get_weather".to_owned(), false), 1)];
    assert_eq!(facts.tools, tools.into());
    for agent in ["Triage", "WeatherExpert", "Breaker", "Failer"] {
        assert!(facts.agents.contains(agent), "{:?}", facts.agents);
    }
    let handoff: Vec<_> = spans.iter().filter_map(|span| span.canonical.handoff_to.as_deref()).collect();
    assert_eq!(handoff, ["WeatherExpert"]);
    let call = spans.iter().find(|span| span.canonical.usage.is_some()).unwrap();
    let read = &call.canonical;
    assert_eq!(
        (read.request_model.as_deref(), read.response_model.as_deref()),
        (Some("gpt-4o-mini"), Some("gpt-4o-mini-2024-07-18"))
    );
    assert_eq!(
        (read.provider.as_deref(), read.response_id.as_deref()),
        (Some("openai"), Some("chatcmpl-mock0002"))
    );
    assert_eq!(read.finish_reasons, ["tool_calls"]);
}

#[test]
fn shows_what_was_said() {
    let spans = claimed(&Llamaindex, "llamaindex--native");
    let asks = |span: &&Span| span.canonical.finish_reasons == ["tool_calls"];
    let said = Llamaindex.messages(spans.iter().find(asks).unwrap());
    assert_eq!(said.input[0].role, Role::System);
    assert!(texts(&said.input).contains(&"What is the weather in Paris?"));
    assert!(
        matches!(&said.output[0].parts[0], Part::ToolCall { name, id: Some(id), .. } if name == "get_weather" && id == "call_00020")
    );
    assert_eq!(said.tool_definitions.len(), 2);
    let tool = spans.iter().find(|span| span.canonical.kind == Kind::Tool).unwrap();
    assert_eq!(Llamaindex.messages(tool).tool_arguments.unwrap().get("city"), Some(&"Paris".into()));
}

#[test]
fn spans_are_told_by_class_and_method() {
    let kind = |name: &str| {
        let mut span = draft(1, 1).with("llamaindex.step.input_event", "x").span();
        span.name = name.into();
        Llamaindex.canonical(&span).kind
    };
    for (name, is) in [
        ("OpenAI.achat", Kind::Llm),
        ("Anthropic.stream_complete", Kind::Llm),
        ("OpenAIEmbedding.get_query_embedding", Kind::Embedding),
        ("VectorIndexRetriever.retrieve", Kind::Retrieval),
        ("RetrieverQueryEngine.query", Kind::Workflow),
        ("ReActAgent.chat", Kind::Agent),
        ("FunctionAgent.run", Kind::Agent),
        ("AgentWorkflow.run", Kind::Workflow),
        ("QueryEngineTool.acall", Kind::Tool),
        ("CohereRerank.postprocess_nodes", Kind::Rerank),
        ("AgentWorkflow.run_agent_step", Kind::Agent),
        ("AgentWorkflow.call_tool", Kind::Task),
        ("", Kind::Task),
        (".", Kind::Task),
    ] {
        assert_eq!(kind(name), is, "{name}");
    }
}

#[test]
fn a_handoff_runs_nothing_whoever_saw_it() {
    let span = draft(1, 1).with("tool.name", "handoff").with("tool.arguments", r#"{"to_agent": "B"}"#).span();
    let tool = |name: &str| quipu_core::Canonical {
        kind: Kind::Tool,
        tool: Some(name.into()),
        ..Default::default()
    };
    let mut read = tool("handoff");
    Llamaindex.enrich(&span, &mut read);
    assert_eq!((read.kind, read.handoff_to.as_deref(), read.tool), (Kind::Task, Some("B"), None));
    let mut read = tool("get_weather");
    Llamaindex.enrich(&span, &mut read);
    assert_eq!(read, tool("get_weather"));
}

#[test]
fn steps_that_another_instrumentation_saw_tell_the_agent() {
    let enriched = |name: &str, kind: Kind, value: &str| {
        let mut span = draft(1, 1).with("input.value", value).span();
        span.name = name.into();
        let mut read = quipu_core::Canonical { kind, ..Default::default() };
        Llamaindex.enrich(&span, &mut read);
        (read.kind, read.agent.map(String::from))
    };
    let step = r#"{"ev": "AgentSetup(input=[2 items], current_agent_name='Triage')"}"#;
    let agent = Some("Triage".to_owned());
    assert_eq!(enriched("AgentWorkflow.run_agent_step", Kind::Task, step), (Kind::Agent, agent.clone()));
    assert_eq!(enriched("AgentWorkflow.parse_agent_output", Kind::Task, step), (Kind::Task, agent));
    assert_eq!(enriched("AgentWorkflow.run_agent_step", Kind::Task, "{}"), (Kind::Task, None));
    // A prepared request is no call.
    assert_eq!(enriched("OpenAI._prepare_chat_with_tools", Kind::Llm, step), (Kind::Task, None));
    assert_eq!(enriched("OpenAI.achat", Kind::Llm, step), (Kind::Llm, None));
}

#[test]
fn what_is_broken_is_passed_over() {
    let cut = "ToolCall(tool_name='a\\', tool_kwargs={'x': '";
    for text in [
        "",
        "ToolCall(",
        "ToolCall(tool_name=",
        "ToolCall(tool_name=é",
        cut,
        "ToolCall(tool_kwargs=}})",
        "current_agent_name='",
    ] {
        for name in ["FunctionTool.acall", "OpenAI.achat", "W.step"] {
            let mut span = draft(1, 1)
                .with("llamaindex.step.input_event", "x")
                .with("llamaindex.step.input_summary", text)
                .span();
            span.name = name.into();
            let attributes = [
                ("response.raw.usage.prompt_tokens", text),
                ("messages", text),
                ("response.raw.choices", text),
            ];
            span.events.push(quipu_core::SpanEvent {
                time: span.start,
                name: "LLMChatEndEvent".into(),
                attributes: attributes.into_iter().collect(),
            });
            let read = Llamaindex.canonical(&span);
            assert_eq!((read.usage, read.agent), (None, None), "{text}");
            Llamaindex.messages(&span);
        }
    }
}
