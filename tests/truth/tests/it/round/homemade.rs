//! Programs that instrument their calls by hand, in the words of their authors.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, gemini_usage, genai, join, openai_answer, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("keys llm.tokens", llm_tokens),
    ("keys llm.usage with cache and cost", llm_usage),
    ("keys tokens in a generic span", bare_tokens),
    ("usage as a nested kvlist", kvlist),
    ("usage as JSON under an own key", usage_json),
    ("usage of Claude as JSON", claude_json),
    ("usage of Gemini as a kvlist", gemini_kvlist),
    ("usage printed by Elixir", elixir),
    ("usage printed by PHP", php),
    ("usage in an event", event),
    ("usage on agent and child", agent_and_child),
    ("usage on agent only", agent_only),
    ("usage on child with other keys than its agent", other_keys),
    ("sum over a session beside each call", running_sum),
    ("sub-agent within a tool", sub_agent),
    ("token rates and limits beside the usage", rates),
    ("embeddings and reranking", vectors),
    ("Rust with tracing fields", rust),
    ("Go with OpenAI's usage struct", go_struct),
    ("HTTP client with the body of the answer", http_body),
    ("tool runs by own keys", own_tools),
    ("batch of several answers in a span", batch),
    ("guardrail model beside the answer", guardrail),
];

fn llm_tokens(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("chat-service", "llm.call")
            .around(&call, 0)
            .with(json!({"llm.provider": "openai",
            "llm.model": call.model, "llm.tokens.prompt": call.input,
            "llm.tokens.completion": call.output,
            "llm.tokens.total": call.total(), "llm.cost_usd": 0.002, "llm.latency_ms": call.ms,
                "llm.finish_reason": "stop"}))
            .send();
        w.reported += 2_000;
    }
    let refused = w.call(Call::refused);
    w.span("chat-service", "llm.call")
        .around(&refused, 0)
        .with(json!({"span.type": "llm", "llm.provider": "openai", "llm.model": refused.model}))
        .outcome(&refused)
        .send();
}

fn llm_usage(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.span("composer", "llm.request")
            .around(&call, 0)
            .with(json!({"llm.system": "anthropic",
            "llm.model": call.model, "llm.usage.input_tokens": call.fresh(),
            "llm.usage.output_tokens": call.output,
            "llm.usage.cache_read_tokens": call.read, "llm.usage.cache_write_tokens": call.write,
                "llm.usage.total_tokens": call.total(), "llm.usage.cost_total": 0.02}))
            .send();
        w.reported += 20_000;
    }
}

fn bare_tokens(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("agent-loop", "agent.call")
            .around(&call, 0)
            .with(json!({"model": call.model,
            "tokens.input": call.input, "tokens.output": call.output, "tokens.total": call.total(),
            "latency_ms": 812.4, "safety.hate": 0}))
            .send();
    }
}

fn kvlist(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("nest-app", "OpenAIService.complete")
            .around(&call, 0)
            .with(json!({"ai": {"model": call.model, "provider": "openai", "usage": openai_usage(&call)},
            "code.function": "complete"}))
            .send();
    }
}

fn usage_json(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("nest-app", "complete")
            .around(&call, 0)
            .with(json!({"app.llm.model": call.model,
            "app.llm.usage": openai_usage(&call).to_string(),
            "app.llm.request": json!({"model": call.model, "max_tokens": 800}).to_string()}))
            .send();
    }
}

fn claude_json(w: &mut World) {
    for call in w.twice(Call::claude) {
        let body = json!({"id": call.id(), "type": "message", "model": call.model, "role": "assistant",
            "content": [{"type": "text", "text": call.text()}], "usage": claude_usage(&call)});
        w.span("ticket-bot", "claude")
            .around(&call, 0)
            .with(json!({"bot.response": body.to_string(), "bot.prompt": "summarise"}))
            .send();
    }
}

fn gemini_kvlist(w: &mut World) {
    for call in w.twice(|call| call.model("gemini-2.5-flash", "gcp.gemini")) {
        w.span("ads", "gemini")
            .around(&call, 0)
            .with(json!({"response": {"modelVersion": call.model,
            "responseId": format!("aQ{}x", call.input), "usageMetadata": gemini_usage(&call),
            "candidates": [{"content": {"parts": [{"text": call.text()}]}}]}}))
            .send();
    }
}

