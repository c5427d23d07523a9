//! Usage objects of providers that programs flatten into single attributes, and calls in the words of SDKs.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, gemini_usage, genai, id, join, openai_answer, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("flattened usage of OpenAI", flat_openai),
    ("flattened answer of OpenAI", flat_answer),
    ("flattened usage of Claude with lifetimes", flat_claude),
    ("flattened usage of Gemini with modalities", flat_gemini),
    ("flattened usage of Converse with its doubles", flat_converse),
    ("flattened usage of Cohere with billed units", flat_cohere),
    ("flattened usage of the Responses API", flat_responses),
    ("flattened usage of Ollama with durations", flat_ollama),
    ("details of the input as JSON beside its figures", tracy),
    ("input without caches by a total of all parts", total_of_parts),
    ("cost and caches in words of .NET", dotnet_words),
    ("event with the tokens by their types", typed_event),
    ("calls as events of one span", call_events),
    ("one record per block of one answer", blocks),
    ("records of one answer whose output grows", growing_blocks),
    ("embedMany of the AI SDK", embed_many),
    ("failed attempt of the AI SDK before its answer", ai_retry),
    ("AI SDK over a client with its own instrumentation", ai_over_client),
    ("root with the sums of its turns without operations", turns_root),
    ("agent's figures above those of its calls", agent_above),
    ("tokens in Spanish", spanish),
    ("kvlist of a response under an own key", kvlist_response),
    ("usage in bytes and tokens", bytes_and_tokens),
    ("cached tokens as a share", cached_share),
];

/// The members of nested objects and lists, each under its path.
fn flat(prefix: &str, value: &Value) -> Value {
    let mut pairs = serde_json::Map::new();
    fn walk(path: &str, value: &Value, pairs: &mut serde_json::Map<String, Value>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(key, value)| walk(&format!("{path}.{key}"), value, pairs));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, value)| walk(&format!("{path}.{at}"), value, pairs));
            }
            other => drop(pairs.insert(path.to_owned(), other.clone())),
        }
    }
    walk(prefix, value, &mut pairs);
    Value::Object(pairs)
}

fn told(w: &mut World, how: fn(Call) -> Call, tell: impl Fn(&Call) -> Value) {
    for call in w.twice(how) {
        w.span("shop", "complete")
            .around(&call, 0)
            .with(json!({"shop.model": call.model}))
            .with(tell(&call))
            .send();
    }
}

fn flat_openai(w: &mut World) {
    told(w, |call| call, |call| flat("shop.usage", &openai_usage(call)));
}

fn flat_answer(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("shop", "complete").around(&call, 0).with(flat("response", &openai_answer(&call))).send();
    }
}

fn flat_claude(w: &mut World) {
    told(w, Call::claude, |call| {
        let mut usage = claude_usage(call);
        usage["cache_creation"] =
            json!({"ephemeral_5m_input_tokens": call.write, "ephemeral_1h_input_tokens": 0});
        usage["server_tool_use"] = json!({"web_search_requests": 0});
        flat("shop.usage", &usage)
    });
}

fn flat_gemini(w: &mut World) {
    told(
        w,
        |call| call.model("gemini-2.5-pro", "gcp.gemini"),
        |call| {
            let mut usage = gemini_usage(call);
            usage["promptTokensDetails"] = json!([{"modality": "TEXT", "tokenCount": call.input - 30},
            {"modality": "AUDIO", "tokenCount": 30}]);
            usage["cacheTokensDetails"] = json!([{"modality": "TEXT", "tokenCount": call.read}]);
            flat("shop.usageMetadata", &usage)
        },
    );
}

fn flat_converse(w: &mut World) {
    told(w, Call::claude, |call| {
        let usage = json!({"inputTokens": call.fresh(), "outputTokens": call.output,
            "totalTokens": call.total(), "cacheReadInputTokens": call.read,
            "cacheReadInputTokenCount": call.read, "cacheWriteInputTokens": call.write,
            "cacheWriteInputTokenCount": call.write});
        flat("shop.usage", &usage)
    });
}

fn flat_cohere(w: &mut World) {
    told(
        w,
        |call| call.plain().model("command-r-plus-08-2024", "cohere"),
        |call| {
            let meta = json!({"billed_units": {"input_tokens": call.input, "output_tokens": call.output},
            "tokens": {"input_tokens": call.input + 61, "output_tokens": call.output + 2}});
            flat("shop.meta", &meta)
        },
    );
}

