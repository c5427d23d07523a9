//! Damaged and odd telemetry: lost parents, missing times, wrong units of time.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("parents that never come", lost_parents),
    ("no end", no_end),
    ("an end of zero", zero_end),
    ("milliseconds in nanosecond fields", milliseconds),
    ("no resource at all", no_resource),
    ("failed call with partial usage", partial),
    ("failed call told by framework and SDK", failed_pair),
    ("error without a status", error_attribute),
    ("exception that was caught", caught),
    ("cached answer of a gateway", cache_hit),
    ("all calls in one span", overwritten),
    ("sampled children", sampled),
    ("tool told by framework and server", tool_pair),
    ("sessions and users under own keys", sessions),
];

fn lost_parents(w: &mut World) {
    for call in [w.call(|call| call), w.call(|call| call), w.call(Call::refused)] {
        let lost = w.place();
        w.span("frame", "llm").under(&lost).around(&call, 4).with(genai(&call)).outcome(&call).send();
        let other = w.place();
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .under(&other)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .outcome(&call)
            .send();
    }
}

fn no_end(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("svc", "chat gpt-4o")
            .kind(CLIENT)
            .time(call.start, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn zero_end(w: &mut World) {
    for call in w.twice(|call| call) {
        let start = 1_795_170_000_000_000_000 + call.start * 1_000_000;
        w.span("svc", "chat gpt-4o")
            .kind(CLIENT)
            .raw_times(&start.to_string(), "0")
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn milliseconds(w: &mut World) {
    for call in w.twice(|call| call) {
        let from = 1_795_170_000_000 + call.start;
        w.span("svc", "chat gpt-4o")
            .kind(CLIENT)
            .raw_times(&from.to_string(), &(from + call.ms).to_string())
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn no_resource(w: &mut World) {
    w.resource(json!({}));
    for call in w.twice(|call| call) {
        let at = w
            .span("", "ask")
            .around(&call, 5)
            .with(json!({"model": call.model, "prompt_tokens": call.input,
                "completion_tokens": call.output}))
            .send();
        w.span("", "chat gpt-4o").kind(CLIENT).under(&at).around(&call, 0).with(genai(&call)).send();
    }
}

fn partial(w: &mut World) {
    let call = w.call(|call| Call { failed: true, ..call.plain() });
    w.span("svc", "chat gpt-4o")
        .kind(CLIENT)
        .around(&call, 0)
        .with(json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
        "gen_ai.request.model": call.model,
        "gen_ai.usage.input_tokens": call.input,
            "gen_ai.usage.output_tokens": call.output}))
        .outcome(&call)
        .send();
}

fn failed_pair(w: &mut World) {
    for call in w.twice(Call::refused) {
        let at = w
            .span("frame", "llm")
            .around(&call, 3)
            .with(json!({"span.type": "llm", "llm.model": "gpt-4o"}))
            .fail("openai.RateLimitError")
            .send();
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 0)
            .with(genai(&call))
            .outcome(&call)
            .send();
    }
}

fn error_attribute(w: &mut World) {
    for call in w.twice(Call::refused) {
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), json!({"error.type": "429", "http.response.status_code": 429})]))
            .send();
    }
}

fn caught(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .event(
                "exception",
                call.start + 9,
                json!({"exception.type": "ReadTimeout", "exception.message": "retrying"}),
            )
            .send();
    }
}

fn cache_hit(w: &mut World) {
    let call = w.call(Call::plain);
    w.span("svc", "chat gpt-4o")
        .kind(CLIENT)
        .around(&call, 0)
        .with(join(&[genai(&call), id(&call), json!({"gateway.cache_hit": false})]))
        .send();
    let again = Call { start: 5_000, ms: 4, ..call };
    w.span("svc", "chat gpt-4o")
        .kind(CLIENT)
        .around(&again, 0)
        .with(join(&[genai(&again), id(&again), json!({"gateway.cache_hit": true})]))
        .send();
}

fn overwritten(w: &mut World) {
    let call = w.call(|call| call);
    let root = w
        .span("svc", "run")
        .around(&call, 900)
        .with(join(&[genai(&call), json!({"usage": openai_usage(&call).to_string()})]))
        .send();
    w.span("svc", "step").under(&root).around(&call, 0).send();
}

fn sampled(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    w.span("frame", "invoke_agent Max")
        .time(-9, 6_000)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Max",
        "gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": sum(|c| c.input),
            "gen_ai.usage.output_tokens": sum(|c| c.output)}))
        .send();
    w.agents.insert("Max".into());
    w.untold();
}

fn tool_pair(w: &mut World) {
    let call = w.call(|call| call);
    let root = w
        .span("frame", "invoke_agent Max")
        .around(&call, 900)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Max"}))
        .send();
    w.agents.insert("Max".into());
    w.span("frame", "chat").under(&root).around(&call, 0).with(genai(&call)).send();
    let tool = w
        .span("frame", "execute_tool search")
        .under(&root)
        .time(call.end() + 5, 90)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search",
        "gen_ai.tool.call.id": "call_Zz81kLq29vXb7TwP"}))
        .send();
    let client = w
        .span("mcp.client", "tools/call search")
        .kind(CLIENT)
        .under(&tool)
        .time(call.end() + 8, 80)
        .with(json!({"mcp.method.name": "tools/call", "gen_ai.tool.name": "search"}))
        .send();
    w.process("mcp-server", 9);
    w.span("mcp.server", "tools/call search")
        .kind(2)
        .under(&client)
        .time(call.end() + 12, 70)
        .with(json!({"mcp.method.name": "tools/call", "gen_ai.tool.name": "search"}))
        .send();
    w.ran("search", false);
}

fn sessions(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w
        .span("svc", "chat turn")
        .around(&call, 9)
        .with(json!({"session_id": "own-1", "user_id": "u-1"}))
        .send();
    w.span("svc", "llm")
        .under(&root)
        .around(&call, 0)
        .with(json!({"llm.model": call.model,
        "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output,
        "session.id": "own-1"}))
        .send();
    w.sessions.insert("own-1".into());
}
