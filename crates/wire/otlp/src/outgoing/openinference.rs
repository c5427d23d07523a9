//! Exported spans in the words of OpenInference:
//! <https://arize-ai.github.io/openinference/spec/attributes/semantic-conventions.html>.

use quipu_core::{Kind, Params, Usage};
use serde_json::json;

use super::messages;
use super::overlay::Overlay;

/// Hosting providers with a different name in OpenInference.
const PROVIDERS: &[(&str, &str)] = &[
    ("aws.bedrock", "aws"),
    ("azure.ai.inference", "azure"),
    ("azure.ai.openai", "azure"),
    ("gcp.gemini", "google"),
    ("gcp.gen_ai", "google"),
    ("gcp.vertex_ai", "google"),
    ("mistral_ai", "mistralai"),
    ("x_ai", "xai"),
];

/// Writes all canonical fields.
pub(super) fn overlay(to: &mut Overlay<'_>) {
    let read = to.read();
    to.set("openinference.span.kind", kind(read.kind));
    models(to);
    to.set("llm.provider", read.provider.as_deref().map(provider));
    to.set("llm.finish_reason", read.finish_reasons.first().map(|reason| reason.as_str()));
    to.text("agent.name", read.agent.as_ref());
    to.text("tool.name", read.tool.as_ref());
    to.text("session.id", read.session.as_ref());
    to.text("user.id", read.user.as_ref());
    to.words("tag.tags", &read.tags);
    if !to.is_sent("llm.invocation_parameters") {
        to.set("llm.invocation_parameters", parameters(&read.params));
    }
    if let Some(usage) = to.usage {
        tokens(to, usage);
    }
    to.set("llm.cost.total", to.cost);
    messages::overlay(to);
}

/// `None` for spans without a relation to models: a sent kind stays.
const fn kind(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Llm => Some("LLM"),
        Kind::Embedding => Some("EMBEDDING"),
        Kind::Retrieval => Some("RETRIEVER"),
        Kind::Rerank => Some("RERANKER"),
        Kind::Tool => Some("TOOL"),
        Kind::Agent => Some("AGENT"),
        Kind::Guardrail => Some("GUARDRAIL"),
        Kind::Evaluator => Some("EVALUATOR"),
        Kind::Workflow | Kind::Task | Kind::Memory | Kind::Planning => Some("CHAIN"),
        Kind::Other => None,
    }
}

fn models(to: &mut Overlay<'_>) {
    let read = to.read();
    match read.kind {
        Kind::Embedding => to.text("embedding.model_name", read.model()),
        Kind::Rerank => to.text("reranker.model_name", read.model()),
        Kind::Llm => {
            to.text("llm.model_name", read.model());
            to.text("llm.request.model_name", read.request_model.as_ref());
            to.text("llm.response.model_name", read.response_model.as_ref());
        }
        _ => {}
    }
}

fn provider(name: &str) -> &str {
    PROVIDERS.iter().find(|(known, _)| *known == name).map_or(name, |(_, theirs)| theirs)
}

/// Request parameters as one JSON object; `None` if none were sent.
fn parameters(params: &Params) -> Option<String> {
    let stop = (!params.stop_sequences.is_empty()).then_some(&params.stop_sequences);
    let all = [
        ("temperature", params.temperature.map(|value| json!(value))),
        ("top_p", params.top_p.map(|value| json!(value))),
        ("top_k", params.top_k.map(|value| json!(value))),
        ("max_tokens", params.max_tokens.map(|value| json!(value))),
        ("frequency_penalty", params.frequency_penalty.map(|value| json!(value))),
        ("presence_penalty", params.presence_penalty.map(|value| json!(value))),
        ("seed", params.seed.map(|value| json!(value))),
        ("n", params.choice_count.map(|value| json!(value))),
        ("stream", params.stream.map(|value| json!(value))),
        ("reasoning_effort", params.reasoning_level.as_ref().map(|value| json!(value))),
        ("stop", stop.map(|value| json!(value))),
    ];
    let known: serde_json::Map<_, _> =
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    (!known.is_empty()).then(|| serde_json::Value::Object(known).to_string())
}

fn tokens(to: &mut Overlay<'_>, usage: &Usage) {
    to.count("llm.token_count.prompt", usage.input);
    to.count("llm.token_count.completion", usage.output);
    to.count("llm.token_count.total", Some(usage.tokens().total()));
    to.count("llm.token_count.prompt_details.cache_read", usage.cache_read);
    to.count("llm.token_count.prompt_details.cache_write", usage.cache_write);
    to.count("llm.token_count.prompt_details.audio", usage.input_audio);
    to.count("llm.token_count.completion_details.reasoning", usage.reasoning);
    to.count("llm.token_count.completion_details.audio", usage.output_audio);
}
