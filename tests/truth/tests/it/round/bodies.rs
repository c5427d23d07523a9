//! Bodies of answers and streams as they were captured, and answers that are fetched again.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, gemini_usage, genai, id, join, openai_answer, openai_usage, openinference};
use super::world::{CLIENT, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("text of a stream of OpenAI", openai_sse),
    ("text of a stream of Claude", claude_sse),
    ("text of a stream of Gemini", gemini_sse),
    ("lines of a stream of Ollama", ollama_lines),
    ("events of a stream of Converse", converse_events),
    ("events of a stream of the Responses API", responses_events),
    ("result of the AI SDK with its one step", one_step),
    ("result of LangChain as JSON", langchain_result),
    ("response of LlamaIndex as JSON", llama_index),
    ("protocol buffer with details in braces", proto_details),
    ("figures of four programs under four names", four_names),
    ("cost in a header beside the body", header_cost),
    ("answer in the background that another process fetches", background),
    ("answer that is fetched twice", fetched_twice),
    ("server with a late clock in one trace", late_clock),
    ("server with a late clock in a trace of its own", late_clock_apart),
    ("tool run told by agent, client and server", tool_three),
    ("metadata of a call as JSON", metadata),
];

fn body(w: &mut World, call: &Call, body: &str) {
    w.span("app.http", "llm.call")
        .kind(CLIENT)
        .around(call, 0)
        .with(json!({"http.request.method": "POST", "llm.model": call.model, "llm.response.body": body}))
        .send();
}

fn sse(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

fn openai_chunks(call: &Call) -> Vec<Value> {
    let chunk = |choices: Value, usage: Value| {
        json!({"id": call.id(), "object": "chat.completion.chunk",
        "model": call.model, "choices": choices, "usage": usage})
    };
    vec![
        chunk(json!([{"index": 0, "delta": {"role": "assistant", "content": "Birds "}}]), Value::Null),
        chunk(json!([{"index": 0, "delta": {"content": "sing."}, "finish_reason": "stop"}]), Value::Null),
        chunk(json!([]), openai_usage(call)),
    ]
}

fn openai_sse(w: &mut World) {
    for call in w.twice(|call| call) {
        let text = format!("{}data: [DONE]\n\n", sse(&openai_chunks(&call)));
        body(w, &call, &text);
    }
}

fn claude_sse(w: &mut World) {
    for call in w.twice(Call::claude) {
        let mut usage = claude_usage(&call);
        usage["output_tokens"] = json!(2);
        let events = [
            json!({"type": "message_start", "message": {"id": call.id(), "type": "message",
                "role": "assistant", "model": call.model, "content": [], "usage": usage}}),
            json!({"type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": call.text()}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
                "usage": {"output_tokens": call.output}}),
            json!({"type": "message_stop"}),
        ];
        let text = events
            .iter()
            .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default()));
        body(w, &call, &text.collect::<String>());
    }
}

fn gemini_sse(w: &mut World) {
    for call in w.twice(|call| call.plain().model("gemini-2.5-flash", "gcp.gemini")) {
        let chunk = |usage: Value| {
            json!({"candidates": [{"content": {"parts": [{"text": "Birds "}],
            "role": "model"}}], "usageMetadata": usage, "modelVersion": call.model,
            "responseId": call.id()})
        };
        let early = json!({"promptTokenCount": call.input, "candidatesTokenCount": 2,
            "totalTokenCount": call.input + 2});
        body(w, &call, &sse(&[chunk(early), chunk(gemini_usage(&call))]));
    }
}

fn ollama_lines(w: &mut World) {
    for call in w.twice(|call| call.plain().model("llama3.1:8b", "ollama")) {
        let part = json!({"model": call.model, "message": {"role": "assistant", "content": "Birds"},
            "done": false});
        let last = json!({"model": call.model, "message": {"role": "assistant", "content": ""},
            "done": true, "done_reason": "stop", "total_duration": 700_000_000, "prompt_eval_count": call.input,
            "eval_count": call.output, "eval_duration": 600_000_000});
        body(w, &call, &format!("{part}\n{part}\n{last}\n"));
    }
}

