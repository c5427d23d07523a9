//! Setups of further frameworks, SDKs and programs, in combinations that their users install.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openai_usage, openinference, openllmetry};
use super::world::{CLIENT, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("home-made program whose tracer is called ai", tracer_ai),
    ("AgentKit's steps over the AI SDK's words by hand", step_by_hand),
    ("Prefect's task around a client with usage in its result", task_result),
    ("Temporal's activity retried in two attempts", activity_retry),
    ("workflow engine with the sum of each branch", branches),
    ("Langfuse's decorator over a home-made call", langfuse_around),
    ("LangSmith's run over OpenLLMetry in Python", langsmith_around),
    ("Laravel job around Prism's words", laravel_job),
    ("Spring's proxy with the call on its HTTP client", spring_http),
    ("LangChain4j's listener with its own words", langchain4j_listener),
    ("Go service with the SDK's usage under llm.usage", go_usage),
    ("Java SDK with the usage printed by its toString", java_print),
    ("eBPF's span below the SDK's", ebpf_below),
    ("eBPF's span beside the SDK's in a trace of its own", ebpf_apart),
    ("browser and server tell one call", browser_and_server),
    ("server told by its span with the tokens only", server_only_tokens),
    ("classifier and answer in parallel with equal inputs", classifier),
    ("self-consistency with five equal requests by one scope", five_equal),
    ("summary of long documents by map and reduce", map_reduce),
    ("streamed call with a time-out after half of it", half_stream),
    ("tool that fails and is called again", tool_again),
    ("judge model over a cached answer", judge_cached),
    ("transcription then answer then speech with seconds", voice_chain),
    ("image by a model with tokens for its parts", image_parts),
    ("thinking budget beside thinking tokens", thinking_budget),
    ("limits and prices beside the figures", limits_and_prices),
];

/// Two calls of a program with these attributes.
fn two(w: &mut World, (scope, name): (&str, &str), how: fn(Call) -> Call, tell: impl Fn(&Call) -> Value) {
    for call in w.twice(how) {
        w.span(scope, name).kind(CLIENT).around(&call, 0).with(tell(&call)).outcome(&call).send();
    }
}

fn tracer_ai(w: &mut World) {
    two(
        w,
        ("ai", "complete"),
        |call| call,
        |call| json!({"model": call.model, "usage": openai_usage(call).to_string(), "latency_ms": call.ms}),
    );
}

fn step_by_hand(w: &mut World) {
    for call in w.twice(Call::mute) {
        let step = w
            .span("inngest", "step.ai.infer")
            .around(&call, 9)
            .with(json!({"inngest.step.op": "AIGateway", "inngest.run.id": "01J"}))
            .send();
        w.span("inngest", "ai.infer")
            .under(&step)
            .around(&call, 0)
            .with(json!({"ai.model": call.model, "ai.provider": "openai",
                "ai.usage.inputTokens": call.input, "ai.usage.outputTokens": call.output,
                "ai.usage.cachedInputTokens": call.read}))
            .send();
    }
}

fn task_result(w: &mut World) {
    for call in w.twice(|call| call) {
        let task = w
            .span("prefect", "ask-0")
            .around(&call, 12)
            .with(json!({"prefect.task.name": "ask", "prefect.state.name": "Completed",
                "prefect.result": openai_answer(&call).to_string()}))
            .send();
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&task)
            .around(&call, 0)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
    }
}

fn activity_retry(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(|call| Call { start: refused.end() + 1_000, ..call.mute() });
    let flow = w
        .span("temporalio", "RunWorkflow:Ask")
        .time(-9, call.end() + 20)
        .with(json!({"temporalWorkflowID": "wf-1"}))
        .send();
    for (n, call) in [&refused, &call].into_iter().enumerate() {
        let activity = w
            .span("temporalio", "RunActivity:invoke_model")
            .under(&flow)
            .around(call, 5)
            .with(json!({"temporalActivityID": "1", "temporal.attempt": n + 1}))
            .outcome(call)
            .send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .under(&activity)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .outcome(call)
            .send();
    }
}

