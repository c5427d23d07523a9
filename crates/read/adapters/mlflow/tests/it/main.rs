//! Tests of the MLflow adapter on a recording, and on single spans.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

use std::sync::Arc;

use quipu_adapter_mlflow::Mlflow;
use quipu_conformance::{run_adapter, sample::draft};
use quipu_core::{Adapter, Adapters, Canonical, Kind, Role, Span};
use quipu_recordings::load;

const NAME: &str = "mlflow--autolog";

fn read() -> Vec<Span> {
    quipu_recordings::read(&Adapters::new(vec![Arc::new(Mlflow)]), NAME)
}

fn call(attributes: &[(&str, &str)]) -> Canonical {
    let with = |span: quipu_conformance::sample::Draft, (key, text): &(&str, &str)| span.with(key, *text);
    let span = attributes.iter().fold(draft(1, 1).with("mlflow.spanType", "\"CHAT_MODEL\""), with);
    Mlflow.canonical(&span.span())
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Mlflow, &[load(NAME)]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(load(NAME).spans.iter().all(|span| Mlflow.claims(span)));
    assert!(!Mlflow.claims(&draft(1, 2).with("gen_ai.operation.name", "chat").span()));
}

#[test]
fn types_are_kinds() {
    let spans = read();
    let of = |kind: Kind| spans.iter().filter(move |span| span.canonical.kind == kind);
    assert_eq!(of(Kind::Embedding).count(), 2);
    assert_eq!(
        of(Kind::Tool).filter(|span| span.canonical.tool.as_deref() == Some("get_weather")).count(),
        2
    );
    assert!(of(Kind::Agent).any(|span| span.canonical.agent.as_deref() == Some("agent")));
    assert!(of(Kind::Workflow).all(|span| span.parent_id.is_none()));
    assert!(of(Kind::Llm).all(|span| span.canonical.request_model.is_some()));
}

#[test]
fn the_providers_usage_precedes_the_own_one() {
    let read = call(&[
        ("mlflow.llm.model", "\"claude-sonnet-4-5\""),
        ("mlflow.llm.provider", "\"anthropic\""),
        (
            "mlflow.chat.tokenUsage",
            r#"{"input_tokens": 242, "output_tokens": 32, "cache_creation_input_tokens": 32}"#,
        ),
        (
            "mlflow.spanOutputs",
            r#"{"id": "msg_1", "model": "claude-sonnet-4-5", "stop_reason": "end_turn", "usage": {"cache_creation_input_tokens": 32, "cache_read_input_tokens": 0, "input_tokens": 210, "output_tokens": 32}}"#,
        ),
    ]);
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.output, usage.cache_write), (Some(242), Some(32), Some(32)));
    assert_eq!((read.response_id.as_deref(), read.provider.as_deref()), (Some("msg_1"), Some("anthropic")));
    assert_eq!(read.finish_reasons.len(), 1);
}

#[test]
fn own_figures_include_cached_tokens() {
    let usage = |text: &str| {
        let read = call(&[("mlflow.llm.model", "\"gpt-4o\""), ("mlflow.chat.tokenUsage", text)]);
        read.usage.map(|usage| (usage.input, usage.cache_read))
    };
    let fits = r#"{"input_tokens": 340, "output_tokens": 5, "cache_read_input_tokens": 64}"#;
    assert_eq!(usage(fits), Some((Some(340), Some(64))));
    let exceeds = r#"{"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 64}"#;
    assert_eq!(usage(exceeds), Some((Some(74), Some(64))));
    for none in ["", "null", "{}", "[1]", r#"{"input_tokens": -1}"#, r#"{"input_tokens": "x"}"#] {
        assert_eq!(usage(none), None, "{none}");
    }
}

#[test]
fn shows_messages_and_tools() {
    let span = draft(1, 1)
        .with("mlflow.spanType", "\"CHAT_MODEL\"")
        .with("mlflow.spanInputs", r#"{"messages": [{"role": "user", "content": "hi"}]}"#)
        .with("mlflow.spanOutputs", r#"{"choices": [{"message": {"role": "assistant", "content": "ho"}}]}"#);
    let said = Mlflow.messages(&span.span());
    assert_eq!((said.input.len(), said.output.len()), (1, 1));
    assert_eq!((said.input[0].role.clone(), said.output[0].role.clone()), (Role::User, Role::Assistant));
    let tool =
        draft(1, 1).with("mlflow.spanType", "\"TOOL\"").with("mlflow.spanInputs", r#"{"city": "Paris"}"#);
    let said = Mlflow.messages(&tool.span());
    assert_eq!(said.tool_arguments.unwrap().get("city").and_then(|city| city.as_str()), Some("Paris"));
}
