//! Frameworks with telemetry of their own.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{figure, genai, id, join};
use super::world::{CLIENT, Metric, World};

pub const SHAPES: &[Shape] = &[
    ("spring-ai", spring_ai),
    ("spring-ai with the metrics of Micrometer", spring_ai_metrics),
    ("Quarkus LangChain4j", quarkus),
    ("Semantic Kernel .NET over the OpenAI SDK", semantic_kernel),
    ("Microsoft.Extensions.AI over OpenAI.ChatClient", extensions_ai),
    ("TanStack AI", tanstack),
    ("any-agent", any_agent),
    ("LiveKit agents", livekit),
    ("Koog", koog),
    ("agentUniverse", agent_universe),
];

/// Micrometer's tags are texts, also those with figures.
fn spring_chat(call: &Call) -> serde_json::Value {
    let text = |count: u64| if call.failed { json!(null) } else { json!(count.to_string()) };
    json!({"gen_ai.operation.name": "chat", "gen_ai.system": call.provider,
        "gen_ai.request.model": call.model,
        "gen_ai.response.model": if call.failed { json!("none") } else { json!(call.model) },
        "gen_ai.response.id": if call.failed { json!(null) } else { json!(call.id()) },
        "gen_ai.usage.input_tokens": text(call.input), "gen_ai.usage.output_tokens": text(call.output),
        "gen_ai.usage.total_tokens": text(call.total()),
            "error": if call.failed { "TransientAiException" } else { "none" }})
}

fn spring_ai(w: &mut World) {
    let scope = "org.springframework.boot";
    let framework = |kind: &str| {
        json!({"gen_ai.operation.name": "framework",
        "gen_ai.system": "spring_ai", "spring.ai.kind": kind})
    };
    let calls = w.twice(Call::plain);
    let from = calls[0].start - 40;
    let ms = calls[1].end() - from + 40;
    let root = w.span(scope, "http post /chat").kind(2).time(from, ms).send();
    let client = w
        .span(scope, "spring_ai chat_client")
        .under(&root)
        .time(from + 5, ms - 10)
        .with(framework("chat_client"))
        .send();
    let advisor =
        w.span(scope, "call").under(&client).time(from + 6, ms - 12).with(framework("advisor")).send();
    for call in &calls {
        w.span(scope, "chat gpt-4o")
            .under(&advisor)
            .kind(CLIENT)
            .around(call, 0)
            .with(spring_chat(call))
            .send();
    }
    let run = join(&[
        framework("tool_call"),
        json!({"spring.ai.tool.definition.name": "getWeather", "spring.ai.tool.call.arguments": "{}"}),
    ]);
    w.span(scope, "tool_call getWeather").under(&advisor).time(calls[0].end() + 5, 30).with(run).send();
    w.ran("getWeather", false);
    let refused = w.call(Call::refused);
    w.span(scope, "chat gpt-4o")
        .kind(CLIENT)
        .around(&refused, 0)
        .with(spring_chat(&refused))
        .outcome(&refused)
        .send();
}

fn spring_ai_metrics(w: &mut World) {
    let calls = w.twice(Call::plain);
    let mut sums = [0, 0];
    for call in &calls {
        w.span("org.springframework.boot", "chat gpt-4o")
            .kind(CLIENT)
            .around(call, 0)
            .with(spring_chat(call))
            .send();
        sums = [sums[0] + call.input, sums[1] + call.output];
        let point = |kind: &str, value: u64| {
            let labels = json!({"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
                "gen_ai.token.type": kind,
                "gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o"});
            (labels, value, 0, call.end() + 100)
        };
        let points =
            vec![point("input", sums[0]), point("output", sums[1]), point("total", sums[0] + sums[1])];
        w.metric(
            "io.micrometer",
            Metric { name: "gen_ai.client.token.usage", is_delta: false, is_histogram: false, points },
        );
    }
}

fn quarkus(w: &mut World) {
    let calls = w.twice(Call::plain);
    let scope = "io.quarkus.opentelemetry";
    let from = calls[0].start - 10;
    let service =
        w.span(scope, "langchain4j.aiservices.Assistant.chat").time(from, calls[1].end() - from + 10).send();
    for call in &calls {
        let words = join(&[
            genai(call),
            id(call),
            json!({"gen_ai.provider.name": null, "gen_ai.operation.name": null,
            "gen_ai.system": "openai", "gen_ai.response.finish_reasons": "STOP",
                "gen_ai.request.temperature": 1.0}),
        ]);
        w.span(scope, "completion gpt-4o").under(&service).around(call, 0).with(words).send();
    }
}