fn flat_responses(w: &mut World) {
    told(
        w,
        |call| call,
        |call| {
            let usage = json!({"input_tokens": call.input, "output_tokens": call.output,
            "total_tokens": call.total(), "input_tokens_details": {"cached_tokens": call.read},
            "output_tokens_details": {"reasoning_tokens": call.reasoning}});
            flat("shop.response.usage", &usage)
        },
    );
}

fn flat_ollama(w: &mut World) {
    told(
        w,
        |call| call.plain().model("llama3.1:8b", ""),
        |call| {
            let body = json!({"prompt_eval_count": call.input, "prompt_eval_duration": 342_546_000,
            "eval_count": call.output, "eval_duration": 4_535_599_000_u64,
            "total_duration": 4_883_583_458_u64, "load_duration": 1_334_875});
            flat("shop.ollama", &body)
        },
    );
}

fn tracy(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("tracy", "OpenAI-generation")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
                "gen_ai.provider.name": "openai", "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output, "gen_ai.usage.total_tokens": call.total(),
                "gen_ai.usage.input_tokens_details":
                    json!({"cached_tokens": call.read}).to_string()}))
            .send();
    }
}

fn total_of_parts(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.span("claw", "model.usage")
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
                "gen_ai.usage.input_tokens": call.fresh(), "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.total_tokens": call.total(),
                "gen_ai.usage.cache_read.input_tokens": call.read,
                "gen_ai.usage.cache_creation.input_tokens": call.write}))
            .send();
    }
}

fn dotnet_words(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.reported += 4_000;
        w.span("Shop.Agents", "LLM chat")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.cache_read_tokens": call.read, "gen_ai.usage.cache_write_tokens": 0,
                "gen_ai.usage.cost_usd": 0.004}))
            .send();
    }
}

fn typed_event(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("shop", "chat gpt-4o")
            .around(&call, 0)
            .with(genai(&call))
            .event(
                "gen_ai.content.tokens",
                call.end(),
                json!({"llm.token.type.input": call.input,
                "llm.token.type.output": call.output}),
            )
            .send();
    }
}

