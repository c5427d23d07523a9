//! Programs that are built in a browser, and SDKs of further platforms.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, figure, genai, join};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("Dify workflow", dify),
    ("n8n", n8n),
    ("n8n with estimates", n8n_estimate),
    ("Flowise", flowise),
    ("Helicone session", helicone),
    ("OpenInference Java", openinference_java),
    ("OpenInference with cost", openinference_cost),
    ("AgentOps TypeScript", agentops),
    ("Logfire proxy of the AI SDK", vercel_function),
    ("Amazon Bedrock AgentCore over LangGraph", agentcore),
];

fn n8n_node(w: &mut World, call: &Call, key: &str) {
    let mut output = json!({"response": {"generations": [[{"text": call.text(),
        "generationInfo": {"finish_reason": "stop", "model_name": call.model}}]]}});
    output[key] =
        json!({"completionTokens": call.output, "promptTokens": call.input, "totalTokens": call.total()});
    let workflow = w
        .span("n8n", "n8n.workflow.execute")
        .around(call, 90)
        .with(json!({"n8n.workflow.id": "w1", "n8n.workflow.name": "Support"}))
        .send();
    let agent = w
        .span("n8n", "n8n.node.execute")
        .under(&workflow)
        .around(call, 40)
        .with(json!({"n8n.node.type": "@n8n/n8n-nodes-langchain.agent", "n8n.node.name": "AI Agent"}))
        .send();
    w.span("n8n", "n8n.node.execute")
        .under(&agent)
        .around(call, 0)
        .with(json!({"n8n.node.type": "@n8n/n8n-nodes-langchain.lmChatOpenAi",
        "n8n.node.name": "OpenAI Chat Model",
        "n8n.node.output_json": json!([[{"json": output}]]).to_string()}))
        .send();
}

fn dify(w: &mut World) {
    let calls = [w.call(Call::plain), w.call(Call::plain)];
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let common = json!({"gen_ai.session.id": "conv-3", "gen_ai.user.id": "u",
        "gen_ai.framework": "dify"});
    let root = w
        .span("dify", "workflow_chat")
        .time(-50, 8_000)
        .with(join(&[
            common.clone(),
            json!({"gen_ai.span.kind": "CHAIN", "input.value": "hi", "output.value": "ok",
        "gen_ai.usage.input_tokens": sum(|c| c.input), "gen_ai.usage.output_tokens": sum(|c| c.output),
            "gen_ai.usage.total_tokens": sum(Call::total)}),
        ]))
        .send();
    w.sessions.insert("conv-3".into());
    for call in &calls {
        w.span("dify", "LLM")
            .under(&root)
            .around(call, 0)
            .with(join(&[
                common.clone(),
                json!({"gen_ai.span.kind": "LLM", "gen_ai.model_name": call.model,
            "gen_ai.request.model": call.model, "gen_ai.provider.name": "langgenius/openai/openai",
            "gen_ai.usage.input_tokens": call.input.to_string(),
                "gen_ai.usage.output_tokens": call.output.to_string(),
                "gen_ai.usage.total_tokens": call.total().to_string()}),
            ]))
            .send();
    }
    w.span("dify", "google_search")
        .under(&root)
        .time(calls[0].end() + 5, 90)
        .with(join(&[common, json!({"gen_ai.span.kind": "TOOL", "gen_ai.tool.name": "google_search"})]))
        .send();
    w.ran("google_search", false);
}

fn n8n(w: &mut World) {
    for call in [w.call(Call::plain), w.call(Call::plain)] {
        n8n_node(w, &call, "tokenUsage");
    }
}

fn n8n_estimate(w: &mut World) {
    let call = Call::new(3, 0).plain();
    n8n_node(w, &call, "tokenUsageEstimate");
}

fn flowise(w: &mut World) {
    for call in [w.call(|call| call), w.call(|call| call)] {
        let flow = w
            .span("flowise", "Agentflow")
            .around(&call, 50)
            .with(json!({"flowise.chatflowid": "c1", "flowise.sessionId": "fs-1"}))
            .send();
        w.span("flowise", "LLM 0")
            .under(&flow)
            .around(&call, 0)
            .with(json!({"flowise.node": "llmAgentflow_0", "flowise.output": {"content": call.text(),
            "timeMetadata": {"start": 1, "end": 900, "delta": 899},
            "usageMetadata": {"input_tokens": call.input, "output_tokens": call.output,
                "total_tokens": call.total(), "input_token_details": {"audio": 0,
                "cache_read": call.read},
                "output_token_details": {"audio": 0,
                    "reasoning": call.reasoning}}, "responseMetadata": {"model_name": call.model,
                    "finish_reason": "stop"}}}))
            .send();
    }
}

fn helicone(w: &mut World) {
    for call in [w.call(Call::claude), w.call(Call::claude)] {
        w.span("helicone", "POST /v1/messages")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"helicone.request.id": format!("r{}", call.n), "helicone.model": call.model,
            "helicone.provider": "ANTHROPIC",
            "helicone.prompt_tokens": call.fresh(), "helicone.completion_tokens": call.output,
                "helicone.prompt_cache_read_tokens": call.read,
                "helicone.prompt_cache_write_tokens": call.write,
            "helicone.total_tokens": call.total(), "helicone.cost_usd": 0.01,
                "helicone.cache.enabled": false, "http.status_code": 200}))
            .send();
        w.reported += 10_000;
    }
}

