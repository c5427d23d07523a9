//! SDKs of observability platforms, and programs that are built by hand in a browser.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{figure, id, join, openai_answer, some};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("Braintrust", braintrust),
    ("Braintrust with single metrics", braintrust_flat),
    ("Weave with usage by model", weave),
    ("PostHog properties", posthog),
    ("Opik", opik),
    ("Langfuse 4 with usage details", langfuse),
    ("Langfuse over OpenLLMetry", langfuse_openllmetry),
    ("Sentry", sentry),
    ("Latitude", latitude),
    ("Traceloop Go", traceloop_go),
];

fn braintrust(w: &mut World) {
    let calls = [w.call(|call| call), w.call(|call| call), w.call(Call::refused)];
    let root = w
        .span("braintrust-go", "task")
        .time(-50, 9_000)
        .with(json!({"braintrust.span_attributes": "{\"type\":\"task\"}",
        "braintrust.parent": "project_name:x"}))
        .send();
    for call in &calls {
        let metrics = json!({"prompt_tokens": call.input, "completion_tokens": call.output,
            "tokens": call.total(), "prompt_cached_tokens": call.read,
            "completion_reasoning_tokens": call.reasoning, "time_to_first_token": 0.31})
        .to_string();
        let output =
            json!([{"index": 0, "message": {"role": "assistant", "content": call.text()}}]).to_string();
        w.span("braintrust-go", "Chat Completion")
            .under(&root)
            .around(call, 0)
            .with(json!({
            "braintrust.span_attributes": "{\"type\":\"llm\"}", "braintrust.parent": "project_name:x",
            "braintrust.metadata": json!({"provider": "openai", "model": call.model,
                "endpoint": "/v1/chat/completions", "temperature": 0.2, "max_tokens": 900}).to_string(),
            "braintrust.input_json": "[{\"role\":\"user\",\"content\":\"hello\"}]",
                "braintrust.output_json": if call.failed { Value::Null } else { json!(output) },
            "braintrust.metrics": if call.failed { Value::Null } else { json!(metrics) }}))
            .outcome(call)
            .send();
    }
}

fn braintrust_flat(w: &mut World) {
    for call in [w.call(Call::mute), w.call(Call::mute)] {
        w.span("Braintrust", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"gen_ai.request.model": call.model, "provider": "openai",
            "braintrust.metrics.prompt_tokens": call.input,
                "braintrust.metrics.completion_tokens": call.output,
                "braintrust.metrics.tokens": call.total(),
            "braintrust.metrics.prompt_cached_tokens": call.read,
                "braintrust.metrics.time_to_first_token": 0.2}))
            .send();
    }
}

fn weave(w: &mut World) {
    let calls = [w.call(Call::plain), w.call(Call::plain)];
    let root = w
        .span("weave", "answer_question")
        .time(-20, 6_000)
        .with(json!({"weave.span.kind": "agent", "wandb.display_name": "answer"}))
        .send();
    for call in &calls {
        let mut usage = json!({});
        usage[call.model] = json!({"requests": 1, "prompt_tokens": call.input,
            "completion_tokens": call.output, "total_tokens": call.total()});
        w.span("weave", "openai.chat.completions.create")
            .under(&root)
            .around(call, 0)
            .with(json!({"weave.span.kind": "llm", "weave.summary": json!({"usage": usage,
            "status_counts": {"success": 1}}).to_string(),
            "weave.inputs": json!({"model": call.model, "messages": [{"role": "user",
                "content": "hi"}]}).to_string(),
                "weave.output": openai_answer(call).to_string()}))
            .send();
    }
    w.agents.insert("answer_question".into());
}

fn posthog(w: &mut World) {
    for call in [w.call(|call| call), w.call(|call| call), w.call(Call::refused)] {
        w.span("posthog-ai", "$ai_generation")
            .around(&call, 0)
            .with(json!({"$ai_provider": "openai",
            "$ai_model": call.model, "$ai_trace_id": "t-1",
            "$ai_input_tokens": figure(&call, call.input), "$ai_output_tokens": figure(&call,
                call.output), "$ai_cache_read_input_tokens": some(call.read),
            "$ai_reasoning_tokens": some(call.reasoning), "$ai_latency": 0.8,
                "$ai_http_status": if call.failed { 429 } else { 200 },
            "$ai_is_error": call.failed, "$ai_stream": false,
                "$ai_total_cost_usd": if call.failed { Value::Null } else { json!(0.0012) }}))
            .outcome(&call)
            .send();
        w.reported += if call.failed { 0 } else { 1_200 };
    }
}

fn opik(w: &mut World) {
    for call in [w.call(|call| call), w.call(|call| call)] {
        let root = w
            .span("opik", "chat")
            .around(&call, 30)
            .with(json!({"opik.trace.name": "chat", "thread_id": "t-4"}))
            .send();
        let usage = json!({"prompt_tokens": call.input, "completion_tokens": call.output,
            "total_tokens": call.total(),
            "original_usage.prompt_tokens": call.input, "original_usage.completion_tokens": call.output,
                "original_usage.total_tokens": call.total(),
            "original_usage.prompt_tokens_details.cached_tokens": call.read,
                "original_usage.completion_tokens_details.reasoning_tokens": call.reasoning});
        w.span("opik", "chat_completion_create")
            .under(&root)
            .around(&call, 0)
            .with(json!({"opik.span.type": "llm", "opik.model": call.model, "opik.provider": "openai",
            "opik.usage": usage.to_string(),
                "opik.input": "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}"}))
            .send();
    }
}

