//! Answers of further providers, in spans of home-made programs.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("Gemini with tokens of tools beyond the prompt", gemini_tools),
    ("Perplexity with the costs of its parts", perplexity),
    ("Claude with one iteration and server tools", iterations),
    ("Replicate's metrics", replicate),
    ("usage twice in the body of an orchestration", orchestration),
    ("Text Generation Inference with its headers", tgi),
    ("DashScope with images", dashscope),
    ("OpenRouter's generation looked up later", looked_up),
    ("answer with several choices", choices),
    ("answer stopped by a filter", filtered),
    ("turns of a realtime session, one span each", realtime),
    ("predictions and tokens of audio", predictions),
    ("Prism of PHP with Claude", prism),
    ("Gemini with modalities in lists", modalities),
];

/// A home-made span of a call with the body of its answer.
fn body(w: &mut World, call: &Call, body: &Value) {
    w.span("app.http", "llm.call")
        .kind(CLIENT)
        .around(call, 0)
        .with(json!({"http.request.method": "POST", "llm.response.body": body.to_string()}))
        .send();
}

fn gemini_tools(w: &mut World) {
    for call in w.twice(|call| Call { read: 0, ..call }.model("gemini-2.5-pro", "gcp.gemini")) {
        let tools = call.input / 4;
        let usage = json!({"promptTokenCount": call.input - tools, "toolUsePromptTokenCount": tools,
            "candidatesTokenCount": call.output - call.reasoning, "thoughtsTokenCount": call.reasoning,
            "cachedContentTokenCount": 0, "totalTokenCount": call.total()});
        body(
            w,
            &call,
            &json!({"candidates": [{"content": {"role": "model",
            "parts": [{"text": call.text()}]}, "finishReason": "STOP"}],
            "usageMetadata": usage, "modelVersion": call.model, "responseId": call.id()}),
        );
    }
}

fn perplexity(w: &mut World) {
    for call in w.twice(|call| call.plain().model("sonar-pro", "perplexity")) {
        body(
            w,
            &call,
            &json!({"id": "4f3c", "model": call.model, "object": "chat.completion",
            "created": 1_795_170_000, "usage": {"prompt_tokens": call.input,
            "completion_tokens": call.output, "total_tokens": call.total(), "search_context_size": "low",
            "citation_tokens": 0, "num_search_queries": 1,
            "cost": {"input_tokens_cost": 0.002, "output_tokens_cost": 0.003, "request_cost": 0.006,
                "total_cost": 0.011}},
            "choices": [{"index": 0, "message": {"role": "assistant", "content": call.text()},
                "finish_reason": "stop"}]}),
        );
        w.reported += 11_000;
    }
}

fn iterations(w: &mut World) {
    for call in w.twice(Call::claude) {
        let usage = json!({"input_tokens": call.fresh(), "cache_read_input_tokens": call.read,
            "cache_creation_input_tokens": call.write, "output_tokens": call.output,
            "cache_creation": {"ephemeral_5m_input_tokens": call.write, "ephemeral_1h_input_tokens": 0},
            "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
            "service_tier": "standard", "inference_geo": "not_available",
            "iterations": [{"type": "message", "input_tokens": call.fresh(), "output_tokens": call.output,
                "cache_read_input_tokens": call.read, "cache_creation_input_tokens": call.write}]});
        body(
            w,
            &call,
            &json!({"id": call.id(), "type": "message", "role": "assistant",
            "model": call.model, "content": [{"type": "text", "text": call.text()}],
            "stop_reason": "end_turn", "usage": usage}),
        );
    }
}

fn replicate(w: &mut World) {
    for call in w.twice(|call| call.plain().model("meta/meta-llama-3-70b-instruct", "replicate")) {
        body(
            w,
            &call,
            &json!({"id": format!("rp{}", call.id()), "model": call.model,
            "status": "succeeded", "output": [call.text()],
            "metrics": {"input_token_count": call.input, "output_token_count": call.output,
                "predict_time": 0.7, "time_to_first_token": 0.1, "tokens_per_second": 41.5}}),
        );
    }
}

fn orchestration(w: &mut World) {
    for call in w.twice(Call::mute) {
        let answer = openai_answer(&call);
        body(
            w,
            &call,
            &json!({"request_id": format!("r-{}", call.n),
            "module_results": {"templating": [{"role": "user", "content": "hi"}], "llm": answer},
            "orchestration_result": answer}),
        );
    }
}

fn tgi(w: &mut World) {
    for call in w.twice(|call| call.plain().model("meta-llama/Llama-3.1-8B-Instruct", "huggingface")) {
        w.span("tgi", "generate")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"model_id": call.model, "x-compute-type": "gpu", "x-compute-time": "0.7",
                "x-prompt-tokens": call.input.to_string(), "x-generated-tokens": call.output.to_string(),
                "x-max-tokens": "1024", "x-time-per-token": "12"}))
            .send();
    }
}