fn branches(w: &mut World) {
    let root = w.span("flow", "flow.run").time(-9, 9_000).with(json!({"flow.name": "triage"})).send();
    let mut all = [0, 0];
    for branch in ["left", "right"] {
        let calls = w.twice(Call::plain);
        let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
        all = [all[0] + sum(|c| c.input), all[1] + sum(|c| c.output)];
        let node = w
            .span("flow", "flow.branch")
            .under(&root)
            .time(calls[0].start - 4, calls[1].end() - calls[0].start + 8)
            .with(json!({"flow.branch": branch, "usage.prompt_tokens": sum(|c| c.input),
                "usage.completion_tokens": sum(|c| c.output), "model": "gpt-4o"}))
            .send();
        for call in &calls {
            w.span("flow", "flow.llm")
                .under(&node)
                .around(call, 0)
                .with(json!({"model": call.model, "usage.prompt_tokens": call.input,
                    "usage.completion_tokens": call.output}))
                .send();
        }
    }
    w.span("flow", "flow.end")
        .under(&root)
        .time(8_900, 5)
        .with(json!({"flow.total_prompt_tokens": all[0], "flow.total_completion_tokens": all[1]}))
        .send();
}

fn langfuse_around(w: &mut World) {
    for call in w.twice(Call::mute) {
        let outer = w
            .span("langfuse-sdk", "ask_model")
            .around(&call, 4)
            .with(json!({"langfuse.observation.type": "generation",
                "langfuse.observation.model.name": call.model,
                "langfuse.observation.usage_details": json!({"input": call.fresh(),
                    "input_cached_tokens": call.read, "output": call.output,
                    "total": call.total()}).to_string()}))
            .send();
        w.span("shop", "http.completion")
            .under(&outer)
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "llm.usage": openai_usage(&call).to_string()}))
            .send();
    }
}

fn langsmith_around(w: &mut World) {
    for call in w.twice(Call::mute) {
        let outer = w
            .span("langsmith", "ChatOpenAI")
            .around(&call, 4)
            .with(json!({"langsmith.span.kind": "llm", "gen_ai.operation.name": "chat",
                "gen_ai.system": "openai", "gen_ai.request.model": call.model,
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.total_tokens": call.total(),
                "gen_ai.usage.input_token_details": format!("{{'cache_read': {}, 'audio': 0}}", call.read)}))
            .send();
        w.span("opentelemetry.instrumentation.openai.v1", "openai.chat")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(join(&[openllmetry(&call), id(&call)]))
            .send();
    }
}

fn laravel_job(w: &mut World) {
    for call in w.twice(Call::claude) {
        let job = w
            .span("laravel", "App\\Jobs\\Summarize")
            .kind(5)
            .around(&call, 40)
            .with(json!({"messaging.system": "redis", "messaging.operation": "process"}))
            .send();
        w.span("prism", "prism.text")
            .under(&job)
            .around(&call, 0)
            .with(json!({"prism.provider": "anthropic", "prism.model": call.model,
                "prism.usage": json!({"promptTokens": call.fresh(), "completionTokens": call.output,
                    "cacheWriteInputTokens": call.write, "cacheReadInputTokens": call.read,
                    "thoughtTokens": null}).to_string()}))
            .send();
    }
}

fn spring_http(w: &mut World) {
    for call in w.twice(Call::mute) {
        let served = w
            .span("io.opentelemetry.spring-webmvc-6.0", "POST /v1/chat/completions")
            .kind(SERVER)
            .around(&call, 9)
            .with(json!({"http.request.method": "POST"}))
            .send();
        w.span("io.opentelemetry.java-http-client", "POST")
            .kind(CLIENT)
            .under(&served)
            .around(&call, 0)
            .with(json!({"server.address": "api.openai.com", "http.response.status_code": 200,
                "proxy.response.body": openai_answer(&call).to_string(),
                "proxy.response.usage.prompt_tokens": call.input,
                "proxy.response.usage.completion_tokens": call.output}))
            .send();
    }
}

fn langchain4j_listener(w: &mut World) {
    two(w, ("shop.listener", "chat-model"), Call::refusable, |call| {
        if call.failed {
            json!({"llm.request.model": call.model, "llm.provider": "OPEN_AI", "span.type": "llm"})
        } else {
            json!({"llm.request.model": "gpt-4o", "llm.response.model": call.model,
                "llm.response.id": call.id(), "llm.tokens.input": call.input,
                "llm.tokens.output": call.output, "llm.tokens.total": call.total(),
                "llm.finish_reason": "STOP"})
        }
    });
}

fn go_usage(w: &mut World) {
    two(
        w,
        ("github.com/acme/shop/llm", "llm.Generate"),
        |call| call,
        |call| {
            json!({"llm.vendor": "openai", "llm.request.model": call.model,
            "llm.usage.prompt_tokens": call.input, "llm.usage.completion_tokens": call.output,
            "llm.usage.total_tokens": call.total(), "llm.usage.cached_tokens": call.read,
            "llm.usage.reasoning_tokens": call.reasoning})
        },
    );
}

