//! Gateways and frameworks around instrumented clients.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openinference};
use super::world::{CLIENT, Metric, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("agentgateway below an instrumented client", agentgateway),
    ("LangDB's spans of one request", langdb),
    ("TrueFoundry's gateway", truefoundry),
    ("one span per attempt of a gateway below the client", zuplo),
    ("two autologs of MLflow on streams in two traces", mlflow_streams),
    ("VoltAgent's turn of two steps", voltagent),
    ("Hermes agent over its SDK", hermes),
    ("Mistral Vibe with spans and its counter", vibe),
    ("ADK's call around the SDK's with thoughts", adk),
    ("Genkit for Go", genkit_go),
    ("Eino's graph over an instrumented client", eino),
    ("Microsoft's agent with sums on two levels", agent_framework),
];

fn agentgateway(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.process("shop", 4);
        let client = w.span("openinference.instrumentation.openai", "ChatCompletion").around(&call, 12);
        let client = client.with(openinference(&call)).send();
        w.process("agentgateway", 9);
        w.span("agentgateway", "POST /v1/chat/completions")
            .kind(SERVER)
            .under(&client)
            .around(&call, 5)
            .with(join(&[
                genai(&call),
                json!({"gen_ai.response.id": call.id(), "http.status": 200, "route": "default/openai",
                    "endpoint": "api.openai.com:443", "duration": "812ms", "protocol": "llm"}),
            ]))
            .send();
    }
}

fn langdb(w: &mut World) {
    for call in w.twice(Call::plain) {
        let usage = json!({"input_tokens": call.input, "output_tokens": call.output,
            "total_tokens": call.total(), "is_cache_used": false});
        w.reported += 4_000;
        let root = w
            .span("langdb", "api_invoke")
            .around(&call, 9)
            .with(json!({"langdb.thread_id": "t-1", "request": "{\"model\":\"openai/gpt-4o\"}"}))
            .send();
        let at = w
            .span("langdb", "model_call")
            .under(&root)
            .around(&call, 5)
            .with(json!({"model_name": "openai/gpt-4o", "provider_name": "openai",
                "usage": usage.to_string(), "cost": "0.004"}))
            .send();
        w.span("langdb", "openai")
            .under(&at)
            .around(&call, 0)
            .with(json!({"model_name": call.model, "usage": usage.to_string(), "ttft": 210_000}))
            .send();
    }
}

fn truefoundry(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.reported += 4_000;
        let root = w
            .span("tfy-llm-gateway", "ChatCompletion")
            .kind(SERVER)
            .around(&call, 6)
            .with(json!({"tfy.span_type": "ChatCompletion", "tfy.input": "{}", "tfy.output":
                openai_answer(&call).to_string(), "tfy.triggered_guardrail_fqns": ["g"]}))
            .send();
        w.span("tfy-llm-gateway", "Model: openai/gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .around(&call, 0)
            .with(join(&[
                genai(&call),
                json!({"tfy.span_type": "Model", "tfy.model.name": "gpt-4o",
                    "tfy.model.metric.input_tokens": call.input,
                    "tfy.model.metric.output_tokens": call.output,
                    "tfy.model.metric.cost_in_usd": 0.004}),
            ]))
            .send();
    }
}

fn zuplo(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(|call| Call { start: refused.end() + 9, ..call.mute() });
    w.process("shop", 4);
    let client = w
        .span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
        .kind(CLIENT)
        .time(refused.start - 9, call.end() - refused.start + 18)
        .with(join(&[genai(&call), id(&call)]))
        .send();
    w.process("gateway", 9);
    let served = w
        .span("zuplo", "POST /v1/chat/completions")
        .kind(SERVER)
        .under(&client)
        .time(refused.start - 5, call.end() - refused.start + 10)
        .send();
    for (n, call) in [refused, call].iter().enumerate() {
        w.span("zuplo", "chat gpt-4o")
            .kind(CLIENT)
            .under(&served)
            .around(call, 0)
            .with(join(&[genai(call), id(call), json!({"zuplo.ai.attempt": n + 1})]))
            .outcome(call)
            .send();
    }
}

