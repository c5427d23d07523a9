//! Gateways, model servers, and clients beside them.

use serde_json::{Value, json};

use super::Shape;
use super::call::{Call, Of};
use super::words::{figure, genai, id, join, openai_answer, openinference, some};
use super::world::{CLIENT, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("vLLM beside its client in one trace", vllm_one_trace),
    ("vLLM beside its client in two traces", vllm_two_traces),
    ("vLLM alone", vllm_alone),
    ("Kong below the client", kong),
    ("Cloudflare AI Gateway", cloudflare),
    ("OpenRouter broadcast beside the client", openrouter),
    ("Bifrost with a failed attempt", bifrost),
    ("Portkey", portkey),
    ("LiteLLM proxy beside a client with a context", litellm_context),
    ("LiteLLM proxy beside a client without a context", litellm_apart),
    ("Envoy AI Gateway", envoy),
    ("Home-made gateway of Go with headers", go_gateway),
    ("Ollama behind a home-made proxy", ollama),
    ("llama.cpp behind a home-made client", llama_cpp),
    ("Orq gateway", orq),
    ("MLflow gateway", mlflow_gateway),
];

fn vllm(call: &Call) -> Value {
    json!({"gen_ai.request.id": call.id(), "gen_ai.request.model": null, "gen_ai.request.max_tokens": 512,
        "gen_ai.request.n": 1, "gen_ai.request.temperature": 0.7,
        "gen_ai.usage.prompt_tokens": call.input, "gen_ai.usage.completion_tokens": call.output,
            "gen_ai.latency.e2e": 0.8, "gen_ai.latency.time_in_queue": 0.001,
        "gen_ai.latency.time_to_first_token": 0.1, "gen_ai.response.model": call.model})
}

fn local(call: Call) -> Call {
    call.plain().model("meta-llama/Llama-3.1-8B-Instruct", "openai")
}

fn vllm_one_trace(w: &mut World) {
    for call in [w.call(local), w.call(local)] {
        w.process("shop", 4);
        let client = w
            .span("opentelemetry.instrumentation.openai_v2", "chat meta-llama/Llama-3.1-8B-Instruct")
            .kind(CLIENT)
            .around(&call, 8)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        w.process("vllm", 9);
        w.span("vllm.llm_engine", "llm_request")
            .kind(SERVER)
            .under(&client)
            .around(&call, 0)
            .with(vllm(&call))
            .send();
    }
}

fn vllm_two_traces(w: &mut World) {
    for call in [w.call(local), w.call(local)] {
        w.process("shop", 4);
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .around(&call, 8)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.process("vllm", 9);
        w.span("vllm.llm_engine", "llm_request").kind(SERVER).around(&call, 0).with(vllm(&call)).send();
    }
}

fn vllm_alone(w: &mut World) {
    for call in [w.call(local), w.call(local)] {
        w.span("vllm.llm_engine", "llm_request").kind(SERVER).around(&call, 0).with(vllm(&call)).send();
        w.span("vllm.engine.core", "EngineCore.step")
            .around(&call, 0)
            .with(json!({"code.function": "step", "num_tokens": 17}))
            .send();
    }
}

fn kong(w: &mut World) {
    for call in [w.call(Call::mute), w.call(Call::refused)] {
        w.process("shop", 4);
        let client = w
            .span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 9)
            .with(join(&[genai(&call), id(&call)]))
            .outcome(&call)
            .send();
        w.process("kong", 9);
        let kong = w
            .span("kong-internal", "kong")
            .kind(SERVER)
            .under(&client)
            .around(&call, 4)
            .with(json!({"http.method": "POST", "http.status_code": if call.failed { 429 } else { 200 }}))
            .send();
        w.span("kong-internal", "kong.gen_ai")
            .kind(CLIENT)
            .under(&kong)
            .around(&call, 2)
            .with(join(&[
                id(&call),
                json!({"gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai", "gen_ai.request.model": call.model,
            "gen_ai.response.model": if call.failed { Value::Null } else { json!(call.model) },
                "gen_ai.usage.input_tokens": figure(&call, call.input),
                "gen_ai.usage.output_tokens": figure(&call, call.output)}),
            ]))
            .outcome(&call)
            .send();
    }
}

fn cloudflare(w: &mut World) {
    for call in [w.call(Call::plain), w.call(Call::plain)] {
        w.span("cloudflare-ai-gateway", "ai-gateway-request")
            .kind(SERVER)
            .around(&call, 0)
            .with(json!({"gen_ai.request.model": call.model, "gen_ai.model.provider": "openai",
            "gen_ai.usage.model": call.model,
            "gen_ai.usage.prompt_tokens": call.input, "gen_ai.usage.completion_tokens": call.output,
                "gen_ai.usage.total_tokens": call.total(), "gen_ai.usage.cost": 0.0003,
            "gen_ai.prompt_json": "[{\"role\": \"user\", \"content\": \"x\"}]",
                "gen_ai.completion_json": openai_answer(&call).to_string()}))
            .send();
        w.reported += 300;
    }
}

