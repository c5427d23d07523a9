//! Tests of the generic reader on sources without an adapter.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

mod arbitrary;
mod calls;
mod invented;
mod others;
mod shapes;

use quipu_adapter_generic::Generic;
use quipu_conformance::{Recording, run_adapter, sample::draft};
use quipu_core::{Adapter, Attributes, Canonical, Span, Value};

fn span(attributes: &[(&str, Value)]) -> Span {
    let mut span = draft(1, 1).span();
    span.attributes = attributes.iter().cloned().collect::<Attributes>();
    span
}

fn read(attributes: &[(&str, Value)]) -> Canonical {
    let span = span(attributes);
    assert!(Generic.claims(&span), "{attributes:?}");
    Generic.canonical(&span)
}

#[test]
fn obeys_every_law() {
    let own = span(&[
        ("acme.model", "gpt-4o".into()),
        ("acme.tokens.in", 12.into()),
        ("acme.tokens.out", 3.into()),
    ]);
    let json = span(&[(
        "acme.answer",
        r#"{"model": "m1", "usage": {"prompt_tokens": 9, "completion_tokens": 2}}"#.into(),
    )]);
    let report = run_adapter(&Generic, &[Recording { name: "acme".to_owned(), spans: vec![own, json] }]);
    assert!(report.failed().is_empty(), "{report}");
}
