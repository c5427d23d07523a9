//! Tests on OpenCode's spans as its source makes them through the AI SDK.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_opencode::Opencode;
use quipu_conformance::sample::draft;
use quipu_conformance::{Recording, run_adapter};
use quipu_core::{Adapter, Canonical, Kind, Scope, Span};

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
fn a_prompt_is_the_agents_run_and_requests_are_the_ai_sdks() {
    let request = draft(1, 1).with("ai.telemetry.functionId", "session.llm").span();
    assert!(!Opencode.claims(&request));
    assert_eq!(Opencode.enriches(), ["vercel-ai"]);
    let mut prompt = draft(1, 2).span();
    prompt.name = "SessionPrompt.prompt".into();
    assert!(!Opencode.claims(&prompt));
    prompt.scope = std::sync::Arc::new(Scope { name: "opencode".into(), ..Scope::default() });
    assert!(Opencode.claims(&prompt));
    let read = Opencode.canonical(&prompt);
    assert_eq!((read.kind, read.agent.as_deref()), (Kind::Agent, Some("opencode")));
    let report =
        run_adapter(&Opencode, &[Recording { name: "opencode--prompt".to_owned(), spans: vec![prompt] }]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn one_request_is_no_agent() {
    let span = draft(1, 1).with("ai.telemetry.functionId", "session.llm").span();
    let agent = Some("session.llm".into());
    let mut read =
        Canonical { kind: Kind::Agent, framework: Some("vercel-ai".into()), agent, ..Canonical::default() };
    Opencode.enrich(&span, &mut read);
    assert_eq!((read.kind, read.agent), (Kind::Task, None));
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
