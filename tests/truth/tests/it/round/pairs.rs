//! Two records of one call that differ in their figures.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, id, join, openinference};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("wrapper with the sum of retries", retries),
    ("retry of the SDK within one span", sdk_retry),
    ("fallback to another model", fallback),
    ("proxy with alias of the model", alias),
    ("parallel equal calls of two scopes", equal_pairs),
    ("OpenInference and home-made on Claude", claude_pair),
    ("framework without usage over SDK", bare_framework),
    ("SDK without usage below framework", bare_sdk),
    ("agent sums and cached sums", agent_sums),
    ("logs of the conventions without spans", details_alone),
];

fn retries(w: &mut World) {
    let calls = [w.call(Call::refused), w.call(Call::plain), w.call(Call::plain)];
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let outer = w
        .span("svc", "CallJSON")
        .time(-5, calls[2].end() + 10)
        .with(json!({"llm.model": "gpt-4o",
        "llm.usage.prompt_tokens": sum(|c| c.input), "llm.usage.completion_tokens": sum(|c| c.output),
        "llm.usage.total_tokens": sum(Call::total), "llm.retry.attempt": 2}))
        .send();
    for call in &calls {
        w.span("svc.http", "chat gpt-4o")
            .kind(CLIENT)
            .under(&outer)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .outcome(call)
            .send();
    }
}

fn sdk_retry(w: &mut World) {
    let call = w.call(|call| Call { ms: 4_000, ..call });
    let at = w
        .span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
        .kind(CLIENT)
        .around(&call, 0)
        .with(join(&[genai(&call), id(&call)]))
        .send();
    for (from, status) in [(5, 429), (1_500, 503), (2_900, 200)] {
        w.span("opentelemetry.instrumentation.httpx", "POST")
            .kind(CLIENT)
            .under(&at)
            .time(call.start + from, 100)
            .with(json!({"http.request.method": "POST", "http.response.status_code": status}))
            .send();
    }
}

fn fallback(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(|call| call.claude());
    let root = w
        .span("router", "route")
        .time(-5, call.end() + 10)
        .with(json!({"requested_model": "gpt-4o", "served_model": call.model}))
        .send();
    w.span("router.client", "chat gpt-4o")
        .kind(CLIENT)
        .under(&root)
        .around(&refused, 0)
        .with(genai(&refused))
        .outcome(&refused)
        .send();
    w.span("router.client", "chat claude")
        .kind(CLIENT)
        .under(&root)
        .around(&call, 0)
        .with(join(&[genai(&call), id(&call)]))
        .send();
}

fn alias(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.process("shop", 4);
        let client = w
            .span("opentelemetry.instrumentation.openai_v2", "chat fast")
            .kind(CLIENT)
            .around(&call, 20)
            .with(join(&[genai(&call), id(&call), json!({"gen_ai.request.model": "fast"})]))
            .send();
        w.process("proxy", 9);
        w.span("proxy", "forward")
            .kind(CLIENT)
            .under(&client)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn equal_pairs(w: &mut World) {
    let first = w.call(Call::plain);
    let second = w.call(|call| Call { start: first.start + 3, n: call.n, ..first.clone() });
    for call in [first, second] {
        let outer = w
            .span("frame", "llm")
            .around(&call, 2)
            .with(json!({"gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": call.input,
            "gen_ai.usage.output_tokens": call.output}))
            .send();
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn claude_pair(w: &mut World) {
    for call in w.twice(Call::claude) {
        let at = w
            .span("svc", "claude")
            .around(&call, 9)
            .with(json!({"claude.reply": json!({"id": call.id(), "model": call.model,
            "usage": claude_usage(&call)}).to_string()}))
            .send();
        w.span("openinference.instrumentation.anthropic", "Messages")
            .under(&at)
            .around(&call, 0)
            .with(openinference(&call))
            .send();
    }
}

fn bare_framework(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("frame", "llm")
            .around(&call, 5)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}))
            .send();
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn bare_sdk(w: &mut World) {
    for call in w.twice(|call| call) {
        let at = w.span("frame", "llm").around(&call, 5).with(join(&[genai(&call), id(&call)])).send();
        w.span("client", "chat gpt-4o")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}))
            .send();
    }
}

fn agent_sums(w: &mut World) {
    let calls = w.twice(Call::claude);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("frame", "invoke_agent Max")
        .time(-9, 6_000)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Max",
        "gen_ai.usage.input_tokens": sum(Call::fresh),
        "gen_ai.usage.output_tokens": sum(|c| c.output),
            "gen_ai.usage.cache_read.input_tokens": sum(|c| c.read),
            "gen_ai.usage.cache_creation.input_tokens": sum(|c| c.write)}))
        .send();
    w.agents.insert("Max".into());
    for call in &calls {
        w.span("frame", "chat").under(&root).around(call, 0).with(genai(call)).send();
    }
}

fn details_alone(w: &mut World) {
    for call in w.twice(|call| call) {
        w.log(
            ("svc", "gen_ai.client.inference.operation.details"),
            call.end(),
            None,
            join(&[genai(&call), id(&call)]),
        );
    }
}