/// A call in the words of MLflow, by the library of its autolog.
fn mlflow(call: &Call, format: &str, output: &Value) -> Value {
    json!({"mlflow.spanType": "\"CHAT_MODEL\"", "mlflow.message.format": format!("\"{format}\""),
        "mlflow.llm.model": "\"gpt-4o\"", "mlflow.spanOutputs": output.to_string(),
        "mlflow.chat.tokenUsage": json!({"input_tokens": call.input, "output_tokens": call.output,
            "total_tokens": call.total()}).to_string()})
}

fn mlflow_streams(w: &mut World) {
    for call in w.twice(Call::mute) {
        let message = json!({"generations": [[{"text": call.text(), "type": "ChatGenerationChunk"}]]});
        let scope = "mlflow.tracing.provider";
        w.span(scope, "ChatOpenAI").around(&call, 4).with(mlflow(&call, "langchain", &message)).send();
        let answer = openai_answer(&call);
        w.span(scope, "AsyncCompletions").around(&call, 0).with(mlflow(&call, "openai", &answer)).send();
    }
}

fn voltagent(w: &mut World) {
    let calls = w.twice(Call::mute);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let scope = "@voltagent/core";
    let root = w
        .span(scope, "Helper")
        .time(-9, 6_000)
        .with(json!({"entity.type": "agent", "entity.name": "Helper", "ai.model.name": "gpt-4o",
            "usage.prompt_tokens": sum(|c| c.input), "usage.completion_tokens": sum(|c| c.output),
            "usage.total_tokens": sum(Call::total), "usage.cached_tokens": sum(|c| c.read)}))
        .send();
    for call in &calls {
        w.span(scope, "llm:generateText")
            .under(&root)
            .around(call, 0)
            .with(json!({"entity.type": "agent", "span.type": "llm", "llm.model": "gpt-4o",
                "llm.operation": "generateText", "llm.usage.prompt_tokens": call.input,
                "llm.usage.completion_tokens": call.output, "llm.usage.total_tokens": call.total(),
                "llm.usage.cached_tokens": call.read}))
            .send();
    }
    w.agents.insert("Helper".into());
}

fn hermes(w: &mut World) {
    for call in w.twice(Call::claude) {
        let turn = w
            .span("hermes", "agent.turn")
            .around(&call, 40)
            .with(json!({"openinference.span.kind": "AGENT", "agent.name": "hermes",
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output}))
            .send();
        let api = w
            .span("hermes", "api.anthropic")
            .under(&turn)
            .around(&call, 3)
            .with(json!({"openinference.span.kind": "LLM", "gen_ai.request.model": call.model,
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.cache_read.input_tokens": call.read,
                "gen_ai.usage.cache_creation.input_tokens": call.write}))
            .send();
        w.span("com.anthropic.sdk.python", "anthropic.messages.create")
            .kind(CLIENT)
            .under(&api)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
    w.agents.insert("hermes".into());
}

fn vibe(w: &mut World) {
    for call in w.twice(|call| call.plain().model("devstral-medium", "mistral_ai")) {
        let turn = w
            .span("vibe", "invoke_agent vibe")
            .around(&call, 50)
            .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "vibe",
                "gen_ai.conversation.id": "v-1"}))
            .send();
        w.span("vibe", "chat devstral-medium")
            .kind(CLIENT)
            .under(&turn)
            .around(&call, 0)
            .with(genai(&call))
            .send();
        for (kind, value) in [("input", call.input), ("output", call.output)] {
            let told = json!({"gen_ai.token.type": kind, "gen_ai.response.model": call.model,
                "gen_ai.operation.name": "chat", "gen_ai.system": "mistral-vibe"});
            let points = vec![(told, value, call.start, call.end() + 9)];
            let name = "gen_ai.client.token.usage";
            w.metric("vibe", Metric { name, is_delta: true, is_histogram: false, points });
        }
    }
    w.agents.insert("vibe".into());
    w.sessions.insert("v-1".into());
}

