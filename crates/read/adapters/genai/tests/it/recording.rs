//! Recordings as read by the adapters.

use std::sync::Arc;

use quipu_adapter_genai::GenAi;
use quipu_adapter_langgraph::Langgraph;
use quipu_adapter_openinference::OpenInference;
use quipu_adapter_openllmetry::OpenLlmetry;
use quipu_adapter_semantic_kernel::SemanticKernel;
use quipu_core::{Adapters, Span};

/// The adapters in their order, and those of two frameworks that the ground truth needs.
pub fn adapters() -> Adapters {
    let (langgraph, semantic_kernel) = (Arc::new(Langgraph), Arc::new(SemanticKernel));
    Adapters::new(vec![
        langgraph,
        semantic_kernel,
        Arc::new(OpenInference),
        Arc::new(OpenLlmetry),
        Arc::new(GenAi),
    ])
}

/// The spans of a recording as read by the adapters.
pub fn spans(name: &str) -> Vec<Span> {
    quipu_recordings::read(&adapters(), name)
}