fn semantic_kernel(w: &mut World) {
    let calls = w.twice(|call| call.plain());
    let agent = json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner",
        "gen_ai.agent.id": "a1"});
    let from = calls[0].start - 20;
    let root = w
        .span("Microsoft.SemanticKernel.Diagnostics", "invoke_agent planner")
        .time(from, calls[1].end() - from + 20)
        .with(agent)
        .send();
    w.agents.insert("planner".into());
    for call in &calls {
        let kernel = json!({"gen_ai.operation.name": "chat.completions", "gen_ai.system": "openai",
            "gen_ai.request.model": call.model,
            "gen_ai.response.id": call.id(), "gen_ai.response.finish_reason": "Stop",
            "gen_ai.response.prompt_tokens": call.input,
                "gen_ai.response.completion_tokens": call.output});
        let at = w
            .span("Microsoft.SemanticKernel.Diagnostics", "chat.completions gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .around(call, 4)
            .with(kernel)
            .send();
        let sdk = json!({"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
            "gen_ai.request.model": call.model, "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.response.id": call.id(), "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output});
        w.span("OpenAI.ChatClient", "chat gpt-4o").kind(CLIENT).under(&at).around(call, 0).with(sdk).send();
    }
    let run = json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get",
        "gen_ai.tool.call.id": "call_Xq81Ybv0aLmT93cc"});
    w.span("Microsoft.SemanticKernel", "execute_tool Weather-get")
        .under(&root)
        .time(calls[0].end() + 5, 20)
        .with(run)
        .send();
    w.ran("get", false);
}

fn extensions_ai(w: &mut World) {
    let mut calls = w.twice(Call::mute).to_vec();
    calls.push(w.call(Call::refused));
    for call in &calls {
        let tools = w
            .span("Experimental.Microsoft.Extensions.AI", "orchestrate_tools")
            .around(call, 9)
            .with(json!({"gen_ai.operation.name": "orchestrate_tools"}))
            .send();
        let outer = w
            .span("Experimental.Microsoft.Extensions.AI", "chat gpt-4o")
            .kind(CLIENT)
            .under(&tools)
            .around(call, 5)
            .with(join(&[genai(call), id(call), json!({"server.address": "api.openai.com"})]))
            .outcome(call)
            .send();
        let sdk = json!({"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
            "gen_ai.request.model": call.model,
            "gen_ai.usage.input_tokens": figure(call, call.input),
                "gen_ai.usage.output_tokens": figure(call, call.output)});
        w.span("OpenAI.ChatClient", "chat gpt-4o")
            .kind(CLIENT)
            .under(&outer)
            .around(call, 0)
            .with(join(&[sdk, id(call)]))
            .outcome(call)
            .send();
    }
}

fn tanstack(w: &mut World) {
    let scope = "shop-frontend";
    let calls = w.twice(|call| call);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let from = calls[0].start - 5;
    let rolled = json!({"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o",
        "tanstack.ai.iterations": 2,
        "gen_ai.usage.input_tokens": sum(|c| c.input), "gen_ai.usage.output_tokens": sum(|c| c.output),
            "gen_ai.usage.total_tokens": sum(Call::total),
        "gen_ai.usage.cache_read.input_tokens": sum(|c| c.read),
            "gen_ai.usage.reasoning.output_tokens": sum(|c| c.reasoning)});
    let root = w.span(scope, "chat gpt-4o").time(from, calls[1].end() - from + 5).with(rolled).send();
    for (at, call) in calls.iter().enumerate() {
        let more = json!({"gen_ai.usage.total_tokens": call.total(), "gen_ai.provider.name": null,
            "gen_ai.system": "openai"});
        let iteration = w
            .span(scope, &format!("chat gpt-4o #{at}"))
            .kind(CLIENT)
            .under(&root)
            .time(call.start, call.ms + 300)
            .with(join(&[genai(call), more]))
            .send();
        if at == 0 {
            let run = json!({"gen_ai.tool.name": "get_weather",
                "gen_ai.tool.call.id": "call_8aQ2xW7LmN0pRt5v", "gen_ai.tool.type": "function",
                "tanstack.ai.tool.outcome": "success"});
            w.span(scope, "execute_tool get_weather")
                .under(&iteration)
                .time(call.end() + 5, 200)
                .with(run)
                .send();
            w.ran("get_weather", false);
        }
    }
}