fn java_print(w: &mut World) {
    two(
        w,
        ("shop", "OpenAiService.ask"),
        |call| call,
        |call| {
            let text = format!(
                "CompletionUsage{{completionTokens={}, promptTokens={}, totalTokens={}, \
             completionTokensDetails=CompletionTokensDetails{{reasoningTokens={}, additionalProperties={{}}}}, \
             promptTokensDetails=PromptTokensDetails{{audioTokens=0, cachedTokens={}, \
             additionalProperties={{}}}}, additionalProperties={{}}}}",
                call.output,
                call.input,
                call.total(),
                call.reasoning,
                call.read
            );
            json!({"model": call.model, "usage": text})
        },
    );
}

/// The span that an agent in the kernel makes of a request's bytes.
fn ebpf(call: &Call) -> Value {
    join(&[
        genai(call),
        id(call),
        json!({"http.request.method": "POST", "url.path": "/v1/chat/completions",
        "server.address": "api.openai.com", "http.response.status_code": 200}),
    ])
}

fn ebpf_below(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.process("shop", 4);
        let outer = w.span("openinference.instrumentation.openai", "ChatCompletion").around(&call, 4);
        let outer = outer.with(openinference(&call)).send();
        w.resource(json!({"service.name": "shop", "service.instance.id": "node-1:4411",
            "telemetry.sdk.name": "opentelemetry-ebpf-instrumentation", "host.name": "node-1"}));
        w.span("go.opentelemetry.io/obi", "chat gpt-4o")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(ebpf(&call))
            .send();
    }
}

fn ebpf_apart(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.process("shop", 4);
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .around(&call, 4)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.resource(json!({"service.name": "shop", "service.instance.id": "node-1:4411",
            "telemetry.sdk.name": "opentelemetry-ebpf-instrumentation", "host.name": "node-1"}));
        w.span("go.opentelemetry.io/obi", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(ebpf(&call))
            .send();
    }
}

fn browser_and_server(w: &mut World) {
    for call in w.twice(Call::plain) {
        let told = json!({"llm.model": call.model, "llm.tokens.prompt": call.input,
            "llm.tokens.completion": call.output});
        w.process("web", 1);
        let click = w.span("web", "chat.send").kind(CLIENT).around(&call, 60).with(told.clone()).send();
        w.process("api", 4);
        let served = w
            .span("api", "POST /api/chat")
            .kind(SERVER)
            .under(&click)
            .around(&call, 20)
            .with(json!({"http.request.method": "POST"}))
            .send();
        w.span("api", "llm.call").under(&served).around(&call, 0).with(told).send();
    }
}

fn server_only_tokens(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("api", "POST /api/chat")
            .kind(SERVER)
            .around(&call, 20)
            .with(
                json!({"http.request.method": "POST", "http.route": "/api/chat", "app.llm.model": call.model,
                "app.llm.input_tokens": call.input, "app.llm.output_tokens": call.output,
                "app.llm.time_to_first_token_ms": 210}),
            )
            .send();
    }
}

fn classifier(w: &mut World) {
    let root = w.span("shop", "ask").time(-9, 3_000).with(json!({"app.customer": 7})).send();
    let answer = w.call(Call::plain);
    let class = w.call(|call| Call {
        input: answer.input,
        output: 1,
        start: answer.start + 1,
        ms: 90,
        ..call.plain().model("gpt-4o-mini", "openai")
    });
    for call in [&answer, &class] {
        w.span("shop", "llm")
            .under(&root)
            .around(call, 0)
            .with(json!({"model": call.model, "prompt_tokens": call.input,
                "completion_tokens": call.output}))
            .send();
    }
}

fn five_equal(w: &mut World) {
    let first = Call::new(11, 0).plain();
    let root = w.span("shop", "vote").time(-9, 3_000).with(json!({"app.votes": 5})).send();
    for n in 0..5 {
        let call = w.call(|_| Call { n, start: 2, ms: 700 + n as i64, ..first.clone() });
        w.span("shop", "llm")
            .under(&root)
            .around(&call, 0)
            .with(json!({"model": call.model, "prompt_tokens": call.input,
                "completion_tokens": call.output, "vote": n}))
            .send();
    }
}