fn call_events(w: &mut World) {
    let calls = [Call::new(3, 0).plain(), Call::new(3, 1).plain()];
    let mut span = w.span("shop", "agent.run").time(0, 6_000).with(json!({"run.id": "r-1"}));
    for call in &calls {
        span = span.event(
            "llm.call",
            call.end(),
            json!({"llm.model": call.model,
            "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output}),
        );
    }
    span.send();
}

/// A record of one block of an answer, as a hook finds it in the transcript.
fn block(w: &mut World, call: &Call, n: i64, output: u64) {
    let mut usage = claude_usage(call);
    usage["output_tokens"] = json!(output);
    let message = json!({"id": call.id(), "type": "message", "role": "assistant", "model": call.model,
        "content": [{"type": "text", "text": format!("{} {n}", call.text())}], "usage": usage});
    w.span("hook", "assistant.message")
        .time(call.end() + 20 * n, 0)
        .with(json!({"transcript.message": message.to_string(), "session.id": "s-1"}))
        .send();
}

fn blocks(w: &mut World) {
    for call in w.twice(Call::claude) {
        (0..3).for_each(|n| block(w, &call, n, call.output));
    }
    w.sessions.insert("s-1".into());
}

fn growing_blocks(w: &mut World) {
    for call in w.twice(Call::claude) {
        (0..3).for_each(|n| block(w, &call, n, if n == 2 { call.output } else { 1 + n as u64 }));
    }
    w.sessions.insert("s-1".into());
}

fn embed_many(w: &mut World) {
    let calls = w.twice(Call::embedding);
    let sum: u64 = calls.iter().map(|call| call.input).sum();
    let root = w
        .span("ai", "ai.embedMany")
        .time(-9, 3_000)
        .with(json!({"operation.name": "ai.embedMany", "ai.operationId": "ai.embedMany",
            "ai.model.id": "text-embedding-3-small", "ai.model.provider": "openai.embedding",
            "ai.usage.tokens": sum}))
        .send();
    for call in &calls {
        w.span("ai", "ai.embedMany.doEmbed")
            .under(&root)
            .around(call, 0)
            .with(json!({"operation.name": "ai.embedMany.doEmbed",
                "ai.operationId": "ai.embedMany.doEmbed", "ai.model.id": "text-embedding-3-small",
                "ai.model.provider": "openai.embedding", "ai.usage.tokens": call.input}))
            .send();
    }
}

/// A request of the AI SDK in release 5.
fn ai_request(call: &Call) -> Value {
    let told = json!({"operation.name": "ai.generateText.doGenerate",
        "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "gpt-4o",
        "ai.model.provider": "openai.responses", "gen_ai.request.model": "gpt-4o",
        "gen_ai.system": "openai.responses"});
    if call.failed {
        return told;
    }
    join(&[
        told,
        json!({"ai.response.id": call.id(), "ai.response.model": call.model,
        "gen_ai.response.id": call.id(), "gen_ai.response.model": call.model,
        "ai.usage.promptTokens": call.input, "ai.usage.completionTokens": call.output,
        "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output}),
    ])
}

fn ai_root(w: &mut World, begin: i64, ms: i64, last: &Call) -> super::world::At {
    w.span("ai", "ai.generateText")
        .time(begin, ms)
        .with(json!({"operation.name": "ai.generateText", "ai.operationId": "ai.generateText",
            "ai.model.id": "gpt-4o", "ai.model.provider": "openai.responses",
            "ai.usage.promptTokens": last.input, "ai.usage.completionTokens": last.output}))
        .send()
}

fn ai_retry(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(|call| Call { start: refused.end() + 400, ..call.plain() });
    let root = ai_root(w, refused.start - 5, call.end() - refused.start + 10, &call);
    for call in [&refused, &call] {
        w.span("ai", "ai.generateText.doGenerate")
            .under(&root)
            .around(call, 0)
            .with(ai_request(call))
            .outcome(call)
            .send();
    }
}

fn ai_over_client(w: &mut World) {
    for call in w.twice(Call::plain) {
        let root = ai_root(w, call.start - 9, call.ms + 18, &call);
        let at = w
            .span("ai", "ai.generateText.doGenerate")
            .under(&root)
            .around(&call, 4)
            .with(ai_request(&call))
            .send();
        w.span("@opentelemetry/instrumentation-undici", "POST")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 1)
            .with(json!({"server.address": "api.openai.com", "http.request.method": "POST"}))
            .send();
        w.span("@opentelemetry/instrumentation-openai", "chat gpt-4o")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 2)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn turns_root(w: &mut World) {
    let calls = w.twice(Call::claude);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("hooks", "claude session")
        .time(-9, 9_000)
        .with(json!({"gen_ai.request.model": "claude-sonnet-4-5", "gen_ai.conversation.id": "c-1",
            "gen_ai.usage.input_tokens": sum(|c| c.input), "gen_ai.usage.output_tokens": sum(|c| c.output),
            "gen_ai.usage.total_tokens": sum(Call::total)}))
        .send();
    for (n, call) in calls.iter().enumerate() {
        w.span("hooks", &format!("turn {n}"))
            .under(&root)
            .around(call, 0)
            .with(json!({"gen_ai.request.model": "claude-sonnet-4-5", "gen_ai.conversation.id": "c-1",
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.cache_read.input_tokens": call.read,
                "gen_ai.usage.cache_creation.input_tokens": call.write}))
            .send();
    }
    w.sessions.insert("c-1".into());
}

fn agent_above(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("shop", "agent.execute")
        .time(-9, 6_000)
        .with(json!({"agent.model": "gpt-4o", "agent.success": true,
            "agent.prompt_tokens": sum(|c| c.input), "agent.completion_tokens": sum(|c| c.output),
            "agent.total_tokens": sum(Call::total)}))
        .send();
    for call in &calls {
        w.span("shop", "llm.call")
            .under(&root)
            .around(call, 0)
            .with(json!({"llm.model": call.model, "llm.prompt_tokens": call.input,
                "llm.completion_tokens": call.output, "llm.total_tokens": call.total()}))
            .send();
    }
}

fn spanish(w: &mut World) {
    let call = Call::new(5, 0).plain();
    w.span("tienda", "consulta")
        .around(&call, 0)
        .with(json!({"llm.model": call.model, "tokens.entrada": call.input, "tokens.salida": call.output}))
        .send();
}

fn kvlist_response(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("shop", "complete").around(&call, 0).with(json!({"shop.answer": openai_answer(&call)})).send();
    }
}

fn bytes_and_tokens(w: &mut World) {
    told(w, Call::plain, |call| {
        json!({"request.bytes": 8_812, "response.bytes": 412, "request.tokens": call.input,
            "response.tokens": call.output, "usage.cpu_seconds": 0.2})
    });
}

fn cached_share(w: &mut World) {
    told(w, Call::plain, |call| {
        json!({"usage.input_tokens": call.input, "usage.output_tokens": call.output,
            "usage.cached_tokens_ratio": 0.25, "usage.tokens_per_second": 41.5, "usage.max_tokens": 4_096})
    });
}