fn elixir(w: &mut World) {
    for call in w.twice(Call::mute) {
        let usage = format!(
            "%{{prompt_tokens: {}, completion_tokens: {}, total_tokens: {}, cached_tokens: {}}}",
            call.input,
            call.output,
            call.total(),
            call.read
        );
        w.span("my_app", "MyApp.LLM.chat/2")
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "llm.usage": usage, "elixir.module": "MyApp.LLM"}))
            .send();
    }
}

fn php(w: &mut World) {
    for call in w.twice(Call::plain) {
        let usage = format!(
            "OpenAI\\Responses\\Chat\\CreateResponseUsage(promptTokens={}, completionTokens={}, totalTokens={})",
            call.input,
            call.output,
            call.total()
        );
        w.span("laravel", "OpenAI::chat")
            .around(&call, 0)
            .with(json!({"openai.model": call.model, "openai.usage": usage, "http.status_code": "200"}))
            .send();
    }
}

fn event(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("spring-boot", "askModel")
            .around(&call, 0)
            .with(json!({"ai.model": call.model}))
            .event(
                "llm.completed",
                call.end(),
                json!({"prompt_tokens": call.input,
            "completion_tokens": call.output, "cached_tokens": call.read}),
            )
            .send();
    }
}

fn agent_and_child(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("crew", "agent.run")
        .time(-20, 6_000)
        .with(json!({"agent.name": "Writer",
        "model": "gpt-4o", "prompt_tokens": sum(|c| c.input),
        "completion_tokens": sum(|c| c.output)}))
        .send();
    for call in &calls {
        w.span("crew", "llm")
            .under(&root)
            .around(call, 0)
            .with(json!({"model": call.model, "prompt_tokens": call.input,
                "completion_tokens": call.output}))
            .send();
    }
    w.agents.insert("Writer".into());
}

fn agent_only(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w
        .span("crew", "agent.run")
        .around(&call, 50)
        .with(json!({"model": "gpt-4o", "prompt_tokens": call.input, "completion_tokens": call.output}))
        .send();
    w.span("crew", "step").under(&root).around(&call, 3).with(json!({"step": 1})).send();
}

fn other_keys(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("svc", "handle")
        .time(-20, 6_000)
        .with(json!({"tokens.prompt": sum(|c| c.input),
        "tokens.completion": sum(|c| c.output), "tokens.total": sum(Call::total),
        "model": "gpt-4o"}))
        .send();
    for call in &calls {
        w.span("svc", "openai").under(&root).kind(CLIENT).around(call, 0).with(genai(call)).send();
    }
}

fn running_sum(w: &mut World) {
    let mut sums = [0, 0];
    for call in w.twice(Call::plain) {
        sums = [sums[0] + call.input, sums[1] + call.output];
        w.span("repl", "turn")
            .around(&call, 0)
            .with(json!({"model": call.model,
            "usage.input_tokens": call.input, "usage.output_tokens": call.output,
            "session.input_tokens": sums[0], "session.output_tokens": sums[1],
                "session.total_tokens": sums[0] + sums[1]}))
            .send();
    }
}

fn sub_agent(w: &mut World) {
    let calls = [w.call(Call::plain), w.call(Call::plain), w.call(Call::plain)];
    let root = w
        .span("orchestra", "invoke_agent lead")
        .time(-20, 9_000)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "lead"}))
        .send();
    w.span("orchestra", "chat").under(&root).around(&calls[0], 0).with(genai(&calls[0])).send();
    let tool = w
        .span("orchestra", "execute_tool research")
        .under(&root)
        .time(calls[1].start - 10, 2_900)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "research"}))
        .send();
    let sub = w
        .span("orchestra", "invoke_agent researcher")
        .under(&tool)
        .time(calls[1].start - 5, 2_800)
        .with(join(&[
            json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "researcher"}),
            json!({"gen_ai.usage.input_tokens": calls[1].input,
            "gen_ai.usage.output_tokens": calls[1].output}),
        ]))
        .send();
    w.span("orchestra", "chat").under(&sub).around(&calls[1], 0).with(genai(&calls[1])).send();
    w.span("orchestra", "chat").under(&root).around(&calls[2], 0).with(genai(&calls[2])).send();
    w.ran("research", false);
    w.agents.extend(["lead".to_owned(), "researcher".to_owned()]);
}

fn rates(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("svc", "generate")
            .around(&call, 0)
            .with(json!({"llm.model": call.model,
            "llm.input_tokens": call.input, "llm.output_tokens": call.output,
            "llm.tokens_per_second": 41.7, "llm.max_tokens": 4_096,
            "llm.context_window_tokens": 128_000, "llm.tokens_remaining": 90_000,
                "llm.token_budget": 1_000_000, "llm.ttft_ms": 210}))
            .send();
    }
}

