//! Observability products, cloud services and command-line agents, in words of their own.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, id, join, openai_usage, openinference};
use super::world::{CLIENT, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("Datadog's tracer", datadog),
    ("New Relic's events with messages", new_relic),
    ("Sums of records above their generations", trulens),
    ("Haystack's component with its replies", haystack),
    ("HoneyHive", honeyhive),
    ("log of Bedrock's invocations", bedrock_log),
    ("log of an API management gateway", api_management),
    ("Aider's analytics", aider),
    ("Roo Code's completions", roo_code),
    ("opencode's messages as JSON", opencode),
    ("SWE-agent's statistics", swe_agent),
    ("Griptape's events", griptape),
    ("Mirascope over the SDK", mirascope),
    ("Groq's usage with times", groq),
    ("watsonx results", watsonx),
    ("Titan's results", titan),
    ("Llama on Bedrock", llama),
    ("Nova's usage", nova),
    ("Voyage's embeddings with a total only", voyage),
    ("keys with spaces", spaces),
    ("body of the answer in two parts", two_parts),
    ("usage beside limits of the model", beside_limits),
    ("tracing of a worker over HTTP with both ends told", both_ends),
    ("OpenInference beside a client span of the conventions in an own trace", apart),
    ("tool loop told by its framework with running sums", running),
    ("cached answers beside real ones", cached),
];

fn datadog(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("ddtrace", "openai.request")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"openai.request.endpoint": "/v1/chat/completions", "openai.request.model": "gpt-4o",
                "openai.response.model": call.model, "openai.response.id": call.id(),
                "openai.response.usage.prompt_tokens": call.input,
                "openai.response.usage.completion_tokens": call.output,
                "openai.response.usage.total_tokens": call.total(),
                "openai.response.usage.prompt_tokens_details.cached_tokens": call.read,
                "openai.request.max_tokens": 4_096, "openai.user.api_key": "sk-...abcd"}))
            .send();
    }
}

fn new_relic(w: &mut World) {
    for call in w.twice(Call::plain) {
        for (role, tokens, sequence) in [("user", call.input, 0), ("assistant", call.output, 1)] {
            w.log(
                ("newrelic", "LlmChatCompletionMessage"),
                call.end(),
                None,
                json!({"completion_id": format!("c-{}", call.n), "role": role, "sequence": sequence,
                    "token_count": tokens, "response.model": call.model, "vendor": "openai",
                    "content": call.text(), "is_response": sequence == 1}),
            );
        }
        w.log(
            ("newrelic", "LlmChatCompletionSummary"),
            call.end(),
            None,
            json!({"id": format!("c-{}", call.n), "request.model": call.model,
                "response.model": call.model, "vendor": "openai", "duration": call.ms as f64,
                "response.usage.prompt_tokens": call.input,
                "response.usage.completion_tokens": call.output,
                "response.usage.total_tokens": call.total(), "response.number_of_messages": 2,
                "request.max_tokens": 2_000}),
        );
    }
}

fn trulens(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("trulens", "app.query")
        .time(calls[0].start - 20, calls[1].end() - calls[0].start + 40)
        .with(json!({"ai.observability.span_type": "record_root",
            "ai.observability.record_id": "r-1",
            "ai.observability.cost.num_prompt_tokens": sum(|call| call.input),
            "ai.observability.cost.num_completion_tokens": sum(|call| call.output),
            "ai.observability.cost.num_tokens": sum(Call::total)}))
        .send();
    for call in &calls {
        w.span("trulens", "app.complete")
            .under(&root)
            .around(call, 0)
            .with(json!({"ai.observability.span_type": "generation",
                "ai.observability.cost.model": call.model,
                "ai.observability.cost.num_prompt_tokens": call.input,
                "ai.observability.cost.num_completion_tokens": call.output,
                "ai.observability.cost.num_tokens": call.total()}))
            .send();
    }
}