fn openrouter(w: &mut World) {
    for call in [w.call(|call| call), w.call(|call| call)] {
        let answer = json!({"gen_ai.response.id": format!("gen-1763634{}-{}", call.n, call.id())});
        w.process("shop", 4);
        w.span("opentelemetry.instrumentation.openai_v2", "chat openai/gpt-4o")
            .kind(CLIENT)
            .around(&call, 40)
            .with(join(&[genai(&call), answer.clone(), json!({"gen_ai.request.model": "openai/gpt-4o"})]))
            .send();
        w.resource(json!({"service.name": "openrouter"}));
        w.span("openrouter", "OpenRouter Request")
            .around(&call, 0)
            .with(join(&[
                answer,
                json!({"span.type": "span", "gen_ai.operation.name": "chat", "gen_ai.system": "openai",
            "gen_ai.provider.name": "OpenAI", "gen_ai.request.model": "openai/gpt-4o",
            "gen_ai.response.model": call.model, "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output, "gen_ai.usage.total_tokens": call.total(),
            "gen_ai.usage.input_tokens.cached": call.read,
                "gen_ai.usage.output_tokens.reasoning": call.reasoning, "gen_ai.usage.input_cost": 0.002,
                "gen_ai.usage.output_cost": 0.0015, "gen_ai.usage.total_cost": 0.0035}),
            ]))
            .send();
        w.reported += 3_500;
    }
}

fn bifrost(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(Call::mute);
    let root = w
        .span("bifrost", "/v1/chat/completions")
        .kind(SERVER)
        .time(refused.start - 5, call.end() - refused.start + 10)
        .with(json!({"http.method": "POST", "http.status_code": 200}))
        .send();
    for (attempt, call) in [&refused, &call].into_iter().enumerate() {
        w.span("bifrost", "llm.call")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(join(&[
                genai(call),
                id(call),
                json!({"gen_ai.usage.total_tokens": figure(call, call.total()),
            "gen_ai.request.attempt": attempt}),
            ]))
            .outcome(call)
            .send();
    }
}

fn portkey(w: &mut World) {
    for call in [w.call(Call::mute), w.call(Call::refused)] {
        let usage = json!({"prompt_tokens": call.input, "completion_tokens": call.output,
            "total_tokens": call.total(), "prompt_tokens_details": {"cached_tokens": call.read}});
        let response = json!({"id": call.id(), "model": call.model, "usage": usage}).to_string();
        w.span("portkey", "chatComplete")
            .kind(SERVER)
            .around(&call, 0)
            .with(json!({"portkey.span_kind": "llm", "portkey.provider": "openai",
            "portkey.request.body": json!({"model": call.model, "max_tokens": 512}).to_string(),
            "portkey.response.body": if call.failed { Value::Null } else { json!(response) },
                "portkey.cache_status": "MISS", "portkey.response_time": 812}))
            .outcome(&call)
            .send();
    }
}

/// The span of `LiteLLM`'s callback, which has no id of embeddings and failures.
fn litellm(call: &Call) -> Value {
    let words = join(&[
        genai(call),
        json!({"gen_ai.system": call.provider, "llm.is_streaming": "False",
            "gen_ai.usage.total_tokens": figure(call, call.total())}),
    ]);
    if call.of == Of::Chat { join(&[words, id(call)]) } else { words }
}

fn litellm_pair(w: &mut World, has_context: bool) {
    for call in [w.call(|call| call), w.call(Call::embedding), w.call(Call::refused)] {
        w.process("shop", 4);
        let name = if call.of == Of::Chat { "ChatCompletion" } else { "CreateEmbeddings" };
        let answer = if call.of == Of::Chat && !call.failed {
            json!({"output.value": openai_answer(&call).to_string()})
        } else {
            json!({})
        };
        let client = w
            .span("openinference.instrumentation.openai", name)
            .around(&call, 12)
            .with(join(&[openinference(&call), answer]))
            .outcome(&call)
            .send();
        w.process("litellm-proxy", 9);
        let server = w.span("litellm", "Received Proxy Server Request").kind(SERVER);
        let server = if has_context { server.under(&client) } else { server };
        let root = server.around(&call, 6).send();
        w.span("litellm", "litellm_request")
            .under(&root)
            .around(&call, 2)
            .with(litellm(&call))
            .outcome(&call)
            .send();
    }
}