fn adk(w: &mut World) {
    for call in w.twice(|call| call.model("gemini-2.5-flash", "gcp.gemini")) {
        let agent = w
            .span("gcp.vertex.agent", "invoke_agent poet")
            .around(&call, 30)
            .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "poet"}))
            .send();
        let outer = w
            .span("gcp.vertex.agent", "call_llm")
            .under(&agent)
            .around(&call, 9)
            .with(json!({"gen_ai.system": "gcp.vertex.agent", "gen_ai.request.model": call.model,
                "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output - call.reasoning,
                "gen_ai.usage.experimental.reasoning_tokens": call.reasoning,
                "gcp.vertex.agent.llm_response": json!({"usage_metadata": {
                    "prompt_token_count": call.input, "cached_content_token_count": call.read,
                    "candidates_token_count": call.output - call.reasoning,
                    "thoughts_token_count": call.reasoning,
                    "total_token_count": call.total()}}).to_string()}))
            .send();
        w.span("opentelemetry.instrumentation.google_genai", "generate_content gemini-2.5-flash")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(join(&[genai(&call), json!({"gen_ai.operation.name": "generate_content"})]))
            .send();
    }
    w.agents.insert("poet".into());
}

fn genkit_go(w: &mut World) {
    for call in w.twice(|call| call.model("gemini-2.5-flash", "gcp.gemini")) {
        let root = w
            .span("genkit-tracer", "poemFlow")
            .around(&call, 30)
            .with(json!({"genkit:name": "poemFlow", "genkit:type": "action", "genkit:isRoot": true,
                "genkit:metadata:subtype": "flow", "genkit:state": "success"}))
            .send();
        let usage = json!({"inputTokens": call.input, "outputTokens": call.output - call.reasoning,
            "thoughtsTokens": call.reasoning, "cachedContentTokens": call.read,
            "totalTokens": call.total()});
        let said = json!({"message": {"role": "model", "content": [{"text": call.text()}]},
            "usage": usage, "finishReason": "stop"});
        let util = w
            .span("genkit-tracer", "generate")
            .under(&root)
            .around(&call, 9)
            .with(json!({"genkit:name": "generate", "genkit:type": "util",
                "genkit:output": said.to_string()}))
            .send();
        w.span("genkit-tracer", "googleai/gemini-2.5-flash")
            .under(&util)
            .around(&call, 0)
            .with(json!({"genkit:name": "googleai/gemini-2.5-flash", "genkit:type": "action",
                "genkit:metadata:subtype": "model", "genkit:output": said.to_string(),
                "genkit:state": "success"}))
            .send();
    }
}

fn eino(w: &mut World) {
    for call in w.twice(Call::mute) {
        let graph = w
            .span("eino", "Graph")
            .around(&call, 30)
            .with(json!({"runinfo.component": "Graph", "runinfo.name": "react"}))
            .send();
        let model = w
            .span("eino", "ChatModel")
            .under(&graph)
            .around(&call, 5)
            .with(json!({"runinfo.component": "ChatModel", "runinfo.type": "OpenAI",
                "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output, "gen_ai.usage.total_tokens": call.total(),
                "gen_ai.usage.cache_read_tokens": call.read}))
            .send();
        w.span("go.opentelemetry.io/contrib/net/http/otelhttp", "HTTP POST")
            .kind(CLIENT)
            .under(&model)
            .around(&call, 0)
            .with(json!({"http.request.method": "POST", "server.address": "api.openai.com"}))
            .send();
    }
}

fn agent_framework(w: &mut World) {
    let calls = w.twice(|call| call);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let sums = json!({"gen_ai.usage.input_tokens": sum(|c| c.input),
        "gen_ai.usage.output_tokens": sum(|c| c.output)});
    let flow =
        w.span("agent_framework", "workflow.run").time(-30, 6_000).with(json!({"workflow.id": "w-1"})).send();
    let agent = w
        .span("agent_framework", "invoke_agent Max")
        .under(&flow)
        .time(-20, 5_900)
        .with(join(&[
            sums,
            json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Max",
            "gen_ai.provider.name": "openai"}),
        ]))
        .send();
    for call in &calls {
        let outer = w.span("agent_framework", "chat gpt-4o").under(&agent).around(call, 6);
        let outer = outer.with(join(&[genai(call), id(call)])).send();
        w.span("OpenAI.ChatClient", "chat gpt-4o")
            .kind(CLIENT)
            .under(&outer)
            .around(call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
                "gen_ai.request.model": "gpt-4o", "gen_ai.response.model": call.model,
                "gen_ai.response.id": call.id(), "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output}))
            .send();
    }
    w.agents.insert("Max".into());
}