fn haystack(w: &mut World) {
    for call in w.twice(Call::mute) {
        let pipeline = w.span("haystack", "haystack.pipeline.run").around(&call, 40).send();
        let output = json!({"replies": [{"role": "assistant", "content": [{"text": call.text()}],
            "meta": {"model": call.model, "index": 0, "finish_reason": "stop",
                "usage": openai_usage(&call)}}]});
        w.span("haystack", "haystack.component.run")
            .under(&pipeline)
            .around(&call, 3)
            .with(json!({"haystack.component.name": "llm",
                "haystack.component.type": "OpenAIChatGenerator",
                "haystack.component.output": output.to_string()}))
            .send();
    }
}

fn honeyhive(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("honeyhive", "complete")
            .around(&call, 0)
            .with(json!({"honeyhive_event_type": "model", "honeyhive_config.model": call.model,
                "honeyhive_config.provider": "openai", "honeyhive_config.max_tokens": 1_000,
                "honeyhive_metadata.prompt_tokens": call.input,
                "honeyhive_metadata.completion_tokens": call.output,
                "honeyhive_metadata.total_tokens": call.total()}))
            .send();
    }
}

fn bedrock_log(w: &mut World) {
    for call in w.twice(|call| call.plain().model("anthropic.claude-3-5-sonnet-20241022-v2:0", "aws.bedrock"))
    {
        let record = json!({"schemaType": "ModelInvocationLog", "schemaVersion": "1.0",
            "accountId": "123456789012", "region": "us-east-1", "requestId": format!("r-{}", call.n),
            "operation": "Converse", "modelId": call.model,
            "input": {"inputContentType": "application/json", "inputTokenCount": call.input,
                "inputBodyJson": {"messages": [], "inferenceConfig": {"maxTokens": 2_048}}},
            "output": {"outputContentType": "application/json", "outputTokenCount": call.output,
                "outputBodyJson": {"stopReason": "end_turn", "metrics": {"latencyMs": call.ms},
                    "usage": {"inputTokens": call.input, "outputTokens": call.output,
                        "totalTokens": call.total()}}}});
        w.log(
            ("cloudwatch", "invocation"),
            call.end(),
            None,
            json!({"log.record.original": record.to_string()}),
        );
    }
}

fn api_management(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.log(
            ("azure", "ApiManagementGatewayLlmLog"),
            call.end(),
            None,
            json!({"CorrelationId": format!("c-{}", call.n), "DeploymentName": "chat",
                "ModelName": call.model, "PromptTokens": call.input, "CompletionTokens": call.output,
                "TotalTokens": call.total(), "IsStreamCompletion": false, "Region": "westeurope"}),
        );
    }
}

/// The second cost differs from the total of the session, which has no other name than that of a call.
fn aider(w: &mut World) {
    for (call, total) in w.twice(Call::plain).into_iter().zip([0.004, 0.008]) {
        w.log(
            ("aider", "message_send"),
            call.end(),
            None,
            json!({"main_model": call.model, "weak_model": "gpt-4o-mini", "editor_model": call.model,
                "edit_format": "diff", "prompt_tokens": call.input, "completion_tokens": call.output,
                "total_tokens": call.total(), "cost": 0.004, "total_cost": total}),
        );
    }
    w.reported = 4_000;
}

fn roo_code(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.log(
            ("roo-code", "LLM Completion"),
            call.end(),
            None,
            json!({"taskId": "t-1", "apiProvider": "openai", "modelId": call.model, "mode": "code",
                "inputTokens": call.input, "outputTokens": call.output, "cacheReadTokens": call.read,
                "cacheWriteTokens": 0, "totalTokens": call.total()}),
        );
    }
}

fn opencode(w: &mut World) {
    for call in w.twice(Call::claude) {
        let message = json!({"id": format!("msg-{}", call.n), "role": "assistant",
            "modelID": call.model, "providerID": "anthropic",
            "tokens": {"input": call.fresh(), "output": call.output, "reasoning": 0,
                "cache": {"read": call.read, "write": call.write}}});
        w.span("opencode", "session.message")
            .around(&call, 0)
            .with(json!({"message": message.to_string()}))
            .send();
    }
}

