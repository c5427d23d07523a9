//! Model servers and inference gateways, and applications of .NET with logs.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openinference};
use super::world::{CLIENT, Metric, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("SGLang beside its client", sglang),
    ("TensorZero's chain of inferences", tensorzero),
    ("NeMo Agent Toolkit", nemo),
    ("Pipecat", pipecat),
    (".NET log beside the activity", dotnet_log),
    (".NET log alone", dotnet_log_alone),
    ("costs in the words of Sentry", sentry_costs),
    ("total beside its parts", total_beside),
    ("usage in an event of the current span", usage_event),
    ("log with the answer's id beside the gateway's span", log_with_id),
    ("counter of tokens by kind without a model", counter),
    ("failed stream with a late error", failed_stream),
    ("agent whose calls are in other traces", detached),
    ("wrapper with the usage of its last call", last_call),
    ("two agents at once", two_agents),
    ("retries told by three layers", three_layers),
];

fn sglang(w: &mut World) {
    for call in [
        w.call(|call| call.mute().model("Qwen/Qwen3-8B", "")),
        w.call(|call| call.mute().model("Qwen/Qwen3-8B", "")),
    ] {
        w.process("shop", 4);
        w.span("opentelemetry.instrumentation.openai_v2", "chat Qwen/Qwen3-8B")
            .kind(CLIENT)
            .around(&call, 9)
            .with(join(&[
                genai(&call),
                json!({"gen_ai.provider.name": "openai",
            "gen_ai.response.id": call.id().replace("chatcmpl-", "")}),
            ]))
            .send();
        w.process("sglang", 9);
        let root = w
            .span("sglang", &format!("Req {}", call.n))
            .kind(SERVER)
            .around(&call, 0)
            .with(json!({"gen_ai.usage.completion_tokens": call.output,
            "gen_ai.usage.prompt_tokens": call.input, "gen_ai.usage.cached_tokens": call.read,
            "gen_ai.response.model": call.model, "gen_ai.response.id": call.id().replace("chatcmpl-", ""),
                "gen_ai.latency.e2e": 0.8}))
            .send();
        w.span("sglang", "prefill forward")
            .under(&root)
            .time(call.start + 5, 90)
            .with(json!({"bid": 1}))
            .send();
    }
}

fn tensorzero(w: &mut World) {
    for call in w.twice(Call::plain) {
        let mut at = w.span("tensorzero", "POST /inference").kind(SERVER).around(&call, 9).send();
        for (name, around) in [("function_inference", 7), ("variant_inference", 5), ("model_inference", 3)] {
            at = w
                .span("tensorzero", name)
                .under(&at)
                .around(&call, around)
                .with(json!({"function_name": "write", "model_name": "openai::gpt-4o", "stream": false}))
                .send();
        }
        w.span("tensorzero", "model_provider_inference")
            .under(&at)
            .around(&call, 1)
            .with(json!({"provider_name": "openai", "gen_ai.operation.name": "chat",
            "gen_ai.system": "openai", "gen_ai.request.model": call.model,
            "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.total_tokens": call.total(), "time_to_first_token": 0.2}))
            .send();
    }
}

fn nemo(w: &mut World) {
    let calls = w.twice(Call::plain);
    let root = w
        .span("nat", "react_agent")
        .time(-9, 6_000)
        .with(json!({"nat.event_type": "WORKFLOW_START", "openinference.span.kind": "CHAIN",
        "nat.usage.num_llm_calls": 0, "nat.usage.token_count.prompt_tokens": 0,
        "nat.usage.token_count.completion_tokens": 0, "nat.usage.token_count.total_tokens": 0}))
        .send();
    for call in &calls {
        w.span("nat", call.model)
            .under(&root)
            .around(call, 0)
            .with(join(&[
                openinference(call),
                json!({"nat.event_type": "LLM_START", "nat.usage.num_llm_calls": 1,
            "nat.usage.token_count.prompt_tokens": call.input,
            "nat.usage.token_count.completion_tokens": call.output,
                "nat.usage.token_count.total_tokens": call.total()}),
            ]))
            .send();
    }
}

fn pipecat(w: &mut World) {
    let root = w
        .span("pipecat", "conversation")
        .time(-9, 9_000)
        .with(json!({"conversation.id": "pc-1",
        "conversation.type": "voice"}))
        .send();
    w.sessions.insert("pc-1".into());
    for call in w.twice(Call::mute) {
        let turn = w
            .span("pipecat.turn", "turn")
            .under(&root)
            .around(&call, 50)
            .with(json!({"turn.number": call.n, "conversation.id": "pc-1"}))
            .send();
        w.span("pipecat", "stt")
            .under(&turn)
            .time(call.start - 40, 30)
            .with(json!({"gen_ai.system": "deepgram", "gen_ai.request.model": "nova-3",
            "transcript": "hi"}))
            .send();
        w.span("pipecat", "llm")
            .under(&turn)
            .around(&call, 0)
            .with(json!({"gen_ai.system": "openai",
            "gen_ai.request.model": call.model, "gen_ai.operation.name": "chat",
            "gen_ai.output.type": "text", "stream": true, "conversation.id": "pc-1",
            "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.cache_read_input_tokens": call.read, "metrics.ttfb": 0.3}))
            .send();
        w.span("pipecat", "tts")
            .under(&turn)
            .time(call.end(), 40)
            .with(json!({"gen_ai.system": "elevenlabs", "gen_ai.request.model": "eleven_turbo_v2",
            "metrics.character_count": 140, "voice_id": "v"}))
            .send();
    }
}

