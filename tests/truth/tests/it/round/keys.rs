//! Keys of home-made programs, frameworks and platforms, as public repositories have them.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, id, join, openai_answer, openai_usage, some};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("ai.tokens.prompt beside ai.model", ai_tokens),
    ("ai.tokens_in beside a score", ai_tokens_in),
    ("ai.usage.prompt_tokens by hand", ai_usage_snake),
    ("ai.usage.promptTokens by hand", ai_usage_camel),
    ("run with ai.usage.input over its calls", ai_run),
    ("keys openai.usage", openai_keys),
    ("keys anthropic.usage", anthropic_keys),
    ("keys gemini.usage_metadata", gemini_keys),
    ("keys tokens.prompt beside the model", tokens_prompt),
    ("gen_ai.usage as JSON", genai_usage_json),
    ("gen_ai.response as JSON", genai_response_json),
    ("gen_ai.usage.prompt and completion", genai_prompt),
    ("headers of Bedrock", bedrock_headers),
    ("usage by model with one request", by_model),
    ("usage by model with two requests", by_model_twice),
    ("usage of several models in one span", several_models),
    ("result of an agent with usage by model", model_usage),
    ("flat usage in camel case with cached input", camel_cached),
    ("Claude's cached tokens under keys of llm", llm_claude),
    ("Symfony AI's token usage", symfony),
    ("collector of BAML", baml),
    ("LangWatch's metrics", langwatch),
    ("Confident AI", confident),
    ("Fiddler", fiddler),
    ("Semantic Kernel with tokens of the response", kernel_response),
    ("CozeLoop", cozeloop),
    ("figures of a meter beside those of the conventions", double_figures),
];

/// Two calls of a home-made program with these attributes.
fn two(w: &mut World, name: &str, how: fn(Call) -> Call, tell: impl Fn(&Call) -> Value) {
    for call in w.twice(how) {
        w.span("app", name).around(&call, 0).with(tell(&call)).send();
    }
}

fn ai_tokens(w: &mut World) {
    two(w, "ai_completion", Call::plain, |call| {
        json!({"ai.model": call.model, "ai.provider": "openai", "ai.tokens.prompt": call.input,
            "ai.tokens.completion": call.output, "ai.tokens.total": call.total(), "ai.latency_ms": 12.5})
    });
}

fn ai_tokens_in(w: &mut World) {
    two(w, "brief.generate", Call::plain, |call| {
        json!({"ai.provider": "openai", "ai.model": call.model, "ai.tokens_in": call.input,
            "ai.tokens_out": call.output, "ai.quality_score": 0.9, "ai.status": "completed"})
    });
}

fn ai_usage_snake(w: &mut World) {
    two(w, "POST /v1/chat/completions", Call::plain, |call| {
        json!({"ai.model": call.model, "ai.usage.prompt_tokens": call.input,
            "ai.usage.completion_tokens": call.output, "ai.usage.total_tokens": call.total()})
    });
}

fn ai_usage_camel(w: &mut World) {
    two(w, "llm.chat", Call::plain, |call| {
        json!({"ai.model": call.model, "ai.usage.promptTokens": call.input,
            "ai.usage.completionTokens": call.output, "ai.usage.totalTokens": call.total(),
            "ai.finishReason": "stop"})
    });
}

fn ai_run(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("app", "agent.run")
        .time(-9, 6_000)
        .with(json!({"ai.run.id": "r-1", "ai.usage.input": sum(|c| c.input),
            "ai.usage.output": sum(|c| c.output), "ai.usage.total": sum(Call::total)}))
        .send();
    for call in &calls {
        w.span("app", "model.call")
            .under(&root)
            .around(call, 0)
            .with(json!({"ai.model": call.model, "ai.tokens.input": call.input,
                "ai.tokens.output": call.output}))
            .send();
    }
}

fn openai_keys(w: &mut World) {
    two(
        w,
        "openai.chat",
        |call| call,
        |call| {
            json!({"openai.model": "gpt-4o", "openai.response.model": call.model,
            "openai.response.id": call.id(), "openai.usage.prompt_tokens": call.input,
            "openai.usage.completion_tokens": call.output, "openai.usage.total_tokens": call.total(),
            "openai.usage.prompt_tokens_details.cached_tokens": call.read,
            "openai.usage.completion_tokens_details.reasoning_tokens": call.reasoning})
        },
    );
}

