//! Usage objects of newer SDKs, queues, services on both sides, and counters of programs.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, id, join};
use super::world::{CLIENT, Metric, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("AI SDK's usage with details in a home-made span", ai_usage),
    ("answer of the Responses API in a home-made span", responses),
    ("producer and worker of a queue", queue),
    ("details of the inference in an event of its span", details),
    ("counters of tokens by model and direction", counters),
    ("tokens in and out beside a model", in_and_out),
    ("DeepSeek's hits and misses", hits_and_misses),
    ("service and client both told by hand", both_sides),
    ("instant spans of calls", instant),
    ("steps of opencode by a plugin", opencode_steps),
    ("result of a coding agent beside its messages", result),
    ("one span per attempt below one request", attempts),
];

fn ai_usage(w: &mut World) {
    for call in [w.call(Call::claude), w.call(Call::claude)] {
        let usage = json!({"inputTokens": call.input, "outputTokens": call.output,
            "totalTokens": call.total(), "cachedInputTokens": call.read,
            "inputTokenDetails": {"noCacheTokens": call.fresh(), "cacheReadTokens": call.read,
                "cacheWriteTokens": call.write},
            "outputTokenDetails": {"textTokens": call.output}, "raw": claude_usage(&call)});
        w.span("desk", "llm.generate")
            .around(&call, 0)
            .with(json!({"llm.modelId": call.model, "llm.usage": usage.to_string()}))
            .send();
    }
}

fn responses(w: &mut World) {
    for call in w.twice(|call| call) {
        let answer = json!({"id": call.id().replace("chatcmpl-", "resp_"), "object": "response",
            "model": "gpt-4o-2024-08-06", "status": "completed", "output": [{"type": "message",
                "role": "assistant", "content": [{"type": "output_text", "text": call.text()}]}],
            "usage": {"input_tokens": call.input, "input_tokens_details": {"cached_tokens": call.read},
                "output_tokens": call.output,
                "output_tokens_details": {"reasoning_tokens": call.reasoning},
                "total_tokens": call.total()}});
        w.span("desk", "POST /v1/responses")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"http.response.status_code": 200, "http.response.body": answer.to_string()}))
            .send();
    }
}

fn queue(w: &mut World) {
    for call in w.twice(Call::plain) {
        let job = json!({"model": call.model, "prompt_tokens": call.input,
            "completion_tokens": call.output, "messaging.system": "rabbitmq"});
        w.process("worker", 9);
        let asked = w.place();
        let work = w.span("worker", "jobs process").kind(5).under(&asked).around(&call, 3).send();
        w.span("worker", "llm.completion").under(&work).around(&call, 0).with(job.clone()).send();
        w.process("shop", 4);
        w.span("shop", "ask").of(&asked).around(&call, 40).with(job).send();
    }
}

fn details(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("gen", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model}))
            .event("gen_ai.client.inference.operation.details", call.end(), join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn counters(w: &mut World) {
    w.untold();
    let call = w.call(Call::plain);
    let point = |direction: &str, value: u64| {
        (
            json!({"model": call.model, "provider": "openai", "direction": direction}),
            value,
            call.start,
            call.end(),
        )
    };
    let points = vec![point("input", call.input), point("output", call.output)];
    w.metric("gevic", Metric { name: "gevic_llm_tokens_total", is_delta: true, is_histogram: false, points });
}

fn in_and_out(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("bot", "completion")
            .around(&call, 0)
            .with(json!({"model": call.model, "tokens.in": call.input, "tokens.out": call.output,
                "latency_ms": call.ms}))
            .send();
    }
}

fn hits_and_misses(w: &mut World) {
    for call in w.twice(|call| call.model("deepseek-chat", "deepseek")) {
        let usage = json!({"prompt_tokens": call.input, "completion_tokens": call.output,
            "total_tokens": call.total(), "prompt_cache_hit_tokens": call.read,
            "prompt_cache_miss_tokens": call.input - call.read,
            "completion_tokens_details": {"reasoning_tokens": call.reasoning}});
        w.span("bot", "deepseek")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "llm.usage": usage.to_string()}))
            .send();
    }
}

fn both_sides(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.process("shop", 4);
        let asked = w
            .span("shop", "llm.Service/Complete")
            .kind(CLIENT)
            .around(&call, 12)
            .with(json!({"rpc.system": "grpc", "model": call.model, "usage.prompt_tokens": call.input,
                "usage.completion_tokens": call.output}))
            .send();
        w.process("llm", 8);
        let served = w
            .span("llm", "llm.Service/Complete")
            .kind(SERVER)
            .under(&asked)
            .around(&call, 6)
            .with(json!({"rpc.system": "grpc"}))
            .send();
        w.span("llm", "openai")
            .under(&served)
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "llm.input_tokens": call.input,
                "llm.output_tokens": call.output}))
            .send();
    }
}

fn instant(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("hook", "llm_call").time(call.end(), 0).with(genai(&call)).send();
    }
}

fn opencode_steps(w: &mut World) {
    for call in [w.call(Call::claude), w.call(Call::claude)] {
        let tokens = json!({"total": call.total(), "input": call.fresh(), "output": call.output,
            "reasoning": 0, "cache": {"read": call.read, "write": call.write}});
        w.reported += 4_000;
        w.span("plugin", "opencode.step")
            .around(&call, 0)
            .with(json!({"modelID": call.model, "providerID": "anthropic", "cost": 0.004,
                "tokens": tokens.to_string(), "sessionID": "ses_1"}))
            .send();
    }
    w.sessions.insert("ses_1".to_owned());
}

fn result(w: &mut World) {
    let calls = [w.call(Call::claude), w.call(Call::claude)];
    let all = w.span("sdk", "query").time(-20, 5_000);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let usage = json!({"input_tokens": sum(Call::fresh), "output_tokens": sum(|c| c.output),
        "cache_read_input_tokens": sum(|c| c.read), "cache_creation_input_tokens": sum(|c| c.write)});
    let at = all
        .with(json!({"result.subtype": "success", "result.num_turns": 2,
            "result.usage": usage.to_string()}))
        .send();
    for call in &calls {
        let message = json!({"id": call.id(), "type": "message", "role": "assistant", "model": call.model,
            "content": [{"type": "text", "text": call.text()}], "usage": claude_usage(call)});
        w.span("sdk", "assistant")
            .under(&at)
            .around(call, 0)
            .with(json!({"message": message.to_string()}))
            .send();
    }
}

fn attempts(w: &mut World) {
    let first = w.call(Call::refused);
    let second = w.call(|call| Call { start: first.end() + 30, ..call.plain() });
    let asked: Value = json!({"llm.model": second.model, "llm.input_tokens": second.input,
        "llm.output_tokens": second.output, "llm.attempts": 2});
    let at = w
        .span("bot", "llm.request")
        .time(first.start - 1, second.end() - first.start + 2)
        .with(asked.clone())
        .send();
    w.span("bot", "llm.attempt")
        .under(&at)
        .around(&first, 0)
        .with(json!({"llm.model": first.model, "llm.attempt": 1, "span.type": "llm"}))
        .fail("RateLimitError")
        .send();
    w.span("bot", "llm.attempt")
        .under(&at)
        .around(&second, 0)
        .with(join(&[asked, json!({"llm.attempt": 2, "llm.attempts": null})]))
        .send();
}
