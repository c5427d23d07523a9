//! Tests of the Genkit adapter on a recording, and on spans of other plugins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

use std::sync::Arc;

use quipu_adapter_genkit::Genkit;
use quipu_conformance::{run_adapter, sample::draft};
use quipu_core::{Adapter, Adapters, Canonical, Kind, Part, Role, Span};
use quipu_recordings::{facts, load};

const NAME: &str = "genkit-js--own";

fn read() -> Vec<Span> {
    quipu_recordings::read(&Adapters::new(vec![Arc::new(Genkit)]), NAME)
}

fn of_model(name: &str, output: &str) -> Canonical {
    let span = draft(1, 1).with("genkit:metadata:subtype", "model").with("genkit:name", name);
    Genkit.canonical(&span.with("genkit:output", output).span())
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Genkit, &[load(NAME)]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(load(NAME).spans.iter().all(|span| Genkit.claims(span)));
    assert!(!Genkit.claims(&draft(1, 2).with("gen_ai.operation.name", "chat").span()));
}

#[test]
fn comes_to_what_was_served() {
    let facts = facts(&read());
    // No span has the embedder's 15 tokens.
    assert_eq!((facts.tokens.input, facts.tokens.output), (890, 234));
    assert_eq!(facts.tools[&("get_weather".to_owned(), false)], 3);
    assert_eq!(facts.tools[&("get_time".to_owned(), false)], 1);
}

#[test]
fn a_helper_is_no_call_although_it_repeats_usage() {
    let helpers: Vec<Span> = read().into_iter().filter(|span| span.name == "generate").collect();
    assert_eq!(helpers.len(), 7);
    assert!(helpers.iter().all(|span| span.canonical.kind == Kind::Task && span.canonical.usage.is_none()));
}

#[test]
fn what_was_said_is_read() {
    let spans = read();
    let call = spans.iter().find(|span| span.name == "openai/gpt-4o-mini").unwrap();
    let said = Genkit.messages(call);
    assert_eq!(said.input[0].role, Role::User);
    assert!(matches!(&said.output[0].parts[0], Part::ToolCall { name, .. } if name == "get_weather"));
    let tool = spans.iter().find(|span| span.name == "get_weather").unwrap();
    assert_eq!(Genkit.messages(tool).tool_result.unwrap().as_str(), Some("18C"));
}

#[test]
fn gemini_counts_thoughts_beside_the_output() {
    let own = r#"{"usage": {"inputTokens": 10, "outputTokens": 4, "thoughtsTokens": 6, "cachedContentTokens": 3, "totalTokens": 20}}"#;
    let read = of_model("googleai/gemini-2.5-flash", own);
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.output), (Some(10), Some(10)));
    assert_eq!((usage.reasoning, usage.cache_read), (Some(6), Some(3)));
    assert_eq!(read.provider.as_deref(), Some("gcp.gemini"));
    assert_eq!(read.request_model.as_deref(), Some("gemini-2.5-flash"));
}

#[test]
fn an_answer_without_usage_has_none() {
    let read = of_model("openai/gpt-4o", r#"{"message": {"role": "model", "content": []}, "usage": {}}"#);
    assert_eq!((read.kind, read.usage), (Kind::Llm, None));
}
