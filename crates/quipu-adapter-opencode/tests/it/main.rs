//! OpenCode's spans as its source makes them through the AI SDK.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_opencode::Opencode;
use quipu_conformance::sample::draft;
use quipu_core::{Adapter, Canonical, Span};

fn enriched(span: &Span) -> Canonical {
    let mut read = Canonical {
        framework: Some("vercel-ai".into()),
        user: Some("unknown".into()),
        agent: Some("session.llm".into()),
        ..Canonical::default()
    };
    Opencode.enrich(span, &mut read);
    read
}

#[test]
fn only_enriches_the_ai_sdk() {
    let span = draft(1, 1).with("ai.telemetry.functionId", "session.llm").span();
    assert!(!Opencode.claims(&span));
    assert_eq!(Opencode.enriches(), ["vercel-ai"]);
}

#[test]
fn knows_its_own_by_function_and_by_service() {
    let by_function = draft(1, 1).with("ai.telemetry.functionId", "session.llm").span();
    let by_service = draft(1, 2).service("opencode").span();
    for span in [by_function, by_service] {
        let read = enriched(&span);
        assert_eq!((read.framework.as_deref(), read.user, read.agent), (Some("opencode"), None, None));
    }
    let other = enriched(&draft(1, 3).with("ai.telemetry.functionId", "summarize").span());
    assert_eq!((other.framework.as_deref(), other.user.as_deref()), (Some("vercel-ai"), Some("unknown")));
}