fn anthropic_keys(w: &mut World) {
    two(w, "anthropic.messages", Call::claude, |call| {
        json!({"anthropic.model": call.model, "anthropic.message.id": call.id(),
            "anthropic.usage.input_tokens": call.fresh(), "anthropic.usage.output_tokens": call.output,
            "anthropic.usage.cache_read_input_tokens": call.read,
            "anthropic.usage.cache_creation_input_tokens": call.write})
    });
}

fn gemini_keys(w: &mut World) {
    two(
        w,
        "gemini.generate",
        |call| call.model("gemini-2.5-flash", "gcp.gemini"),
        |call| {
            json!({"gemini.model": call.model, "gemini.usage_metadata.prompt_token_count": call.input,
            "gemini.usage_metadata.candidates_token_count": call.output - call.reasoning,
            "gemini.usage_metadata.thoughts_token_count": call.reasoning,
            "gemini.usage_metadata.cached_content_token_count": call.read,
            "gemini.usage_metadata.total_token_count": call.total()})
        },
    );
}

fn tokens_prompt(w: &mut World) {
    two(w, "OpenAIService.complete", Call::plain, |call| {
        json!({"model": call.model, "tokens_prompt": call.input, "tokens_completion": call.output,
            "tokens_total": call.total(), "message_length": 812, "response_length": 99})
    });
}

fn genai_usage_json(w: &mut World) {
    two(
        w,
        "chat gpt-4o",
        |call| call,
        |call| {
            json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
            "gen_ai.usage": openai_usage(call).to_string()})
        },
    );
}

fn genai_response_json(w: &mut World) {
    two(
        w,
        "chat gpt-4o",
        |call| call,
        |call| json!({"gen_ai.request.model": call.model, "gen_ai.response": openai_answer(call).to_string()}),
    );
}

fn genai_prompt(w: &mut World) {
    two(w, "llm", Call::plain, |call| {
        json!({"gen_ai.request.model": call.model, "gen_ai.usage.prompt": call.input,
            "gen_ai.usage.completion": call.output, "gen_ai.usage.total": call.total()})
    });
}

fn bedrock_headers(w: &mut World) {
    two(
        w,
        "Bedrock Runtime.InvokeModel",
        |call| Call { write: 0, ..call.claude() },
        |call| {
            let header = |name: &str| format!("http.response.header.x-amzn-bedrock-{name}");
            let mut told = json!({"rpc.system": "aws-api", "rpc.method": "InvokeModel",
            "model_id": call.model});
            told[header("input-token-count")] = json!([call.fresh().to_string()]);
            told[header("output-token-count")] = json!([call.output.to_string()]);
            told[header("cache-read-input-token-count")] = json!([call.read.to_string()]);
            told[header("invocation-latency")] = json!(["926"]);
            told
        },
    );
}

fn by_model(w: &mut World) {
    two(w, "ask", Call::plain, |call| {
        let mut usage = json!({});
        usage[call.model] = json!({"requests": 1, "prompt_tokens": call.input,
            "completion_tokens": call.output, "total_tokens": call.total()});
        json!({"result": json!({ "usage": usage }).to_string()})
    });
}

fn by_model_twice(w: &mut World) {
    let calls = w.twice(Call::plain);
    w.untold();
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let usage = json!({"gpt-4o": {"requests": 2, "prompt_tokens": sum(|c| c.input),
        "completion_tokens": sum(|c| c.output)}});
    w.span("app", "ask").time(0, 4_000).with(json!({ "usage": usage })).send();
}

fn several_models(w: &mut World) {
    let [one, other] = [Call::new(4, 0).plain(), Call::new(4, 1).plain()];
    let usage = json!({"gpt-4o": {"requests": 1, "prompt_tokens": one.input,
        "completion_tokens": one.output}, "gpt-4o-mini": {"requests": 1,
        "prompt_tokens": other.input, "completion_tokens": other.output}});
    w.span("app", "ask").time(0, 4_000).with(json!({"usage": usage.to_string()})).send();
}

fn model_usage(w: &mut World) {
    for call in w.twice(Call::claude) {
        let mut by_model = json!({});
        by_model[call.model] = json!({"inputTokens": call.fresh(), "outputTokens": call.output,
            "cacheReadInputTokens": call.read, "cacheCreationInputTokens": call.write,
            "webSearchRequests": 0, "costUSD": 0.003, "contextWindow": 200_000});
        w.reported += 3_000;
        let result = json!({"type": "result", "subtype": "success", "num_turns": 1, "session_id": "s-1",
            "total_cost_usd": 0.003, "usage": claude_usage(&call), "modelUsage": by_model});
        w.span("app", "claude.query").around(&call, 9).with(json!({"result": result.to_string()})).send();
    }
}

