//! Tests of the AI SDK on recordings of versions 5, 6 and 7, and on spans of other releases and providers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

mod providers;

use std::sync::Arc;

use quipu_adapter_vercel_ai::VercelAi;
use quipu_conformance::{run_adapter, sample::draft};
use quipu_core::{Adapter, Adapters, Kind, Part, Role, Span};
use quipu_recordings::{assert_counts, facts, load};

const BUILT_IN: [&str; 2] = ["ai-sdk-v5--builtin", "ai-sdk-v6--builtin"];
const V7: &str = "ai-sdk-v7--ai-sdk-otel";

fn read(name: &str) -> Vec<Span> {
    quipu_recordings::read(&Adapters::new(vec![Arc::new(VercelAi)]), name)
}

#[test]
fn obeys_every_law() {
    let recordings: Vec<_> = BUILT_IN.iter().chain([&V7]).map(|name| load(name)).collect();
    let report = run_adapter(&VercelAi, &recordings);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    for name in BUILT_IN.iter().chain([&V7]) {
        assert!(load(name).spans.iter().all(|span| VercelAi.claims(span)), "{name}");
    }
    assert!(!VercelAi.claims(&draft(1, 2).with("gen_ai.operation.name", "chat").span()));
}

#[test]
fn comes_to_what_was_served() {
    for name in BUILT_IN.iter().chain([&V7]) {
        let facts = facts(&read(name));
        assert_counts(name, &facts);
        assert_eq!(facts.tools[&("get_weather".to_owned(), false)], 2, "{name}");
        assert_eq!(facts.agents_run.iter().collect::<Vec<_>>(), ["weather-fn"], "{name}");
    }
}

#[test]
fn owners_and_tags_are_in_the_users_metadata() {
    for name in BUILT_IN {
        let spans = read(name);
        let facts = facts(&spans);
        assert!(facts.sessions.iter().eq(["sess-1"]) && facts.users.iter().eq(["user-1"]), "{name}");
        assert!(spans.iter().all(|span| span.canonical.tags == ["a", "b"]), "{name}");
    }
}

#[test]
fn what_the_user_called_never_counts() {
    for name in BUILT_IN {
        for span in read(name) {
            let inner = span.name.contains(".do") || span.name == "ai.toolCall";
            assert_eq!(span.canonical.never_count, !inner, "{name}: {}", span.name);
        }
    }
    assert!(
        read(V7).iter().filter(|span| span.name.starts_with("step ")).all(|span| span.canonical.never_count)
    );
}

#[test]
fn calls_have_all_that_was_sent() {
    for name in ["ai-sdk-v6--builtin", V7] {
        let spans = read(name);
        let mut calls: Vec<_> = spans.iter().filter(|span| span.canonical.kind == Kind::Llm).collect();
        calls.sort_by_key(|span| span.start);
        let first = &calls[0].canonical;
        assert_eq!(first.provider.as_deref(), Some("openai"), "{name}");
        assert_eq!(first.response_id.as_deref(), Some("chatcmpl-mock1"), "{name}");
        assert_eq!(first.finish_reasons, ["tool_calls"], "{name}");
        assert_eq!(first.params.temperature, Some(0.2), "{name}");
        let usage = first.usage.as_ref().unwrap();
        assert_eq!((usage.cache_read, usage.reasoning), (Some(64), Some(7)), "{name}");
        assert!(calls[2].canonical.time_to_first_token.is_some_and(|nanos| nanos > 10_000_000), "{name}");
        assert!(first.unknown_usage.is_empty(), "{name}: {:?}", first.unknown_usage);
    }
}

#[test]
fn messages_and_tools_are_found() {
    for name in BUILT_IN.iter().chain([&V7]) {
        let spans = read(name);
        let mut calls: Vec<_> = spans.iter().filter(|span| span.canonical.kind == Kind::Llm).collect();
        calls.sort_by_key(|span| span.start);
        let (first, second) = (VercelAi.messages(calls[0]), VercelAi.messages(calls[1]));
        let roles: Vec<_> = second.input.iter().map(|message| message.role.clone()).collect();
        assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool], "{name}");
        let Part::ToolCall { id, name: tool, arguments } = &first.output[0].parts[0] else {
            panic!("{name}: {first:?}")
        };
        assert_eq!((id.as_deref(), tool.as_str()), (Some("call_mock1"), "get_weather"), "{name}");
        assert!(arguments.get("city").is_some(), "{name}");
        let Part::ToolCallResponse { response, .. } = &second.input[3].parts[0] else {
            panic!("{name}: {second:?}")
        };
        assert!(response.get("temp").is_some(), "{name}: {response:?}");
        assert_eq!(second.output[0].parts, [Part::Text("It is sunny in Paris.".to_owned())], "{name}");
        assert!(first.tool_definitions[0].get("name").is_some(), "{name}: {:?}", first.tool_definitions);
        let tool = spans.iter().find(|span| span.canonical.kind == Kind::Tool).unwrap();
        assert!(VercelAi.messages(tool).tool_result.unwrap().get("temp").is_some(), "{name}");
        let root = spans.iter().find(|span| span.canonical.kind == Kind::Agent).unwrap();
        let said = VercelAi.messages(root);
        assert_eq!(said.input.len(), 2, "{name}: {said:?}");
    }
}
