//! Further frameworks with telemetry of their own.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_usage, some};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("promptflow", promptflow),
    ("Azure AI agents", azure_agents),
    ("Effect AI", effect_ai),
    ("RubyLLM", ruby_llm),
    ("ReqLLM", req_llm),
    ("Letta", letta),
    ("Burr over OpenLLMetry", burr),
    ("Strands over botocore on Bedrock", strands_botocore),
    ("Pydantic AI without Logfire", pydantic_ai),
    ("Vertex agent with inference details", vertex),
];

fn promptflow(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let cumulative = |input: u64, output: u64| {
        json!({"framework": "promptflow", "__computed__.cumulative_token_count.prompt": input,
        "__computed__.cumulative_token_count.completion": output,
            "__computed__.cumulative_token_count.total": input + output})
    };
    let from = calls[0].start - 5;
    let flow = w
        .span("promptflow", "chat_flow")
        .time(from, calls[1].end() - from + 5)
        .with(join(&[
            cumulative(sum(|c| c.input), sum(|c| c.output)),
            json!({"span_type": "Flow", "function": "chat_flow"}),
        ]))
        .send();
    for call in &calls {
        let words = json!({"span_type": "LLM",
            "function": "openai.resources.chat.completions.Completions.create",
            "inputs": "{\"model\": \"gpt-4o\"}",
            "llm.response.model": "gpt-4o", "llm.usage.prompt_tokens": call.input,
                "llm.usage.completion_tokens": call.output, "llm.usage.total_tokens": call.total(),
            "output": super::words::openai_answer(call).to_string()});
        w.span("promptflow", "openai.chat")
            .under(&flow)
            .around(call, 0)
            .with(join(&[cumulative(call.input, call.output), words]))
            .send();
    }
}

fn azure_agents(w: &mut World) {
    let call = w.call(Call::plain);
    let scope = "azure.ai.agents";
    let common = json!({"az.namespace": "Microsoft.CognitiveServices", "gen_ai.system": "az.ai.agents",
        "gen_ai.agent.id": "asst_1", "gen_ai.thread.id": "thread_9"});
    w.span(scope, "create_agent my-assistant")
        .kind(CLIENT)
        .time(-500, 60)
        .with(join(&[
            common.clone(),
            json!({"gen_ai.operation.name": "create_agent",
            "gen_ai.agent.name": "my-assistant", "gen_ai.request.model": "gpt-4o"}),
        ]))
        .send();
    w.span(scope, "process_thread_run")
        .kind(CLIENT)
        .around(&call, 0)
        .with(join(&[
            common,
            json!({"gen_ai.operation.name": "process_thread_run", "gen_ai.agent.name": "my-assistant",
        "gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o",
            "gen_ai.thread.run.id": "run_1", "gen_ai.usage.input_tokens": call.input,
            "gen_ai.usage.output_tokens": call.output}),
        ]))
        .send();
    w.agents.insert("my-assistant".into());
}

fn effect_ai(w: &mut World) {
    for call in w.twice(|call| call.claude()) {
        let root = w
            .span("effect", "LanguageModel.generateText")
            .around(&call, 6)
            .with(json!({"concurrency": "1", "toolChoice": "auto"}))
            .send();
        let usage = json!({"gen_ai.usage.input_tokens": call.fresh()});
        w.span("effect", "AnthropicClient.createMessage")
            .under(&root)
            .around(&call, 1)
            .with(join(&[
                genai(&call),
                id(&call),
                json!({"gen_ai.operation.name": "chat", "gen_ai.system": "anthropic",
            "gen_ai.usage.raw": super::words::claude_usage(&call).to_string()}),
                usage,
            ]))
            .send();
    }
}

fn ruby_llm(w: &mut World) {
    let scope = "OpenTelemetry::Instrumentation::RubyLLM";
    let first = w.call(Call::mute);
    let calls = [first.clone(), w.call(|call| Call { input: first.total() + 30, ..call.mute() })];
    let ask = w.span(scope, "chat gpt-4o").kind(CLIENT);
    let outer = &calls[0];
    let words = |call: &Call| {
        json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
            "gen_ai.request.model": call.model, "gen_ai.response.model": call.model,
        "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
            "gen_ai.usage.cached_tokens": call.read})
    };
    // The first call ends after the tool that it asked for, and after the second call.
    let at = ask.time(outer.start, calls[1].end() - outer.start + 2).with(words(outer)).send();
    let tool = w
        .span(scope, "execute_tool weather")
        .under(&at)
        .time(outer.end(), 100)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": "call_Pq93bVx1m2Lk8sTd"}))
        .send();
    assert_eq!(tool.trace, at.trace);
    w.span(scope, "chat gpt-4o").kind(CLIENT).under(&at).around(&calls[1], 0).with(words(&calls[1])).send();
    w.ran("weather", false);
}

fn req_llm(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("req_llm", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[
                genai(&call),
                json!({"req_llm.request_id": call.n.to_string(), "gen_ai.output.type": "text"}),
            ]))
            .send();
    }
    let embedding = w.call(Call::embedding);
    w.span("req_llm", "embeddings text-embedding-3-small")
        .kind(CLIENT)
        .around(&embedding, 0)
        .with(join(&[genai(&embedding), json!({"req_llm.request_id": "e"})]))
        .send();
}

fn letta(w: &mut World) {
    let calls = w.twice(|call| call);
    for call in &calls {
        let step = w
            .span("letta", "agent_step")
            .around(call, 20)
            .with(json!({"step_id": format!("step-{}", call.n)}))
            .send();
        w.span("letta", "OpenAIClient.request_async")
            .under(&step)
            .around(call, 0)
            .event(
                "llm_request",
                call.start,
                json!({"request_data": json!({"model": "gpt-4o",
                "messages": [], "max_completion_tokens": 4096}).to_string()}),
            )
            .event(
                "llm_response",
                call.end(),
                json!({"response_data": super::words::openai_answer(call).to_string()}),
            )
            .send();
    }
}