fn swe_agent(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    w.span("swe-agent", "run")
        .time(0, 9_000)
        .with(json!({"model": calls[0].model, "model_stats.tokens_sent": sum(|call| call.input),
            "model_stats.tokens_received": sum(|call| call.output), "model_stats.api_calls": 2}))
        .send();
    w.untold();
}

fn griptape(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("griptape", "OpenAiChatPromptDriver.run()")
            .around(&call, 0)
            .event("StartPromptEvent", call.start, json!({"model": call.model}))
            .event(
                "FinishPromptEvent",
                call.end(),
                json!({"model": call.model, "result": call.text(), "input_token_count": call.input,
                    "output_token_count": call.output}),
            )
            .send();
    }
}

fn mirascope(w: &mut World) {
    for call in w.twice(Call::mute) {
        let usage = json!({"input_tokens": call.input, "output_tokens": call.output,
            "cache_read_tokens": call.read, "cache_write_tokens": 0, "reasoning_tokens": 0,
            "total_tokens": call.total()});
        let outer = w
            .span("mirascope", "recommend_book")
            .around(&call, 6)
            .with(json!({"mirascope.type": "call", "mirascope.response.model_id": "openai/gpt-4o",
                "mirascope.response.provider_id": "openai", "mirascope.response.usage": usage.to_string()}))
            .send();
        w.span("mirascope.llm", "chat gpt-4o")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 1)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn groq(w: &mut World) {
    for call in w.twice(|call| call.plain().model("llama-3.3-70b-versatile", "groq")) {
        let usage = json!({"queue_time": 0.0183, "prompt_tokens": call.input, "prompt_time": 0.0021,
            "completion_tokens": call.output, "completion_time": 0.21, "total_tokens": call.total(),
            "total_time": 0.2121});
        w.span("app", "groq call")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"provider": "groq", "model": call.model, "usage": usage.to_string()}))
            .send();
    }
}

fn watsonx(w: &mut World) {
    for call in w.twice(|call| call.plain().model("ibm/granite-3-8b-instruct", "watsonx")) {
        let answer = json!({"model_id": call.model, "created_at": "2026-11-20T10:20:00Z",
            "results": [{"generated_text": call.text(), "generated_token_count": call.output,
                "input_token_count": call.input, "stop_reason": "eos_token"}]});
        w.span("app", "generate")
            .around(&call, 0)
            .with(json!({"provider": "watsonx", "response": answer.to_string()}))
            .send();
    }
}

fn titan(w: &mut World) {
    for call in w.twice(|call| call.plain().model("amazon.titan-text-express-v1", "aws.bedrock")) {
        let answer = json!({"inputTextTokenCount": call.input,
            "results": [{"tokenCount": call.output, "outputText": call.text(), "completionReason": "FINISH"}]});
        w.span("app", "invoke_model")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"model_id": call.model, "response_body": answer.to_string()}))
            .send();
    }
}

fn llama(w: &mut World) {
    for call in w.twice(|call| call.plain().model("meta.llama3-70b-instruct-v1:0", "aws.bedrock")) {
        let answer = json!({"generation": call.text(), "prompt_token_count": call.input,
            "generation_token_count": call.output, "stop_reason": "stop"});
        w.span("app", "invoke_model")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"modelId": call.model, "response.body": answer.to_string()}))
            .send();
    }
}