fn camel_cached(w: &mut World) {
    two(w, "generate", Call::mute, |call| {
        json!({"modelId": call.model, "usage.inputTokens": call.input, "usage.outputTokens": call.output,
            "usage.cachedInputTokens": call.read, "usage.totalTokens": call.total()})
    });
}

fn llm_claude(w: &mut World) {
    two(w, "llm.call", Call::claude, |call| {
        json!({"llm.model": call.model, "llm.provider": "anthropic", "llm.input_tokens": call.fresh(),
            "llm.output_tokens": call.output, "llm.cache_read_tokens": call.read,
            "llm.cache_creation_tokens": call.write})
    });
}

fn symfony(w: &mut World) {
    two(
        w,
        "ai.platform.invoke",
        |call| call,
        |call| {
            json!({"symfony_ai.model": call.model, "symfony_ai.token_usage": json!({
            "promptTokens": call.input, "completionTokens": call.output, "thinkingTokens": call.reasoning,
            "cachedTokens": call.read, "totalTokens": call.total(), "remainingTokens": 91_000}).to_string()})
        },
    );
}

fn baml(w: &mut World) {
    two(w, "baml.ExtractResume", Call::mute, |call| {
        json!({"baml.function": "ExtractResume", "baml.client": "openai/gpt-4o",
            "baml.usage.input_tokens": call.input, "baml.usage.output_tokens": call.output,
            "baml.usage.cached_input_tokens": call.read})
    });
}

fn langwatch(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.reported += 2_000;
        let metrics = json!({"type": "json", "value": {"promptTokens": call.input,
            "completionTokens": call.output, "cost": 0.002}});
        w.span("langwatch", "ask model")
            .around(&call, 0)
            .with(json!({"langwatch.span.type": "llm", "gen_ai.request.model": call.model,
                "langwatch.metrics": metrics.to_string()}))
            .send();
    }
}

fn confident(w: &mut World) {
    for call in w.twice(Call::plain) {
        let agent = w
            .span("deepeval", "planner")
            .around(&call, 20)
            .with(json!({"confident.span.type": "agent", "confident.span.name": "planner"}))
            .send();
        w.span("deepeval", "chat-completion")
            .under(&agent)
            .around(&call, 0)
            .with(json!({"confident.span.type": "llm", "confident.llm.model": call.model,
                "confident.llm.input_token_count": call.input,
                "confident.llm.output_token_count": call.output,
                "confident.llm.cost_per_input_token": 0.0025}))
            .send();
    }
    w.agents.insert("planner".into());
}

fn fiddler(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("fiddler", "ChatOpenAI")
            .around(&call, 0)
            .with(json!({"fiddler.span.type": "llm", "gen_ai.llm.model": call.model,
                "gen_ai.llm.system": "openai", "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output, "gen_ai.usage.total_tokens": call.total()}))
            .send();
    }
}

fn kernel_response(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("Microsoft.SemanticKernel.Diagnostics", "chat.completions gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[
                id(&call),
                json!({"gen_ai.operation.name": "chat.completions", "gen_ai.system": "openai",
                    "gen_ai.request.model": call.model, "gen_ai.response.prompt_tokens": call.input,
                    "gen_ai.response.completion_tokens": call.output,
                    "gen_ai.response.finish_reason": "Stop"}),
            ]))
            .send();
    }
}

fn cozeloop(w: &mut World) {
    for call in w.twice(Call::mute) {
        let root = w
            .span("cozeloop", "graph")
            .around(&call, 30)
            .with(json!({"cozeloop.span_type": "graph", "tokens": call.total()}))
            .send();
        w.span("cozeloop", "ChatModel")
            .under(&root)
            .around(&call, 0)
            .with(json!({"cozeloop.span_type": "model", "model_name": call.model,
                "model_provider": "openai", "input_tokens": call.input, "output_tokens": call.output,
                "input_cached_tokens": call.read, "tokens": call.total(), "latency_first_resp": 90}))
            .send();
    }
}

fn double_figures(w: &mut World) {
    two(
        w,
        "chat gpt-4o",
        |call| call,
        |call| {
            join(&[
                genai(call),
                id(call),
                json!({"meter.input_tokens": call.input, "meter.output_tokens": call.output,
                "confident.llm.input_token_count": 0, "meter.cached": some(call.read)}),
            ])
        },
    );
}
