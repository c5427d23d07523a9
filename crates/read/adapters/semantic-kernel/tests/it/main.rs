//! Tests on recordings of Semantic Kernel, and on .NET's scope.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use quipu_adapter_genai::GenAi;
use quipu_adapter_semantic_kernel::SemanticKernel;
use quipu_conformance::{Enriched, sample::draft};
use quipu_core::{Adapter, Kind, Scope};
use quipu_recordings::{assert_laws, assert_owners, enriched, of_kind, steps};

const RECORDING: &str = "semantic-kernel--native";

#[test]
fn obeys_every_law() {
    assert_laws(&GenAi, &SemanticKernel, &[RECORDING]);
}

#[test]
fn functions_go_by_their_own_names() {
    let spans = enriched(RECORDING, &[&GenAi], &SemanticKernel);
    assert_owners(RECORDING, &spans, &[]);
    let tools: BTreeSet<_> =
        of_kind(&spans, Kind::Tool).filter_map(|span| span.canonical.tool.as_deref()).collect();
    assert_eq!(tools, BTreeSet::from(["broken_tool", "get_weather"]));
    assert_eq!(steps(&spans), BTreeSet::from(["AutoFunctionInvocationLoop"]));
    let call = of_kind(&spans, Kind::Llm).next().unwrap();
    assert_eq!(call.canonical.finish_reasons, ["tool_calls"]);
    let failed = of_kind(&spans, Kind::Llm).last().unwrap().canonical.error_type.clone();
    assert_eq!(
        failed.as_deref(),
        Some("semantic_kernel.exceptions.service_exceptions.ServiceResponseException")
    );
}

#[test]
fn dotnet_functions_and_hand_offs_too() {
    let tool = |name: &str| {
        let mut span = draft(1, 1).named("execute_tool").with("gen_ai.operation.name", "execute_tool").span();
        span.attributes.push("gen_ai.tool.name", name);
        span.scope = std::sync::Arc::new(Scope {
            name: "Microsoft.SemanticKernel.Diagnostics".into(),
            ..Scope::default()
        });
        Enriched { reader: &GenAi, enricher: &SemanticKernel }.canonical(&span)
    };
    assert_eq!(tool("P-get_weather").tool.as_deref(), Some("get_weather"));
    assert_eq!(tool("get_weather").tool.as_deref(), Some("get_weather"));
    assert_eq!(tool("Mcp-get-weather").tool.as_deref(), Some("get-weather"));
    let handoff = tool("Handoff-transfer_to_Billing");
    assert_eq!(
        (handoff.kind, handoff.tool, handoff.handoff_to.as_deref()),
        (Kind::Task, None, Some("Billing"))
    );
}
