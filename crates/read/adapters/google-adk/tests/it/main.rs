//! Tests on recordings of Google ADK, and on spans of its first schema.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use quipu_adapter_genai::GenAi;
use quipu_adapter_google_adk::GoogleAdk;
use quipu_conformance::{Enriched, sample::draft};
use quipu_core::{Adapter, Canonical, Kind, Scope};
use quipu_recordings::{assert_laws, assert_owners, enriched, workflows};

const RECORDING: &str = "google-adk--native";

fn one(name: &str, attributes: &[(&str, &str)]) -> Canonical {
    let mut span = draft(1, 1).named(name).span();
    span.attributes = attributes.iter().copied().collect();
    span.scope = std::sync::Arc::new(Scope { name: "gcp.vertex.agent".into(), ..Scope::default() });
    assert!(GenAi.claims(&span), "{name}");
    Enriched { reader: &GenAi, enricher: &GoogleAdk }.canonical(&span)
}

#[test]
fn obeys_every_law() {
    assert_laws(&GenAi, &GoogleAdk, &[RECORDING]);
}

#[test]
fn an_agent_transfers_to_its_sub_agent() {
    let spans = enriched(RECORDING, &[&GenAi], &GoogleAdk);
    // No signal names the user.
    assert_owners(RECORDING, &spans, &["user"]);
    assert_eq!(workflows(&spans), BTreeSet::from(["breaker", "failer", "triage", "weather_stream"]));
    let transfers: Vec<_> = spans.iter().filter_map(|span| span.canonical.handoff_from.as_deref()).collect();
    assert_eq!(transfers, ["triage"]);
}

#[test]
fn the_argument_of_a_transfer_names_who_takes_over() {
    let transfer = one(
        "execute_tool transfer_to_agent",
        &[
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.name", "transfer_to_agent"),
            ("gen_ai.agent.name", "triage"),
            ("gcp.vertex.agent.tool_call_args", r#"{"agent_name": "weather_expert"}"#),
        ],
    );
    assert_eq!(
        (transfer.handoff_from.as_deref(), transfer.handoff_to.as_deref()),
        (Some("triage"), Some("weather_expert"))
    );
}

#[test]
fn the_first_schema_is_read() {
    assert_eq!(one("invocation", &[]).kind, Kind::Workflow);
    let agent = one("agent_run [triage]", &[]);
    assert_eq!((agent.kind, agent.agent.as_deref()), (Kind::Agent, Some("triage")));
    let call = one(
        "call_llm",
        &[("gen_ai.system", "gcp.vertex.agent"), ("gen_ai.request.model", "gemini-2.5-flash")],
    );
    assert_eq!((call.kind, call.provider.as_deref()), (Kind::Llm, Some("gcp.gemini")));
    let failed = one("execute_tool broken_tool", &[]);
    assert_eq!((failed.kind, failed.tool.as_deref()), (Kind::Tool, Some("broken_tool")));
    let merged = one(
        "execute_tool (merged)",
        &[("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "(merged tools)")],
    );
    assert_eq!((merged.kind, merged.tool), (Kind::Task, None));
    let node = one("invoke_node review", &[("gen_ai.operation.name", "invoke_node")]);
    assert_eq!((node.kind, node.step.as_deref()), (Kind::Task, Some("review")));
}