fn burr(w: &mut World) {
    for call in w.twice(Call::mute) {
        let root = w
            .span("burr", "ask:step")
            .around(&call, 7)
            .with(json!({"burr.action": "ask", "burr.sequence_id": call.n}))
            .send();
        w.span("opentelemetry.instrumentation.openai.v1", "openai.chat")
            .kind(CLIENT)
            .under(&root)
            .around(&call, 0)
            .with(json!({"llm.request.type": "chat", "gen_ai.system": "OpenAI",
            "gen_ai.request.model": call.model, "gen_ai.response.model": call.model,
                "gen_ai.response.id": call.id(), "gen_ai.usage.prompt_tokens": call.input,
            "gen_ai.usage.completion_tokens": call.output, "llm.usage.total_tokens": call.total(),
                "gen_ai.usage.cache_read_input_tokens": call.read}))
            .send();
        w.span("burr", "ask:log")
            .under(&root)
            .time(call.end() + 1, 1)
            .with(json!({"usage": openai_usage(&call).to_string(), "model": "gpt-4o"}))
            .send();
    }
}

fn strands_botocore(w: &mut World) {
    let model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let calls =
        w.twice(|call| call.claude().model("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock"));
    let from = calls[0].start - 30;
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let agent = w
        .span("strands.telemetry.tracer", "invoke_agent helper")
        .time(from, calls[1].end() - from + 30)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper",
            "gen_ai.system": "strands-agents", "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": sum(Call::fresh),
                "gen_ai.usage.output_tokens": sum(|c| c.output),
                "gen_ai.usage.total_tokens": sum(Call::total),
            "gen_ai.usage.cache_read_input_tokens": sum(|c| c.read),
                "gen_ai.usage.cache_write_input_tokens": sum(|c| c.write)}))
        .send();
    w.agents.insert("helper".into());
    for call in &calls {
        let cycle = w
            .span("strands.telemetry.tracer", "execute_event_loop_cycle")
            .under(&agent)
            .around(call, 10)
            .with(json!({"event_loop.cycle_id": call.n.to_string()}))
            .send();
        let chat = w
            .span("strands.telemetry.tracer", "chat")
            .under(&cycle)
            .around(call, 5)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.system": "strands-agents",
            "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": call.fresh(), "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.total_tokens": call.total(),
            "gen_ai.usage.cache_read_input_tokens": call.read,
                "gen_ai.usage.cache_write_input_tokens": call.write}))
            .send();
        w.span(
            "opentelemetry.instrumentation.botocore.bedrock-runtime",
            "chat us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        )
        .kind(CLIENT)
        .under(&chat)
        .around(call, 0)
        .with(json!({
            "rpc.system": "aws-api", "gen_ai.system": "aws.bedrock", "gen_ai.operation.name": "chat",
                "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": call.fresh(),
                "gen_ai.usage.output_tokens": call.output}))
        .send();
    }
}

fn pydantic_ai(w: &mut World) {
    let calls = w.twice(|call| call);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let from = calls[0].start - 9;
    let agent = w
        .span("pydantic-ai", "invoke_agent helper")
        .time(from, calls[1].end() - from + 9)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper",
        "gen_ai.aggregated_usage.input_tokens": sum(|c| c.input),
            "gen_ai.aggregated_usage.output_tokens": sum(|c| c.output), "gen_ai.conversation.id": "c-77",
        "gen_ai.aggregated_usage.details.cached_tokens": sum(|c| c.read)}))
        .send();
    w.agents.insert("helper".into());
    w.sessions.insert("c-77".into());
    for call in &calls {
        w.span("pydantic-ai", "chat gpt-4o")
            .kind(CLIENT)
            .under(&agent)
            .around(call, 0)
            .with(join(&[
                genai(call),
                id(call),
                json!({"operation.cost": 0.001,
            "gen_ai.usage.cache_read.input_tokens": null, "gen_ai.usage.reasoning.output_tokens": null,
                "gen_ai.usage.details.cache_read_tokens": call.read,
            "gen_ai.usage.details.reasoning_tokens": some(call.reasoning)}),
            ]))
            .send();
        w.reported += 1_000;
    }
    w.span("pydantic-ai", "execute_tool weather")
        .under(&agent)
        .time(calls[0].end() + 2, 9)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": "call_aa82kk1Lq09ZxCvB"}))
        .send();
    w.ran("weather", false);
}

fn vertex(w: &mut World) {
    for call in w.twice(|call| call.model("gemini-2.5-flash", "gcp.gemini")) {
        let at = w
            .span("gcp.vertex.agent", "call_llm")
            .around(&call, 5)
            .with(json!({"gen_ai.system": "gcp.vertex.agent", "gen_ai.operation.name": "call_llm",
            "gen_ai.request.model": call.model,
            "gcp.vertex.agent.session_id": "s-4", "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output - call.reasoning}))
            .send();
        let inner = w
            .span("opentelemetry.instrumentation.google_genai", "generate_content gemini-2.5-flash")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 0)
            .with(join(&[
                genai(&call),
                json!({"gen_ai.operation.name": "generate_content",
                    "gen_ai.provider.name": "gcp.vertex_ai"}),
            ]))
            .send();
        let details = join(&[genai(&call), json!({"gen_ai.operation.name": "generate_content"})]);
        w.log(
            ("opentelemetry.instrumentation.google_genai", "gen_ai.client.inference.operation.details"),
            call.end(),
            Some(&inner),
            details,
        );
    }
    w.sessions.insert("s-4".into());
}