fn dotnet_words(call: &Call) -> Value {
    json!({"Model": call.model, "InputTokens": call.input, "OutputTokens": call.output,
        "DurationMs": call.ms, "CategoryName": "Shop.Claude",
        "{OriginalFormat}": "Claude request completed. Model={Model}, InputTokens={InputTokens}, OutputTokens={OutputTokens}"})
}

fn dotnet_log(w: &mut World) {
    for call in w.twice(|call| Call { read: 0, write: 0, ..call.claude() }) {
        let at = w
            .span("Shop.Claude", "claude.complete")
            .kind(CLIENT)
            .around(&call, 3)
            .with(json!({"gen_ai.system": "anthropic", "gen_ai.request.model": call.model,
            "gen_ai.response.model": call.model,
            "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output}))
            .send();
        w.log(
            (
                "Shop.Claude",
                "Claude request completed. Model=claude, and so on, with a long text that no name has",
            ),
            call.end(),
            Some(&at),
            dotnet_words(&call),
        );
    }
}

fn dotnet_log_alone(w: &mut World) {
    for call in w.twice(|call| Call { read: 0, write: 0, ..call.claude() }) {
        w.log(
            (
                "Shop.Claude",
                "Claude request completed. Model=claude, and so on, with a long text that no name has",
            ),
            call.end(),
            None,
            dotnet_words(&call),
        );
    }
}

fn sentry_costs(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.reported += 3_000;
        w.span("gateway", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[
                genai(&call),
                json!({"gen_ai.cost.input_tokens": 0.002, "gen_ai.cost.output_tokens": 0.001,
            "gen_ai.cost.total_tokens": 0.003}),
            ]))
            .send();
    }
}

fn total_beside(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("agent", "complete")
            .around(&call, 0)
            .with(json!({"llm.model_name": call.model,
            "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output,
            "llm.token_usage": call.total()}))
            .send();
    }
}

fn usage_event(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.reported += 1_000;
        w.span("svc", "POST /chat")
            .kind(SERVER)
            .around(&call, 20)
            .with(json!({"http.request.method": "POST"}))
            .event(
                "llm.usage",
                call.end(),
                json!({"llm.model": call.model,
                "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output,
                "llm.latency_ms": call.ms, "llm.cost_usd": 0.001}),
            )
            .send();
    }
}

fn log_with_id(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.process("shop", 4);
        w.log(
            ("shop", "llm_response"),
            call.end() + 5,
            None,
            json!({"model": call.model,
            "response_id": call.id(), "prompt_tokens": call.input, "completion_tokens": call.output}),
        );
        w.process("gateway", 9);
        w.span("gateway", "chat").kind(SERVER).around(&call, 0).with(join(&[genai(&call), id(&call)])).send();
    }
}

fn counter(w: &mut World) {
    let call = Call::new(8, 0).plain();
    let point = |kind: &str, value: u64| (json!({"type": kind}), value, call.start, call.end());
    let points = vec![point("prompt", call.input), point("completion", call.output)];
    w.metric("gptme", Metric { name: "gptme_tokens_used", is_delta: true, is_histogram: false, points });
}

fn failed_stream(w: &mut World) {
    let call = w.call(|call| Call { ms: 900, ..call.refused() });
    let at = w
        .span("frame", "llm")
        .around(&call, 4)
        .with(json!({"gen_ai.operation.name": "chat",
        "gen_ai.request.model": call.model, "gen_ai.provider.name": "openai"}))
        .fail("APIError")
        .send();
    w.span("client", "chat gpt-4o")
        .kind(CLIENT)
        .under(&at)
        .time(call.start, 100)
        .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
        "gen_ai.provider.name": "openai"}))
        .send();
}

fn detached(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    w.span("frame", "invoke_agent Max")
        .time(-9, 6_000)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Max",
        "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": sum(|c| c.input),
        "gen_ai.usage.output_tokens": sum(|c| c.output)}))
        .send();
    for call in &calls {
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .send();
    }
    w.agents.insert("Max".into());
}

fn last_call(w: &mut World) {
    let calls = w.twice(Call::plain);
    let root = w.span("frame", "chat").time(-9, 6_000).with(genai(&calls[1])).send();
    for call in &calls {
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .send();
    }
    w.span("frame", "execute_tool find")
        .under(&root)
        .time(calls[0].end() + 5, 20)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find"}))
        .send();
    w.ran("find", false);
}

fn two_agents(w: &mut World) {
    for (at, name) in [(0, "Ada"), (1, "Bob")] {
        let call = w.call(|call| Call { start: 3 * at, ..call.plain() });
        let agent = w
            .span("frame", &format!("invoke_agent {name}"))
            .around(&call, 20)
            .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name,
            "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output}))
            .send();
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .under(&agent)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        w.agents.insert(name.into());
    }
}

fn three_layers(w: &mut World) {
    let calls = [w.call(Call::refused), w.call(|call| call)];
    let root = w
        .span("svc", "ask")
        .time(-9, 4_000)
        .with(json!({"shop.model": "gpt-4o",
        "shop.usage": openai_answer(&calls[1])["usage"].to_string()}))
        .send();
    for call in &calls {
        let frame = w
            .span("openinference.instrumentation.langchain", "ChatOpenAI")
            .under(&root)
            .around(call, 5)
            .with(openinference(call))
            .outcome(call)
            .send();
        let sdk = w
            .span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&frame)
            .around(call, 3)
            .with(openinference(call))
            .outcome(call)
            .send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .under(&sdk)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .outcome(call)
            .send();
    }
}
