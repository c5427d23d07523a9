//! Table of adapters.

use std::sync::Arc;

use quipu_core::{Adapter, Adapters};

use crate::plug_ins::plug_ins;

/// Every adapter of the enabled features, the most specific first.
///
/// ```
/// let adapters: quipu::core::Adapters = quipu::adapters();
/// # drop(adapters);
/// ```
#[allow(clippy::too_many_lines, reason = "a table")]
pub fn adapters() -> Adapters {
    let table: Vec<Arc<dyn Adapter>> = vec![
        // adapters: one line each
        #[cfg(feature = "adapter-voltagent")]
        Arc::new(quipu_adapter_voltagent::Voltagent),
        #[cfg(feature = "adapter-genkit")]
        Arc::new(quipu_adapter_genkit::Genkit),
        #[cfg(feature = "adapter-mlflow")]
        Arc::new(quipu_adapter_mlflow::Mlflow),
        #[cfg(feature = "adapter-quipu")]
        Arc::new(quipu_adapter_quipu::Quipu),
        #[cfg(feature = "adapter-mcp")]
        Arc::new(quipu_adapter_mcp::Mcp),
        #[cfg(feature = "adapter-smolagents")]
        Arc::new(quipu_adapter_smolagents::Smolagents),
        #[cfg(feature = "adapter-openai-agents")]
        Arc::new(quipu_adapter_openai_agents::OpenaiAgents),
        #[cfg(feature = "adapter-strands")]
        Arc::new(quipu_adapter_strands::Strands),
        #[cfg(feature = "adapter-google-adk")]
        Arc::new(quipu_adapter_google_adk::GoogleAdk),
        #[cfg(feature = "adapter-semantic-kernel")]
        Arc::new(quipu_adapter_semantic_kernel::SemanticKernel),
        #[cfg(feature = "adapter-ms-agent-framework")]
        Arc::new(quipu_adapter_ms_agent_framework::MsAgentFramework),
        #[cfg(feature = "adapter-crewai")]
        Arc::new(quipu_adapter_crewai::Crewai),
        #[cfg(feature = "adapter-langgraph")]
        Arc::new(quipu_adapter_langgraph::Langgraph),
        #[cfg(feature = "adapter-copilot")]
        Arc::new(quipu_adapter_copilot::Copilot),
        #[cfg(feature = "adapter-opencode")]
        Arc::new(quipu_adapter_opencode::Opencode),
        #[cfg(feature = "adapter-gemini-cli")]
        Arc::new(quipu_adapter_gemini_cli::GeminiCli),
        #[cfg(feature = "adapter-codex")]
        Arc::new(quipu_adapter_codex::Codex),
        #[cfg(feature = "adapter-claude-code")]
        Arc::new(quipu_adapter_claude_code::ClaudeCode),
        #[cfg(feature = "adapter-rig")]
        Arc::new(quipu_adapter_rig::Rig),
        #[cfg(feature = "adapter-litellm")]
        Arc::new(quipu_adapter_litellm::Litellm),
        #[cfg(feature = "adapter-autogen")]
        Arc::new(quipu_adapter_autogen::Autogen),
        #[cfg(feature = "adapter-llamaindex")]
        Arc::new(quipu_adapter_llamaindex::Llamaindex),
        #[cfg(feature = "adapter-haystack")]
        Arc::new(quipu_adapter_haystack::Haystack),
        #[cfg(feature = "adapter-logfire")]
        Arc::new(quipu_adapter_logfire::Logfire),
        #[cfg(feature = "adapter-mastra")]
        Arc::new(quipu_adapter_mastra::Mastra),
        #[cfg(feature = "adapter-vercel-ai")]
        Arc::new(quipu_adapter_vercel_ai::VercelAi),
        #[cfg(feature = "adapter-openlit")]
        Arc::new(quipu_adapter_openlit::Openlit),
        #[cfg(feature = "adapter-langsmith")]
        Arc::new(quipu_adapter_langsmith::Langsmith),
        #[cfg(feature = "adapter-langfuse")]
        Arc::new(quipu_adapter_langfuse::Langfuse),
    ];
    plug_ins().adapters_over(Adapters::new(conventions()).after(table))
}

/// Adapters of shared conventions, and of unknown sources; they come last.
fn conventions() -> Vec<Arc<dyn Adapter>> {
    vec![
        #[cfg(feature = "adapter-openinference")]
        Arc::new(quipu_adapter_openinference::OpenInference),
        #[cfg(feature = "adapter-openllmetry")]
        Arc::new(quipu_adapter_openllmetry::OpenLlmetry),
        #[cfg(feature = "adapter-genai")]
        Arc::new(quipu_adapter_genai::GenAi),
        // It recognises spans by their shape, so it follows all adapters that recognise names.
        #[cfg(feature = "adapter-generic")]
        Arc::new(quipu_adapter_generic::Generic),
    ]
}