fn converse_events(w: &mut World) {
    for call in w.twice(Call::claude) {
        let events = json!([{"messageStart": {"role": "assistant"}},
            {"contentBlockDelta": {"delta": {"text": call.text()}, "contentBlockIndex": 0}},
            {"contentBlockStop": {"contentBlockIndex": 0}}, {"messageStop": {"stopReason": "end_turn"}},
            {"metadata": {"usage": {"inputTokens": call.fresh(), "outputTokens": call.output,
                "totalTokens": call.total(), "cacheReadInputTokens": call.read,
                "cacheWriteInputTokens": call.write}, "metrics": {"latencyMs": call.ms}}}]);
        body(w, &call, &events.to_string());
    }
}

fn responses_events(w: &mut World) {
    for call in w.twice(|call| call) {
        let answer = |status: &str, usage: Value| {
            json!({"id": format!("resp_{}", call.id()),
            "object": "response", "model": call.model, "status": status, "output": [], "usage": usage})
        };
        let usage = json!({"input_tokens": call.input, "output_tokens": call.output,
            "total_tokens": call.total(), "input_tokens_details": {"cached_tokens": call.read},
            "output_tokens_details": {"reasoning_tokens": call.reasoning}});
        let events = json!([
            {"type": "response.created", "response": answer("in_progress", Value::Null)},
            {"type": "response.output_text.delta", "delta": "Birds sing."},
            {"type": "response.completed", "response": answer("completed", usage)}]);
        body(w, &call, &events.to_string());
    }
}

fn one_step(w: &mut World) {
    for call in w.twice(Call::mute) {
        let usage = json!({"inputTokens": call.input, "outputTokens": call.output,
            "totalTokens": call.total(), "cachedInputTokens": call.read});
        let result = json!({"text": call.text(), "finishReason": "stop", "usage": usage, "totalUsage": usage,
            "steps": [{"text": call.text(), "finishReason": "stop", "usage": usage,
                "response": {"id": call.id(), "modelId": call.model}}]});
        body(w, &call, &result.to_string());
    }
}

fn langchain_result(w: &mut World) {
    for call in w.twice(|call| call) {
        let metadata = json!({"input_tokens": call.input, "output_tokens": call.output,
            "total_tokens": call.total(), "input_token_details": {"audio": 0, "cache_read": call.read},
            "output_token_details": {"audio": 0, "reasoning": call.reasoning}});
        let result = json!({"generations": [[{"text": call.text(), "type": "ChatGeneration",
            "message": {"content": call.text(), "id": "run--7", "usage_metadata": metadata,
                "response_metadata": {"token_usage": openai_usage(&call), "model_name": call.model,
                    "finish_reason": "stop"}}}]],
            "llm_output": {"token_usage": openai_usage(&call), "model_name": call.model}, "run": null});
        body(w, &call, &result.to_string());
    }
}

fn llama_index(w: &mut World) {
    for call in w.twice(Call::mute) {
        let response = json!({"message": {"role": "assistant", "blocks": [{"text": call.text()}]},
            "raw": openai_answer(&call), "delta": null, "logprobs": null,
            "additional_kwargs": {"prompt_tokens": call.input, "completion_tokens": call.output,
                "total_tokens": call.total()}});
        body(w, &call, &response.to_string());
    }
}

fn proto_details(w: &mut World) {
    for call in w.twice(|call| call.plain().model("gemini-2.5-flash", "gcp.gemini")) {
        let text = format!(
            "prompt_token_count: {}\ncandidates_token_count: {}\ntotal_token_count: {}\n\
             prompt_tokens_details {{\n  modality: TEXT\n  token_count: {}\n}}\n",
            call.input,
            call.output,
            call.total(),
            call.input
        );
        w.span("app", "llm.call")
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "llm.usage_metadata": text}))
            .send();
    }
}

fn four_names(w: &mut World) {
    let names = [
        ("num_tokens_prompt", "num_tokens_completion"),
        ("promptTokensUsed", "completionTokensUsed"),
        ("TokensIn", "TokensOut"),
        ("llm_input_token_cnt", "llm_output_token_cnt"),
    ];
    for (input, output) in names {
        let call = w.call(Call::plain);
        let mut told = json!({"model_name": call.model});
        told[input] = json!(call.input);
        told[output] = json!(call.output);
        w.span("app", "completion").around(&call, 0).with(told).send();
    }
}