fn vectors(w: &mut World) {
    let embedding = w.call(Call::embedding);
    w.span("rag", "embed")
        .around(&embedding, 0)
        .with(json!({"embedding.model": embedding.model,
        "embedding.tokens": embedding.input, "embedding.dimensions": 1_536,
        "embedding.count": 12}))
        .send();
    let again = w.call(Call::embedding);
    let body = json!({"object": "list", "model": again.model, "data": [],
        "usage": {"prompt_tokens": again.input, "total_tokens": again.input}});
    w.span("rag", "embed").around(&again, 0).with(json!({"http.response.body": body.to_string()})).send();
    let answer = w.call(Call::plain);
    w.span("rag", "answer")
        .around(&answer, 0)
        .with(json!({"response": openai_answer(&Call { ..answer.clone() }).to_string()}))
        .send();
}

fn rust(w: &mut World) {
    for call in w.twice(|call| call) {
        let usage = format!(
            "CompletionUsage {{ prompt_tokens: {}, completion_tokens: {}, total_tokens: {}, prompt_tokens_details: Some(PromptTokensDetails {{ audio_tokens: Some(0), cached_tokens: Some({}) }}), completion_tokens_details: Some(CompletionTokensDetails {{ accepted_prediction_tokens: Some(0), audio_tokens: Some(0), reasoning_tokens: Some({}), rejected_prediction_tokens: Some(0) }}) }}",
            call.input,
            call.output,
            call.total(),
            call.read,
            call.reasoning
        );
        w.span("bot", "complete")
            .around(&call, 0)
            .with(json!({"model": call.model, "usage": usage,
            "busy_ns": 12_000, "idle_ns": 800_000_000, "code.module.name": "bot::llm"}))
            .send();
    }
}

fn go_struct(w: &mut World) {
    for call in w.twice(Call::plain) {
        let usage = format!(
            "{{PromptTokens:{} CompletionTokens:{} TotalTokens:{} PromptTokensDetails:<nil> CompletionTokensDetails:<nil>}}",
            call.input,
            call.output,
            call.total()
        );
        w.span("github.com/acme/bot", "CreateChatCompletion")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"openai.request.model": call.model, "openai.response.usage": usage}))
            .send();
    }
}

fn http_body(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("@opentelemetry/instrumentation-undici", "POST")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"url.full": "https://api.openai.com/v1/chat/completions",
            "http.request.method": "POST", "http.response.status_code": 200,
            "http.request.body": json!({"model": call.model, "messages": [{"role": "user",
                "content": "hi"}]}).to_string(),
                "http.response.body": openai_answer(&call).to_string()}))
            .send();
    }
}

fn own_tools(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w.span("loop", "agent").around(&call, 700).with(json!({"agent.name": "fixer"})).send();
    w.agents.insert("fixer".into());
    w.span("loop", "llm")
        .under(&root)
        .around(&call, 0)
        .with(json!({"llm.model": call.model,
        "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output}))
        .send();
    for (at, failed) in [(10, false), (60, true)] {
        let span = w
            .span("loop", "tool")
            .under(&root)
            .time(call.end() + at, 30)
            .with(json!({"tool.name": "grep", "tool.args": "{\"q\": \"x\"}", "tool.success": !failed}));
        if failed {
            span.fail("ToolError").send()
        } else {
            span.send()
        };
        w.ran("grep", failed);
    }
}

fn batch(w: &mut World) {
    let calls = w.twice(Call::plain);
    let answers: Value = calls.iter().map(openai_answer).collect();
    w.span("nightly", "batch")
        .time(0, 9_000)
        .with(json!({"batch.results": answers.to_string(), "batch.size": 2}))
        .send();
}

fn guardrail(w: &mut World) {
    let check = w.call(|call| call.plain().model("gpt-4o-mini", "openai"));
    let call = w.call(Call::plain);
    let root = w.span("app", "answer").time(-10, 5_000).send();
    w.span("app", "moderate")
        .under(&root)
        .around(&check, 0)
        .with(json!({"guard.model": check.model,
        "guard.prompt_tokens": check.input, "guard.completion_tokens": check.output,
        "guard.verdict": "ok"}))
        .send();
    w.span("app", "generate")
        .under(&root)
        .around(&call, 0)
        .with(json!({"llm.model": call.model,
        "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output}))
        .send();
}