fn any_agent(w: &mut World) {
    let calls = w.twice(|call| call.plain());
    let from = calls[0].start - 5;
    let root = w
        .span("any_agent", "invoke_agent [any_agent]")
        .time(from, calls[1].end() - from + 5)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "any_agent",
            "gen_ai.request.id": "r-1"}))
        .send();
    w.agents.insert("any_agent".into());
    for call in &calls {
        let cost = |tokens: u64| json!(tokens as f64 * 1e-6);
        w.reported += call.total();
        w.span("any_agent", "call_llm gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(json!({
            "gen_ai.operation.name": "call_llm", "gen_ai.request.model": "openai/gpt-4o",
                "gen_ai.input.messages": "[{\"role\": \"user\", \"content\": \"hi\"}]",
            "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
            "gen_ai.usage.input_cost": cost(call.input), "gen_ai.usage.output_cost": cost(call.output),
                "gen_ai.output": call.text(), "gen_ai.output.type": "text"}))
            .send();
    }
    w.span("any_agent", "execute_tool search_web")
        .under(&root)
        .time(calls[0].end() + 2, 50)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search_web",
            "gen_ai.tool.args": "{}", "gen_ai.output": "Error: no net"}))
        .send();
    w.ran("search_web", false);
}

fn livekit(w: &mut World) {
    let scope = "livekit-agents";
    let session = w.span(scope, "agent_session").time(-100, 20_000).send();
    for call in w.twice(Call::mute) {
        let metrics = json!({"timestamp": 1.5, "request_id": "chatcmpl-q1", "ttft": 0.2, "duration": 0.9,
            "cancelled": false, "label": "livekit.plugins.openai.llm.LLM",
            "completion_tokens": call.output, "prompt_tokens": call.input,
                "prompt_cached_tokens": call.read, "total_tokens": call.total(),
            "tokens_per_second": 61.5, "metadata": {"model_name": "gpt-4o",
                "model_provider": "api.openai.com"}});
        let turn = w.span(scope, "agent_turn").under(&session).around(&call, 90).send();
        let node = w
            .span(scope, "llm_node")
            .under(&turn)
            .around(&call, 20)
            .with(json!({"lk.chat_ctx": "{\"items\": []}", "lk.response.text": call.text()}))
            .send();
        let request = w
            .span(scope, "llm_request")
            .under(&node)
            .around(&call, 10)
            .with(json!({
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
            "lk.llm_metrics": metrics.to_string()}))
            .send();
        w.span(scope, "llm_request_run")
            .under(&request)
            .around(&call, 5)
            .with(json!({"lk.retry_count": 0}))
            .send();
    }
}

fn koog(w: &mut World) {
    let scope = "ai.koog";
    let calls = w.twice(Call::plain);
    let from = calls[0].start - 9;
    let agent = w
        .span(scope, "agent.helper")
        .time(from, calls[1].end() - from + 9)
        .with(json!({"gen_ai.operation.name": "create_agent", "gen_ai.agent.id": "helper",
        "gen_ai.system": "openai"}))
        .send();
    let run = w
        .span(scope, "run.7f")
        .under(&agent)
        .time(from + 1, calls[1].end() - from + 5)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": "helper",
            "gen_ai.conversation.id": "conv-1", "gen_ai.system": "openai"}))
        .send();
    w.sessions.insert("conv-1".into());
    w.agents.insert("helper".into());
    for call in &calls {
        let node = w
            .span(scope, "node.callLLM")
            .under(&run)
            .around(call, 3)
            .with(json!({"gen_ai.conversation.id": "conv-1", "koog.node.name": "callLLM"}))
            .send();
        w.span(scope, "llm.test")
            .under(&node)
            .kind(CLIENT)
            .around(call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
            "gen_ai.conversation.id": "conv-1", "gen_ai.request.model": "gpt-4o",
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
            "gen_ai.usage.total_tokens": call.total()}))
            .event(
                "gen_ai.choice",
                call.end(),
                json!({"index": 0,
                "finish_reason": "stop"}),
            )
            .send();
    }
    w.span(scope, "tool.search")
        .under(&run)
        .time(calls[0].end() + 3, 40)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}))
        .send();
    w.ran("search", false);
}

fn agent_universe(w: &mut World) {
    let scope = "agentuniverse-llm";
    let root = w
        .span("agentuniverse-agent", "au.agent.demo")
        .time(-10, 9_000)
        .with(json!({"au.span.kind": "agent", "au.agent.name": "demo",
            "au.agent.usage.prompt_tokens": 0}))
        .send();
    for call in w.twice(Call::plain) {
        w.agents.insert("demo".into());
        w.span(scope, "au.llm.qwen")
            .under(&root)
            .around(&call, 0)
            .with(json!({"au.span.kind": "llm",
            "au.llm.name": "gpt-4o", "au.llm.channel_name": "openai_official_channel",
            "au.llm.status": "success", "au.llm.streaming": false, "au.llm.duration": 0.8,
                "au.llm.input": "{\"messages\": []}",
                            "au.llm.usage.prompt_tokens": call.input,
                "au.llm.usage.completion_tokens": call.output,
                "au.llm.usage.total_tokens": call.total()}))
            .send();
    }
}