fn map_reduce(w: &mut World) {
    let root = w
        .span("openinference.instrumentation.langchain", "MapReduceDocumentsChain")
        .time(-9, 9_000)
        .with(json!({"openinference.span.kind": "CHAIN", "input.value": "docs"}))
        .send();
    let reduce = w.call(|call| Call { start: 4_000, ..call.plain() });
    let mut maps: Vec<Call> = (0..4).map(|n| w.call(|call| Call { start: n, ..call.plain() })).collect();
    maps.push(reduce);
    for call in &maps {
        w.span("openinference.instrumentation.langchain", "ChatOpenAI")
            .under(&root)
            .around(call, 3)
            .with(openinference(call))
            .send();
    }
}

fn half_stream(w: &mut World) {
    let call = w.call(|call| Call { failed: true, ..call.refused() });
    w.span("shop", "llm.stream")
        .around(&call, 0)
        .with(json!({"llm.model": call.model, "span.type": "llm", "llm.chunks": 41,
            "error.type": "ReadTimeout"}))
        .fail("ReadTimeout")
        .send();
}

fn tool_again(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w.span("shop", "agent.run").time(-9, 5_000).with(json!({"agent.name": "Kit"})).send();
    w.span("shop", "llm")
        .under(&root)
        .around(&call, 0)
        .with(json!({"model": call.model,
        "prompt_tokens": call.input, "completion_tokens": call.output}))
        .send();
    for (n, fails) in [(0, true), (1, false)] {
        let span = w
            .span("shop", "tool.search")
            .under(&root)
            .time(call.end() + 50 * (n + 1), 40)
            .with(json!({"tool.name": "search", "tool.attempt": n + 1}));
        if fails {
            span.fail("TimeoutError").send()
        } else {
            span.send()
        };
        w.ran("search", fails);
    }
    w.agents.insert("Kit".into());
}

fn judge_cached(w: &mut World) {
    let call = w.call(Call::plain);
    let hit = Call { n: 7, start: call.end() + 90, ms: 3, ..call.clone() };
    let judge = w.call(|call| Call { start: hit.end() + 20, ..call.plain().model("gpt-4o-mini", "openai") });
    for (call, cached) in [(&call, false), (&hit, true), (&judge, false)] {
        w.span("shop", "llm")
            .around(call, 0)
            .with(json!({"model": call.model, "cached": cached,
            "prompt_tokens": call.input, "completion_tokens": call.output}))
            .send();
    }
}

fn voice_chain(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w.span("voice", "turn").around(&call, 2_000).with(json!({"turn.index": 1})).send();
    w.span("voice", "transcribe")
        .under(&root)
        .time(call.start - 900, 300)
        .with(json!({
        "stt.model": "whisper-1", "stt.audio_seconds": 12.5}))
        .send();
    w.span("voice", "llm")
        .under(&root)
        .around(&call, 0)
        .with(json!({"llm.model": call.model,
        "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output}))
        .send();
    w.span("voice", "speak")
        .under(&root)
        .time(call.end() + 5, 600)
        .with(json!({"tts.model": "tts-1",
        "tts.characters": 412}))
        .send();
}

fn image_parts(w: &mut World) {
    for call in w.twice(|call| call.plain().model("gpt-image-1", "openai")) {
        let usage = json!({"input_tokens": call.input, "output_tokens": call.output,
            "total_tokens": call.total(), "input_tokens_details": {"text_tokens": call.input,
                "image_tokens": 0}});
        w.span("shop", "images.generate")
            .around(&call, 0)
            .with(json!({"model": call.model,
            "response": json!({"created": 1, "data": [{"b64_json": "aGk="}], "usage": usage}).to_string()}))
            .send();
    }
}

fn thinking_budget(w: &mut World) {
    two(
        w,
        ("shop", "llm.call"),
        |call| call,
        |call| {
            json!({"llm.model": call.model, "llm.input_tokens": call.input, "llm.output_tokens": call.output,
            "llm.thinking_tokens": call.reasoning, "llm.thinking_budget_tokens": 16_000,
            "llm.max_output_tokens": 32_000, "llm.cached_tokens": call.read,
            "llm.total_tokens": call.total()})
        },
    );
}

fn limits_and_prices(w: &mut World) {
    two(w, ("shop", "llm.call"), Call::plain, |call| {
        json!({"llm.model": call.model, "llm.tokens.input": call.input, "llm.tokens.output": call.output,
            "llm.price.input_per_million_tokens": 2.5, "llm.price.output_per_million_tokens": 10.0,
            "llm.limits.tokens_per_minute": 90_000, "llm.limits.remaining_tokens": 88_000,
            "llm.context.window_tokens": 128_000})
    });
}