fn nova(w: &mut World) {
    let nova = |call: Call| {
        let call = call.mute().model("amazon.nova-pro-v1:0", "aws.bedrock");
        Call { write: 0, ..call }
    };
    for call in [w.call(nova), w.call(nova)] {
        let answer = json!({"output": {"message": {"role": "assistant", "content": [{"text": call.text()}]}},
            "stopReason": "end_turn", "usage": {"inputTokens": call.fresh(), "outputTokens": call.output,
                "totalTokens": call.total(), "cacheReadInputTokenCount": call.read,
                "cacheWriteInputTokenCount": 0}});
        w.span("app", "invoke_model")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"provider": "aws.bedrock", "modelId": call.model, "response": answer.to_string()}))
            .send();
    }
}

fn voyage(w: &mut World) {
    for call in w.twice(|call| call.embedding().model("voyage-3", "voyage")) {
        let answer = json!({"object": "list", "data": [{"object": "embedding", "index": 0}],
            "model": call.model, "usage": {"total_tokens": call.input}});
        w.span("search", "embed").around(&call, 0).with(json!({"response": answer.to_string()})).send();
    }
}

fn spaces(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.log(
            ("crush", "llm responded"),
            call.end(),
            None,
            json!({"model": call.model, "provider": "openai", "input tokens": call.input,
                "output tokens": call.output, "max tokens": 8_000}),
        );
    }
}

fn two_parts(w: &mut World) {
    for call in w.twice(Call::plain) {
        let usage = openai_usage(&call).to_string();
        w.span("app", "complete")
            .around(&call, 0)
            .with(json!({"llm.response.model": call.model, "llm.response.id": call.id(),
                "llm.response.body": call.text(), "llm.response.usage": usage}))
            .send();
    }
}

fn beside_limits(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("app", "ask")
            .around(&call, 0)
            .with(json!({"model": call.model, "input_tokens": call.input, "output_tokens": call.output,
                "max_input_tokens": 128_000, "max_output_tokens": 16_384, "context_window": 128_000,
                "remaining_tokens": 128_000 - call.total(), "x-ratelimit-limit-tokens": 30_000_000,
                "x-ratelimit-remaining-tokens": 29_990_000}))
            .send();
    }
}

fn both_ends(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.process("front", 1);
        let asked = w
            .span("front", "POST /complete")
            .kind(CLIENT)
            .around(&call, 20)
            .with(json!({"http.request.method": "POST", "llm.model": call.model,
                "llm.usage": claude_usage(&call).to_string()}))
            .send();
        w.process("worker", 2);
        let served = w
            .span("worker", "POST /complete")
            .kind(SERVER)
            .under(&asked)
            .around(&call, 15)
            .with(json!({"http.request.method": "POST"}))
            .send();
        w.span("worker", "messages.create")
            .kind(CLIENT)
            .under(&served)
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "llm.response.id": call.id(),
                "llm.usage": claude_usage(&call).to_string()}))
            .send();
    }
}

fn apart(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .around(&call, 2)
            .with(openinference(&call))
            .send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn running(w: &mut World) {
    let calls = [w.call(Call::plain), w.call(Call::plain), w.call(Call::plain)];
    let last = &calls[2];
    let root = w.span("loop", "agent.run").time(calls[0].start - 10, last.end() + 20).send();
    let (mut input, mut output) = (0, 0);
    for call in &calls {
        input += call.input;
        output += call.output;
        let step = w
            .span("loop", "agent.step")
            .under(&root)
            .around(call, 5)
            .with(json!({"model": call.model, "total_input_tokens": input, "total_output_tokens": output}))
            .send();
        w.span("loop", "model.call")
            .under(&step)
            .around(call, 0)
            .with(json!({"model": call.model, "input_tokens": call.input, "output_tokens": call.output}))
            .send();
    }
}

fn cached(w: &mut World) {
    for call in w.twice(Call::plain) {
        let told = |hit: bool| {
            json!({"model": call.model, "cache_hit": hit, "prompt_tokens": call.input,
                "completion_tokens": call.output})
        };
        w.span("cachier", "llm").around(&call, 0).with(told(false)).send();
        w.span("cachier", "llm").time(call.end() + 200, 2).with(told(true)).send();
    }
}