fn langfuse(w: &mut World) {
    let root = w
        .span("langfuse-sdk", "agent")
        .time(-10, 9_000)
        .with(json!({"langfuse.observation.type": "agent", "session.id": "lf-1", "user.id": "u"}))
        .send();
    w.sessions.insert("lf-1".into());
    w.agents.insert("agent".into());
    for call in [w.call(|call| call), w.call(|call| call)] {
        let details = json!({"input": call.fresh(), "output": call.output - call.reasoning,
            "total": call.total(), "input_cached_tokens": call.read,
            "output_reasoning_tokens": call.reasoning});
        w.span("langfuse-sdk", "OpenAI-generation").under(&root).around(&call, 0)
            .with(json!({"langfuse.observation.type": "generation",
            "langfuse.observation.model.name": call.model, "session.id": "lf-1",
            "langfuse.observation.usage_details": details.to_string(),
                "langfuse.observation.cost_details": "{\"total\": 0.004, \"input\": 0.003, \"output\": 0.001}",
            "langfuse.observation.output": json!({"role": "assistant",
                "content": call.text()}).to_string()})).send();
        w.reported += 4_000;
    }
    let embedding = w.call(Call::embedding);
    w.span("langfuse-sdk", "embed")
        .under(&root)
        .around(&embedding, 0)
        .with(json!({"langfuse.observation.type": "embedding",
        "langfuse.observation.model.name": embedding.model,
        "langfuse.observation.usage_details": json!({"input": embedding.input}).to_string()}))
        .send();
    w.span("langfuse-sdk", "lookup")
        .under(&root)
        .time(100, 9)
        .with(json!({"langfuse.observation.type": "tool", "langfuse.observation.input": "{}"}))
        .send();
    w.ran("lookup", false);
}

fn langfuse_openllmetry(w: &mut World) {
    for call in [w.call(Call::mute), w.call(Call::mute), w.call(Call::refused)] {
        let details = json!({"input": call.fresh(), "output": call.output,
            "input_cached_tokens": call.read})
        .to_string();
        let outer = w
            .span("langfuse-sdk", "OpenAI-generation")
            .around(&call, 3)
            .with(json!({"langfuse.observation.type": "generation",
            "langfuse.observation.model.name": call.model,
            "langfuse.observation.usage_details": if call.failed { Value::Null } else { json!(details) },
                "langfuse.observation.level": if call.failed { "ERROR" } else { "DEFAULT" }}))
            .outcome(&call)
            .send();
        let inner = json!({"llm.request.type": "chat", "gen_ai.system": "OpenAI",
            "gen_ai.request.model": call.model, "gen_ai.usage.prompt_tokens": figure(&call, call.input),
            "gen_ai.usage.completion_tokens": figure(&call, call.output),
                "gen_ai.usage.cache_read_input_tokens": some(call.read)});
        w.span("opentelemetry.instrumentation.openai.v1", "openai.chat")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(join(&[inner, id(&call)]))
            .outcome(&call)
            .send();
    }
}

fn sentry(w: &mut World) {
    let calls = [w.call(|call| call), w.call(|call| call)];
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("@sentry/node", "invoke_agent Helper")
        .time(-10, 6_000)
        .with(json!({"sentry.op": "gen_ai.invoke_agent", "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "Helper",
        "gen_ai.usage.input_tokens": sum(|c| c.input), "gen_ai.usage.output_tokens": sum(|c| c.output),
            "gen_ai.usage.total_tokens": sum(Call::total)}))
        .send();
    w.agents.insert("Helper".into());
    for call in &calls {
        w.span("@sentry/node", "chat gpt-4o")
            .under(&root)
            .around(call, 0)
            .with(json!({"sentry.op": "gen_ai.chat", "sentry.origin": "auto.ai.openai",
            "gen_ai.operation.name": "chat", "gen_ai.system": "openai",
            "gen_ai.request.model": call.model, "gen_ai.response.model": call.model,
                "gen_ai.response.id": call.id(), "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.input_tokens.cached": call.read,
            "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.output_tokens.reasoning": call.reasoning,
                "gen_ai.usage.total_tokens": call.total()}))
            .send();
    }
    w.span("@sentry/node", "execute_tool lookup")
        .under(&root)
        .time(1_000, 20)
        .with(json!({"sentry.op": "gen_ai.execute_tool", "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "lookup"}))
        .send();
    w.ran("lookup", false);
}

fn latitude(w: &mut World) {
    for call in [w.call(Call::mute), w.call(Call::mute)] {
        w.span("so.latitude.instrumentation.openai", "completion")
            .around(&call, 0)
            .with(json!({"latitude.type": "completion", "gen_ai.system": "openai",
            "gen_ai.request.model": call.model,
            "gen_ai.response.model": call.model, "gen_ai.usage.prompt_tokens": call.input - call.read,
                "gen_ai.usage.cached_tokens": call.read, "gen_ai.usage.reasoning_tokens": 0,
                "gen_ai.usage.completion_tokens": call.output,
            "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.total_cost": 0.002, "latitude.cost.source": "user"}))
            .send();
        w.reported += 2_000;
    }
}

fn traceloop_go(w: &mut World) {
    for call in [w.call(Call::plain), w.call(Call::plain)] {
        w.span("github.com/traceloop/go-openllmetry", "openai.chat")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"llm.vendor": "openai", "llm.request.type": "chat",
            "llm.request.model": call.model,
            "llm.response.model": "gpt-4o-2024-08-06", "llm.usage.prompt_tokens": call.input,
                "llm.usage.completion_tokens": call.output, "llm.usage.total_tokens": call.total(),
            "llm.prompts.0.role": "user", "llm.prompts.0.content": "hello",
                "llm.completions.0.content": call.text()}))
            .send();
    }
}
