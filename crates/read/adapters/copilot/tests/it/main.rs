//! Tests on Copilot spans as its source and published examples describe them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use quipu_adapter_copilot::Copilot;
use quipu_conformance::{Recording, run_adapter, sample::draft};
use quipu_core::{Adapter, Adapters, Billing, Kind, Span};

fn call() -> Span {
    draft(1, 2)
        .below(1)
        .named("chat claude-sonnet-4.5")
        .with("gen_ai.operation.name", "chat")
        .with("gen_ai.provider.name", "github")
        .with("gen_ai.request.model", "claude-sonnet-4.5")
        .with("gen_ai.conversation.id", "of the sub-agent")
        .with("copilot_chat.chat_session_id", "of the editor")
        .with("copilot_chat.time_to_first_token", 250)
        .with("copilot_chat.copilot_usage_nano_aiu", 29_671_890_000_i64)
        .with("gen_ai.usage.input_tokens", 141_746)
        .with("gen_ai.usage.cache_read.input_tokens", 119_637)
        .with("gen_ai.usage.output_tokens", 1_121)
        .with("gen_ai.usage.reasoning_tokens", 428)
        .span()
}

fn run() -> Span {
    draft(1, 1)
        .with("gen_ai.operation.name", "invoke_agent")
        .with("github.copilot.cost", 7)
        .with("gen_ai.usage.input_tokens", 141_746)
        .with("gen_ai.usage.output_tokens", 1_121)
        .span()
}

#[test]
fn obeys_every_law() {
    let recording = Recording { name: "copilot".to_owned(), spans: vec![run(), call()] };
    let report = run_adapter(&Copilot, &[recording]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(Copilot.claims(&call()) && Copilot.claims(&run()));
    assert!(Copilot.claims(&draft(1, 3).service("copilot-chat").span()));
    assert!(!Copilot.claims(&draft(1, 4).with("gen_ai.operation.name", "chat").span()));
}

#[test]
fn reads_a_call() {
    let read = Copilot.canonical(&call());
    assert_eq!((read.kind, read.framework.as_deref()), (Kind::Llm, Some("copilot")));
    assert_eq!(read.provider.as_deref(), Some("anthropic"), "who made the model");
    assert_eq!(read.session.as_deref(), Some("of the editor"));
    assert_eq!(read.time_to_first_token, Some(250_000_000));
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.reasoning), (Some(141_746), Some(119_637), Some(428)));
}

#[test]
fn a_seat_covers_its_calls_but_not_those_of_a_key_of_ones_own() {
    assert_eq!(Copilot.canonical(&call()).billing, Some(Billing::Subscription));
    assert_eq!(Copilot.canonical(&run()).billing, Some(Billing::Subscription));
    let mut own = call();
    for (key, value) in own.attributes.iter_mut() {
        if key == "gen_ai.provider.name" {
            *value = "anthropic".into();
        }
    }
    assert_eq!(Copilot.canonical(&own).billing, None);
}

#[test]
fn its_units_are_not_money() {
    for span in [call(), run()] {
        assert_eq!(Copilot.canonical(&span).reported_cost, None);
    }
    assert_eq!(Copilot.canonical(&run()).kind, Kind::Agent);
}

#[test]
fn names_say_the_agent_and_the_tool_once() {
    let named = |name: &str| {
        let mut spans = [draft(1, 3).named(name).service("copilot-cli").span()];
        Adapters::new(vec![Arc::new(Copilot)]).read(&mut spans[0]);
        let [span] = spans;
        (span.name.to_string(), span.attributes.text(Span::SENT_NAME).map(str::to_owned))
    };
    assert_eq!(named("invoke_agent"), ("invoke_agent copilot".to_owned(), Some("invoke_agent".to_owned())));
    let tool = "execute_tool bash bash".to_owned();
    assert_eq!(named(&tool), ("execute_tool bash".to_owned(), Some(tool)));
    for kept in ["execute_tool bash git", "execute_tool view", "chat gpt-4o"] {
        assert_eq!(named(kept), (kept.to_owned(), None));
    }
    let mut other = draft(1, 3).named("invoke_agent").span();
    Adapters::new(vec![Arc::new(Copilot)]).read(&mut other);
    assert_eq!(other.name, "invoke_agent", "of another source");
}

#[test]
fn the_main_agent_goes_by_the_frameworks_name() {
    let mut main = run();
    main.name = "invoke_agent".into();
    assert_eq!(Copilot.canonical(&main).agent.as_deref(), Some("copilot"));
    main.attributes.push("gen_ai.agent.name", "explorer");
    assert_eq!(Copilot.canonical(&main).agent.as_deref(), Some("explorer"));
}