fn header_cost(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("app.http", "llm.call")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"http.response.header.x-response-cost": ["0.0042"],
                "llm.response.body": openai_answer(&call).to_string()}))
            .send();
    }
}

fn openllmetry(call: &Call, has_usage: bool) -> Value {
    let figure = |count: u64| if has_usage { json!(count) } else { Value::Null };
    json!({"gen_ai.system": "openai", "llm.request.type": "chat", "gen_ai.request.model": call.model,
        "gen_ai.response.model": call.model, "gen_ai.response.id": format!("resp_{}", call.id()),
        "gen_ai.usage.input_tokens": figure(call.input), "gen_ai.usage.output_tokens": figure(call.output),
        "llm.usage.total_tokens": figure(call.total())})
}

const OLLM: &str = "opentelemetry.instrumentation.openai.v1";

fn background(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.process("shop", 4);
        w.span(OLLM, "openai.response")
            .kind(CLIENT)
            .time(call.start, 80)
            .with(openllmetry(&call, false))
            .send();
        w.process("worker", 9);
        w.span(OLLM, "openai.response")
            .kind(CLIENT)
            .time(call.end() + 300, 40)
            .with(openllmetry(&call, true))
            .send();
    }
}

fn fetched_twice(w: &mut World) {
    for call in w.twice(Call::plain) {
        let root = w.span("app", "poll").time(call.start - 5, call.ms + 1_500).send();
        for wait in [0, 1_000] {
            w.span(OLLM, "openai.response")
                .kind(CLIENT)
                .under(&root)
                .time(call.end() + wait, 40)
                .with(openllmetry(&call, true))
                .send();
        }
    }
}

/// A client and the span of its server, whose clock is 90 seconds late.
fn late(w: &mut World, is_apart: bool) {
    for call in w.twice(Call::plain) {
        w.process("shop", 4);
        let client = w
            .span("openinference.instrumentation.openai", "ChatCompletion")
            .around(&call, 10)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.process("gateway", 9);
        let server = w.span("gateway", "chat").kind(SERVER);
        let server = if is_apart { server } else { server.under(&client) };
        server.time(call.start + 90_000, call.ms).with(join(&[genai(&call), id(&call)])).send();
    }
}

fn late_clock(w: &mut World) {
    late(w, false);
}

fn late_clock_apart(w: &mut World) {
    late(w, true);
}

fn tool_three(w: &mut World) {
    let call = w.call(Call::plain);
    w.process("agent", 4);
    let root = w.span("app", "work").time(-20, 4_000).send();
    w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
        .kind(CLIENT)
        .under(&root)
        .around(&call, 0)
        .with(join(&[genai(&call), id(&call)]))
        .send();
    let tool = w
        .span("frame", "execute_tool read_file")
        .under(&root)
        .time(call.end() + 10, 200)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "read_file",
            "gen_ai.tool.call.id": "call_8Hq2vTz1"}))
        .send();
    let client = w
        .span("mcp.client", "tools/call read_file")
        .kind(CLIENT)
        .under(&tool)
        .time(call.end() + 14, 190)
        .with(json!({"mcp.method.name": "tools/call", "gen_ai.tool.name": "read_file",
            "mcp.session.id": "m-1", "gen_ai.operation.name": "execute_tool"}))
        .send();
    w.process("files", 9);
    w.span("mcp.server", "tools/call read_file")
        .kind(SERVER)
        .under(&client)
        .time(call.end() + 20, 175)
        .with(json!({"mcp.method.name": "tools/call", "gen_ai.tool.name": "read_file",
            "mcp.session.id": "m-1", "gen_ai.operation.name": "execute_tool"}))
        .send();
    w.ran("read_file", false);
}

fn metadata(w: &mut World) {
    for call in w.twice(Call::plain) {
        let told = json!({"model": call.model, "provider": "openai", "latency_s": 0.7, "attempt": 1,
            "tokens": {"prompt": call.input, "completion": call.output, "total": call.total()}});
        w.span("app", "task").around(&call, 0).with(json!({"metadata": told.to_string()})).send();
    }
}