fn litellm_context(w: &mut World) {
    litellm_pair(w, true);
}

fn litellm_apart(w: &mut World) {
    litellm_pair(w, false);
}

fn envoy(w: &mut World) {
    for call in [w.call(Call::mute), w.call(Call::mute)] {
        w.process("shop", 4);
        let client = w
            .span("@arizeai/openinference-instrumentation-openai", "OpenAI Chat Completions")
            .around(&call, 10)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.process("ai-gateway-extproc", 9);
        w.span("envoyproxy/ai-gateway", "ChatCompletion")
            .kind(SERVER)
            .under(&client)
            .around(&call, 3)
            .with(join(&[
                openinference(&call),
                json!({"llm.system": "openai", "output.value": openai_answer(&call).to_string()}),
            ]))
            .send();
    }
}

fn go_gateway(w: &mut World) {
    for call in [w.call(Call::plain), w.call(Call::plain)] {
        w.span("gateway/proxy", "proxy")
            .kind(SERVER)
            .around(&call, 0)
            .with(json!({"http.request.method": "POST", "http.route": "/v1/chat/completions",
            "llm.model": call.model, "llm.prompt_tokens": call.input,
            "llm.completion_tokens": call.output, "llm.total_tokens": call.total(),
                "rate_limit.tokens.remaining": 90_000,
                "http.response.header.x-request-id": ["req_0123456789"]}))
            .send();
    }
}

fn ollama(w: &mut World) {
    for call in [
        w.call(|call| call.plain().model("llama3.1:8b", "ollama")),
        w.call(|call| call.plain().model("llama3.1:8b", "ollama")),
    ] {
        let body = json!({"model": call.model, "created_at": "2026-11-20T10:20:00Z",
            "message": {"role": "assistant", "content": call.text()}, "done_reason": "stop", "done": true,
            "total_duration": 4_883_583_458_u64, "load_duration": 1_334_875,
                "prompt_eval_count": call.input, "prompt_eval_duration": 342_546_000,
                "eval_count": call.output, "eval_duration": 4_535_599_000_u64});
        w.span("ollama-proxy", "POST /api/chat")
            .kind(SERVER)
            .around(&call, 0)
            .with(json!({"proxy.response": body.to_string(), "proxy.bytes": 8_812}))
            .send();
    }
}

fn llama_cpp(w: &mut World) {
    for call in [
        w.call(|call| call.plain().model("qwen2.5-7b", "")),
        w.call(|call| call.plain().model("qwen2.5-7b", "")),
    ] {
        let body = json!({"content": call.text(), "model": call.model, "tokens_predicted": call.output,
            "tokens_evaluated": call.input, "tokens_cached": call.total() - 1, "stop": true,
            "timings": {"prompt_n": call.input, "predicted_n": call.output,
                "predicted_per_second": 40.5}});
        w.span("shop", "complete")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"llama.body": body.to_string()}))
            .send();
    }
}

fn orq(w: &mut World) {
    for call in [w.call(|call| call), w.call(|call| call)] {
        w.span("orq-gateway", "chat openai/gpt-4o")
            .kind(SERVER)
            .around(&call, 0)
            .with(join(&[
                id(&call),
                json!({"orq.span_type": "span.chat_completion", "orq.model.id": "openai/gpt-4o",
            "orq.model.provider": "openai", "orq.model.type": "chat",
            "orq.billing.total_cost": 0.01, "orq.billing.input_cost": 0.008,
                "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
            "gen_ai.usage.prompt_tokens_details.cached_tokens": call.read,
                "gen_ai.usage.completion_tokens_details.reasoning_tokens": call.reasoning}),
            ]))
            .send();
    }
}

fn mlflow_gateway(w: &mut World) {
    for call in [w.call(Call::mute), w.call(Call::mute)] {
        let usage = json!({"input_tokens": call.input, "output_tokens": call.output,
            "total_tokens": call.total(), "cache_read_input_tokens": call.read})
        .to_string();
        let root = w
            .span("mlflow", "gateway/chat")
            .kind(SERVER)
            .around(&call, 5)
            .with(json!({"mlflow.spanType": "\"CHAIN\"", "mlflow.trace.tokenUsage": usage}))
            .send();
        w.span("mlflow", "provider/openai")
            .under(&root)
            .around(&call, 1)
            .with(json!({"mlflow.spanType": "\"LLM\"", "mlflow.llm.model": "\"gpt-4o\"",
            "mlflow.llm.provider": "\"openai\"", "mlflow.chat.tokenUsage": usage,
            "read": some(0)}))
            .send();
    }
}