fn openinference_java(w: &mut World) {
    for call in [w.call(Call::plain), w.call(Call::plain), w.call(Call::refused)] {
        w.span("com.arize.instrumentation.langchain4j", "generate").around(&call, 0)
            .with(json!({"openinference.span.kind": "LLM", "llm.model_name": call.model,
            "llm.system": "langchain4j", "llm.provider": "OPEN_AI",
            "llm.invocation_parameters": "{\"temperature\":1.0}", "llm.token_count.prompt": figure(&call,
                call.input), "llm.token_count.completion": figure(&call, call.output),
            "llm.token_count.total": figure(&call, call.total()),
                "llm.output_messages.0.message.content": if call.failed { Value::Null } else { json!(call.text()) }})).outcome(&call).send();
    }
}

fn openinference_cost(w: &mut World) {
    for call in [w.call(Call::claude), w.call(Call::claude)] {
        w.span("my.tracer", "messages")
            .around(&call, 0)
            .with(join(&[
                super::words::openinference(&call),
                json!({"llm.cost.total": 0.0105, "llm.cost.prompt": 0.01, "llm.cost.completion": 0.0005,
            "output.value": json!({"id": call.id(), "model": call.model,
                "usage": claude_usage(&call)}).to_string()}),
            ]))
            .send();
        w.reported += 10_500;
    }
}

fn agentops(w: &mut World) {
    let calls = [w.call(Call::mute), w.call(Call::mute)];
    let root =
        w.span("agentops", "session").time(-30, 7_000).with(json!({"agentops.span.kind": "session"})).send();
    for call in &calls {
        w.span("agentops", "generation.llm")
            .under(&root)
            .around(call, 0)
            .with(json!({"agentops.span.kind": "llm", "gen_ai.request.model": call.model,
            "gen_ai.response.model": call.model, "gen_ai.response.id": call.id(),
            "gen_ai.usage.prompt_tokens": call.input, "gen_ai.usage.completion_tokens": call.output,
                "gen_ai.usage.total_tokens": call.total(),
                "gen_ai.usage.cache_read_input_tokens": call.read,
            "gen_ai.usage.total_cost": 0.005}))
            .send();
        w.reported += 5_000;
    }
}

fn vercel_function(w: &mut World) {
    for call in [w.call(|call| call), w.call(|call| call)] {
        let outer = w
            .span("ai", "ai.generateText")
            .around(&call, 6)
            .with(json!({"operation.name": "ai.generateText support", "ai.operationId": "ai.generateText",
            "ai.model.id": call.model, "ai.model.provider": "openai.responses",
            "ai.usage.inputTokens": call.input, "ai.usage.outputTokens": call.output,
                "ai.usage.totalTokens": call.total(), "ai.usage.cachedInputTokens": call.read,
                "ai.usage.reasoningTokens": call.reasoning}))
            .send();
        w.span("ai", "ai.generateText.doGenerate")
            .under(&outer)
            .around(&call, 2)
            .with(json!({"operation.name": "ai.generateText.doGenerate support",
            "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": call.model,
            "ai.model.provider": "openai.responses",
            "ai.usage.inputTokens": call.input, "ai.usage.outputTokens": call.output,
                "ai.usage.totalTokens": call.total(), "ai.usage.cachedInputTokens": call.read,
                "ai.usage.reasoningTokens": call.reasoning,
            "gen_ai.system": "openai.responses", "gen_ai.request.model": call.model,
                "gen_ai.response.model": call.model, "gen_ai.response.id": format!("resp_{}", call.id()),
                "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output}))
            .send();
        w.span("@vercel/otel/fetch", "fetch POST https://api.openai.com/v1/responses")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(json!({"http.method": "POST", "http.status_code": 200}))
            .send();
    }
}

fn agentcore(w: &mut World) {
    let model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    for call in [
        w.call(|call| call.claude().model("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock")),
        w.call(|call| call.claude().model("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock")),
    ] {
        let root = w
            .span("opentelemetry.instrumentation.starlette", "POST /invocations")
            .kind(2)
            .around(&call, 60)
            .with(json!({"aws.local.service": "agent", "session.id": "ac-1"}))
            .send();
        let chain = w
            .span("opentelemetry.instrumentation.langchain", "ChatBedrockConverse.chat")
            .under(&root)
            .around(&call, 5)
            .with(json!({"llm.request.type": "chat", "gen_ai.system": "AWS",
            "session.id": "ac-1",
            "gen_ai.request.model": model, "gen_ai.response.model": model,
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
            "llm.usage.total_tokens": call.total(), "gen_ai.usage.cache_read_input_tokens": call.read,
                "gen_ai.usage.cache_creation_input_tokens": call.write}))
            .send();
        let chat = join(&[
            genai(&call),
            json!({"rpc.service": "Bedrock Runtime", "gen_ai.usage.input_tokens": call.fresh(),
                "gen_ai.usage.cache_read.input_tokens": null,
                "gen_ai.usage.cache_write.input_tokens": null}),
        ]);
        w.span(
            "opentelemetry.instrumentation.botocore.bedrock-runtime",
            "chat us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        )
        .kind(CLIENT)
        .under(&chain)
        .around(&call, 0)
        .with(chat)
        .send();
    }
    w.sessions.insert("ac-1".into());
}
