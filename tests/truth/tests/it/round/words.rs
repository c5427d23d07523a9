//! Attributes of calls in the words of several conventions and providers.

use serde_json::{Value, json};

use super::call::{Call, Of};

/// A figure, left out of a failed call.
pub fn figure(call: &Call, count: u64) -> Value {
    if call.failed { Value::Null } else { json!(count) }
}

/// A figure that is left out if it is zero.
pub fn some(count: u64) -> Value {
    if count == 0 { Value::Null } else { json!(count) }
}

/// The members of several objects together.
pub fn join(objects: &[Value]) -> Value {
    let members = objects.iter().filter_map(Value::as_object).flatten();
    Value::Object(members.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// A call in the words of the GenAI conventions, without its id.
pub fn genai(call: &Call) -> Value {
    let operation = match call.of {
        Of::Chat => "chat",
        Of::Embedding => "embeddings",
        Of::Rerank => "rerank",
    };
    let model = if call.failed { Value::Null } else { json!(call.model) };
    json!({
        "gen_ai.operation.name": operation, "gen_ai.provider.name": call.provider,
        "gen_ai.request.model": call.model, "gen_ai.response.model": model,
        "gen_ai.usage.input_tokens": figure(call, call.input),
        "gen_ai.usage.output_tokens": if call.of == Of::Chat { figure(call,
            call.output) } else { Value::Null },
        "gen_ai.usage.cache_read.input_tokens": some(call.read),
        "gen_ai.usage.cache_write.input_tokens": some(call.write),
        "gen_ai.usage.reasoning.output_tokens": some(call.reasoning),
    })
}

/// The id of the answer, in the words of the GenAI conventions.
pub fn id(call: &Call) -> Value {
    json!({"gen_ai.response.id": if call.failed { Value::Null } else { json!(call.id()) }})
}

/// A call in the words of OpenInference.
pub fn openinference(call: &Call) -> Value {
    json!({
        "openinference.span.kind": if call.of == Of::Chat { "LLM" } else { "EMBEDDING" },
        "llm.model_name": call.model, "llm.provider": call.provider,
        "llm.token_count.prompt": figure(call, call.input),
        "llm.token_count.completion": if call.of == Of::Chat { figure(call,
            call.output) } else { Value::Null },
        "llm.token_count.total": figure(call, call.total()),
        "llm.token_count.prompt_details.cache_read": some(call.read),
        "llm.token_count.prompt_details.cache_write": some(call.write),
        "llm.token_count.completion_details.reasoning": some(call.reasoning),
    })
}

/// `OpenAI`'s usage object of a chat completion.
pub fn openai_usage(call: &Call) -> Value {
    json!({"prompt_tokens": call.input, "completion_tokens": call.output, "total_tokens": call.total(),
        "prompt_tokens_details": {"cached_tokens": call.read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": call.reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}})
}

/// `OpenAI`'s answer of a chat completion.
pub fn openai_answer(call: &Call) -> Value {
    json!({"id": call.id(), "object": "chat.completion", "created": 1_795_170_000, "model": call.model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant",
            "content": call.text()}}],
        "usage": openai_usage(call)})
}

/// Anthropic's usage object, whose input excludes cached tokens.
pub fn claude_usage(call: &Call) -> Value {
    json!({"input_tokens": call.fresh(), "cache_read_input_tokens": call.read,
        "cache_creation_input_tokens": call.write, "output_tokens": call.output,
            "service_tier": "standard"})
}

/// Gemini's usage object, whose candidates exclude thoughts.
pub fn gemini_usage(call: &Call) -> Value {
    json!({"promptTokenCount": call.input, "candidatesTokenCount": call.output - call.reasoning,
        "thoughtsTokenCount": call.reasoning, "cachedContentTokenCount": call.read,
        "totalTokenCount": call.total()})
}

/// A call in the words of OpenLLMetry.
pub fn openllmetry(call: &Call) -> Value {
    let read = if call.read == 0 { Value::Null } else { json!(call.read) };
    json!({"llm.request.type": "chat", "gen_ai.system": "openai", "gen_ai.request.model": call.model,
        "gen_ai.response.model": if call.failed { Value::Null } else { json!(call.model) },
        "gen_ai.usage.input_tokens": figure(call, call.input),
        "gen_ai.usage.output_tokens": figure(call, call.output),
        "llm.usage.total_tokens": figure(call, call.total()),
        "gen_ai.usage.cache_read_input_tokens": read, "gen_ai.is_streaming": false})
}
