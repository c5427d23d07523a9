//! Exported spans in the words of OpenTelemetry's GenAI conventions, after the renames that followed 1.41:
//! <https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/client-inference.md>.

use quipu_core::{Canonical, Kind, Timestamp, Usage};
use quipu_semconv::{INVOKE_WORKFLOW, quipu};

use super::overlay::Overlay;

/// The operations of the conventions.
const OPERATIONS: &[&str] = &[
    "chat",
    "generate_content",
    "text_completion",
    "embeddings",
    "retrieval",
    "execute_tool",
    "create_agent",
    "invoke_agent",
    INVOKE_WORKFLOW,
    "plan",
    "create_memory_store",
    "delete_memory_store",
    "create_memory",
    "update_memory",
    "upsert_memory",
    "search_memory",
    "delete_memory",
    "fetch_response",
];

/// Writes all canonical fields.
pub(super) fn overlay(to: &mut Overlay<'_>) {
    let read = to.read();
    to.set("gen_ai.operation.name", operation(read));
    to.text("gen_ai.provider.name", read.provider.as_ref());
    to.text("gen_ai.request.model", read.request_model.as_ref());
    to.text("gen_ai.response.model", read.response_model.as_ref());
    to.text("gen_ai.response.id", read.response_id.as_ref());
    to.words("gen_ai.response.finish_reasons", &read.finish_reasons);
    let seconds = |nanos: i64| nanos as f64 / Timestamp::SECOND as f64;
    to.set("gen_ai.response.time_to_first_chunk", read.time_to_first_token.map(seconds));
    names(to);
    to.text("gen_ai.tool.name", read.tool.as_ref());
    to.text("gen_ai.tool.call.id", read.tool_call_id.as_ref());
    to.text("gen_ai.conversation.id", read.session.as_ref());
    to.text("user.id", read.user.as_ref());
    to.text("error.type", read.error_type.as_ref());
    parameters(to);
    if let Some(usage) = to.usage {
        tokens(to, usage);
    }
    to.set(quipu::GENAI_COST, to.cost);
}

/// A workflow's own span has its name in `gen_ai.agent.name`. The conventions have no attribute for the
/// workflow around a span.
fn names(to: &mut Overlay<'_>) {
    let read = to.read();
    if operation(read) == Some(INVOKE_WORKFLOW) {
        to.text("gen_ai.agent.name", read.workflow.as_ref());
    } else {
        to.text("gen_ai.agent.name", read.agent.as_ref());
        to.text(quipu::WORKFLOW, read.workflow.as_ref());
    }
    to.text("gen_ai.agent.id", read.agent_id.as_ref());
}

/// The sent operation if the conventions know it, else the conventions' operation for the kind. They have
/// none for tasks, guardrails and similar kinds; the sent one then stays.
fn operation(read: &Canonical) -> Option<&'static str> {
    let sent = read.operation.as_deref();
    OPERATIONS.iter().copied().find(|known| Some(*known) == sent).or(match read.kind {
        Kind::Llm => Some("chat"),
        Kind::Embedding => Some("embeddings"),
        Kind::Retrieval => Some("retrieval"),
        Kind::Tool => Some("execute_tool"),
        Kind::Agent => Some("invoke_agent"),
        Kind::Workflow => Some(INVOKE_WORKFLOW),
        Kind::Planning => Some("plan"),
        Kind::Task | Kind::Rerank | Kind::Guardrail | Kind::Evaluator | Kind::Memory | Kind::Other => None,
    })
}

fn parameters(to: &mut Overlay<'_>) {
    let params = &to.read().params;
    to.set("gen_ai.request.temperature", params.temperature);
    to.set("gen_ai.request.top_p", params.top_p);
    // Since conventions 0.1.0, sampling and retrieval each have their own top K.
    let top_k =
        if to.read().kind == Kind::Retrieval { "gen_ai.retrieval.top_k" } else { "gen_ai.request.top_k" };
    to.set(top_k, params.top_k);
    to.set("gen_ai.request.max_tokens", params.max_tokens);
    to.set("gen_ai.request.frequency_penalty", params.frequency_penalty);
    to.set("gen_ai.request.presence_penalty", params.presence_penalty);
    to.set("gen_ai.request.seed", params.seed);
    to.set("gen_ai.request.choice.count", params.choice_count);
    to.set("gen_ai.request.stream", params.stream);
    to.text("gen_ai.request.reasoning.level", params.reasoning_level.as_ref());
    to.words("gen_ai.request.stop_sequences", &params.stop_sequences);
}

fn tokens(to: &mut Overlay<'_>, usage: &Usage) {
    to.count("gen_ai.usage.input_tokens", usage.input);
    to.count("gen_ai.usage.output_tokens", usage.output);
    to.count("gen_ai.usage.cache_read.input_tokens", usage.cache_read);
    to.count("gen_ai.usage.cache_write.input_tokens", usage.cache_write);
    to.count("gen_ai.usage.reasoning.output_tokens", usage.reasoning);
    to.count("gen_ai.usage.audio.input_tokens", usage.input_audio);
    to.count("gen_ai.usage.image.input_tokens", usage.input_image);
    to.count("gen_ai.usage.audio.cache_read.input_tokens", usage.cache_read_audio);
    to.count("gen_ai.usage.audio.output_tokens", usage.output_audio);
    to.count("gen_ai.usage.image.output_tokens", usage.output_image);
}