fn dashscope(w: &mut World) {
    for call in w.twice(|call| call.mute().model("qwen-vl-max", "dashscope")) {
        let image = call.input / 2;
        body(
            w,
            &call,
            &json!({"request_id": call.id(), "model": call.model,
            "output": {"choices": [{"finish_reason": "stop", "message": {"role": "assistant",
                "content": [{"text": call.text()}]}}]},
            "usage": {"input_tokens": call.input, "output_tokens": call.output,
                "total_tokens": call.total(), "image_tokens": image,
                "input_tokens_details": {"text_tokens": call.input - image, "image_tokens": image},
                "output_tokens_details": {"text_tokens": call.output},
                "prompt_tokens_details": {"cached_tokens": call.read}}}),
        );
    }
}

fn looked_up(w: &mut World) {
    for call in w.twice(Call::plain) {
        let trace = w.span("app", "POST /ask").around(&call, 900).send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .under(&trace)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        let stats = json!({"data": {"id": call.id(), "model": call.model, "total_cost": 0.004,
            "tokens_prompt": call.input + 9, "tokens_completion": call.output + 2,
            "native_tokens_prompt": call.input, "native_tokens_completion": call.output,
            "generation_time": call.ms, "latency": 120, "provider_name": "OpenAI"}});
        w.span("app", "GET /api/v1/generation")
            .kind(CLIENT)
            .under(&trace)
            .time(call.end() + 500, 60)
            .with(json!({"http.request.method": "GET", "http.response.body": stats.to_string()}))
            .send();
    }
}

fn choices(w: &mut World) {
    for call in w.twice(Call::plain) {
        let choice = |index: u64| {
            json!({"index": index, "finish_reason": "stop",
            "message": {"role": "assistant", "content": format!("{index}: {}", call.text())}})
        };
        body(
            w,
            &call,
            &json!({"id": call.id(), "object": "chat.completion", "model": call.model,
            "choices": [choice(0), choice(1), choice(2)], "usage": openai_usage(&call)}),
        );
    }
}

fn filtered(w: &mut World) {
    let how = |call: Call| Call { output: 0, ..call.plain() };
    for call in w.twice(how) {
        body(
            w,
            &call,
            &json!({"id": call.id(), "object": "chat.completion", "model": call.model,
            "choices": [{"index": 0, "finish_reason": "content_filter",
                "message": {"role": "assistant", "content": null}}],
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results":
                {"violence": {"filtered": true, "severity": "high"}}}],
            "usage": openai_usage(&call)}),
        );
    }
}

fn realtime(w: &mut World) {
    w.sessions.insert("sess_9".into());
    for call in w.twice(Call::mute) {
        let usage = json!({"total_tokens": call.total(), "input_tokens": call.input,
            "output_tokens": call.output,
            "input_token_details": {"text_tokens": call.input, "audio_tokens": 0,
                "cached_tokens": call.read, "cached_tokens_details": {"text_tokens": call.read,
                "audio_tokens": 0}},
            "output_token_details": {"text_tokens": call.output, "audio_tokens": 0}});
        w.span("voice", "realtime.response")
            .around(&call, 0)
            .with(json!({"session.id": "sess_9", "model": call.model,
                "event": json!({"type": "response.done", "response": {"id": format!("resp_{}", call.id()),
                    "object": "realtime.response", "status": "completed", "usage": usage}}).to_string()}))
            .send();
    }
}

fn predictions(w: &mut World) {
    for call in w.twice(Call::plain) {
        let usage = json!({"prompt_tokens": call.input, "completion_tokens": call.output,
            "total_tokens": call.total(), "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 9,
                "rejected_prediction_tokens": 4}});
        body(
            w,
            &call,
            &json!({"id": call.id(), "object": "chat.completion", "model": call.model,
            "choices": [], "usage": usage}),
        );
    }
}

fn prism(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.span("prism", "prism.text")
            .around(&call, 0)
            .with(json!({"prism.provider": "anthropic", "prism.model": call.model,
                "prism.usage.promptTokens": call.fresh(), "prism.usage.completionTokens": call.output,
                "prism.usage.cacheWriteInputTokens": call.write,
                "prism.usage.cacheReadInputTokens": call.read, "prism.finishReason": "Stop"}))
            .send();
    }
}

fn modalities(w: &mut World) {
    for call in w.twice(|call| call.plain().model("gemini-2.5-flash", "gcp.gemini")) {
        let usage = json!({"promptTokenCount": call.input, "candidatesTokenCount": call.output,
            "totalTokenCount": call.total(), "trafficType": "ON_DEMAND",
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": call.input - 50},
                {"modality": "IMAGE", "tokenCount": 50}],
            "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": call.output}]});
        body(w, &call, &json!({"candidates": [], "usageMetadata": usage, "modelVersion": call.model}));
    }
}
