//! Log records in the words of programs and of the conventions, alone and beside spans.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, id, join, openai_usage};
use super::world::{CLIENT, Metric, World};

pub const SHAPES: &[Shape] = &[
    ("log in the conventions' words under an own name", own_name),
    ("log in the conventions' words beside its span", beside_span),
    ("log of a plugin with the provider in the conventions' words", plugin_log),
    ("log of a plugin beside its metric and its span", plugin_all),
    ("log of a structured call with its retries", retries_used),
    ("log with characters beside tokens", characters),
    ("log of success with figures", success_log),
    ("log of the agent beside its call", log_and_agent),
    ("logs of three levels about one call", three_levels),
    ("log of a stream's end with the span of its start", stream_end),
    ("log per tool and per call", tool_logs),
    ("log of embeddings with a batch", embedding_log),
    ("events of Claude's stream under names of their own", named_events),
    ("log with the usage as a list", list_usage),
    ("log of a failed call with tokens of zero", zero_failure),
    ("call told by the log of a proxy and the log of its client", two_sides),
    ("log with a cost and no tokens", cost_only),
    ("logs of two sessions at once", two_sessions),
];

fn own_name(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.log(("usage-logger", "llm.completion"), call.end(), None, join(&[genai(&call), id(&call)]));
    }
}

fn beside_span(w: &mut World) {
    for call in w.twice(Call::mute) {
        let at = w
            .span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        w.log(("app", "llm.usage"), call.end() + 1, Some(&at), genai(&call));
    }
}

/// The record of a request as a plugin of an agent writes it.
fn plugin(call: &Call) -> Value {
    json!({"event.name": "api_request", "session.id": "ses_9", "model": call.model,
        "provider": "anthropic", "gen_ai.provider.name": "anthropic", "cost_usd": 0.002,
        "duration_ms": call.ms, "input_tokens": call.fresh(), "output_tokens": call.output,
        "reasoning_tokens": 0, "cache_read_tokens": call.read, "cache_creation_tokens": call.write})
}

fn plugin_log(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.reported += 2_000;
        w.log(("opencode-otel", "api_request"), call.end(), None, plugin(&call));
    }
    w.sessions.insert("ses_9".into());
}

fn plugin_all(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.reported += 2_000;
        let at = w
            .span("agent-otel", "agent.llm")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"session.id": "ses_9", "gen_ai.operation.name": "chat",
                "gen_ai.request.model": call.model, "gen_ai.provider.name": "anthropic",
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.cache_read.input_tokens": call.read,
                "gen_ai.usage.cache_creation.input_tokens": call.write, "agent.cost_usd": 0.002}))
            .send();
        w.log(("agent-otel", "api_request"), call.end(), Some(&at), plugin(&call));
        let kinds = [
            ("input", call.fresh()),
            ("output", call.output),
            ("cacheRead", call.read),
            ("cacheCreation", call.write),
            ("reasoning", 0),
        ];
        let point = |(kind, value): (&str, u64)| {
            let told = json!({"type": kind, "model": call.model, "session.id": "ses_9"});
            (told, value, call.start, call.end() + 5)
        };
        let points = kinds.into_iter().map(point).collect();
        w.metric(
            "agent-otel",
            Metric { name: "agentx.token.usage", is_delta: true, is_histogram: false, points },
        );
    }
    w.sessions.insert("ses_9".into());
}

fn retries_used(w: &mut World) {
    for call in w.twice(|call| call) {
        w.log(
            ("ai", "llm_call"),
            call.end(),
            None,
            json!({"purpose": "draft", "model": call.model,
            "latency_ms": call.ms, "retries_used": 0, "ok": true, "usage": openai_usage(&call),
            "user_id": null}),
        );
    }
}

fn characters(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.log(
            ("svc", "llm_call"),
            call.end(),
            None,
            json!({"model": call.model,
            "prompt_tokens": call.input, "completion_tokens": call.output, "prompt_chars": 3_120,
            "output_chars": 412, "max_tokens": 2_048}),
        );
    }
}

fn success_log(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.log(
            ("svc", "LLM response generated successfully"),
            call.end(),
            None,
            json!({
            "word_count": 92, "confidence": 0.8, "model_name": call.model, "input_tokens": call.input,
            "output_tokens": call.output, "total_tokens": call.total()}),
        );
    }
}

fn log_and_agent(w: &mut World) {
    for call in w.twice(Call::plain) {
        let agent = w
            .span("logz", "agent.run")
            .around(&call, 30)
            .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Zed",
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.request.model": call.model, "agent.total_tokens": call.total()}))
            .send();
        w.log(
            ("logz", "agent.run"),
            call.end() + 25,
            Some(&agent),
            json!({"event": "agent.run",
            "type": "ai", "model": call.model, "provider": "openai", "input_tokens": call.input,
            "output_tokens": call.output, "total_tokens": call.total()}),
        );
    }
    w.untold();
    w.agents.insert("Zed".into());
}

fn three_levels(w: &mut World) {
    for call in w.twice(Call::plain) {
        let told = json!({"model": call.model, "prompt_tokens": call.input,
            "completion_tokens": call.output, "request_id": format!("req-{}", call.n)});
        w.log(("http", "http response"), call.end(), None, told.clone());
        w.log(("sdk", "chat completion"), call.end() + 2, None, told.clone());
        w.log(("svc", "llm_call_completed"), call.end() + 9, None, told);
    }
}

fn stream_end(w: &mut World) {
    for call in w.twice(Call::mute) {
        let at = w
            .span("svc", "llm.stream")
            .kind(CLIENT)
            .time(call.start, 60)
            .with(json!({"llm.model": call.model, "span.type": "llm", "llm.streaming": true}))
            .send();
        w.log(
            ("svc", "llm_stream_finished"),
            call.end(),
            Some(&at),
            json!({"model": call.model,
            "usage": openai_usage(&call)}),
        );
    }
}

fn tool_logs(w: &mut World) {
    let calls = w.twice(Call::plain);
    for call in &calls {
        w.log(
            ("svc", "llm_call"),
            call.end(),
            None,
            json!({"model": call.model,
            "prompt_tokens": call.input, "completion_tokens": call.output}),
        );
    }
    w.log(
        ("svc", "tool_call"),
        calls[0].end() + 30,
        None,
        json!({"tool.name": "grep", "duration_ms": 12,
        "success": true}),
    );
}

fn embedding_log(w: &mut World) {
    for call in w.twice(Call::embedding) {
        w.log(
            ("svc", "embedding request completed"),
            call.end(),
            None,
            json!({"model": call.model,
            "usage": {"prompt_tokens": call.input, "total_tokens": call.input}, "batch_size": 16}),
        );
    }
}

fn named_events(w: &mut World) {
    for call in w.twice(Call::claude) {
        let mut begin = claude_usage(&call);
        begin["output_tokens"] = json!(1);
        let at = w.span("shop", "ask").around(&call, 5).with(json!({"shop.customer": 7})).send();
        w.log(
            ("shop", "message_start"),
            call.start + 200,
            Some(&at),
            json!({"data": json!({
            "type": "message_start", "message": {"id": call.id(), "type": "message", "role": "assistant",
            "model": call.model, "content": [], "usage": begin}}).to_string()}),
        );
        w.log(
            ("shop", "message_delta"),
            call.end() - 2,
            Some(&at),
            json!({"data": json!({
            "type": "message_delta", "delta": {"stop_reason": "end_turn"},
            "usage": claude_usage(&call)}).to_string()}),
        );
        w.log(
            ("shop", "message_stop"),
            call.end(),
            Some(&at),
            json!({
            "data": "{\"type\":\"message_stop\"}"}),
        );
    }
}

fn list_usage(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.log(
            ("svc", "inference"),
            call.end(),
            None,
            json!({"model": call.model, "usage": [
            {"type": "input", "tokens": call.input}, {"type": "output", "tokens": call.output}]}),
        );
    }
}

fn zero_failure(w: &mut World) {
    let calls = [w.call(Call::refused), w.call(Call::plain)];
    for call in &calls {
        w.log(
            ("svc", "llm_request"),
            call.end(),
            None,
            json!({"model": call.model,
            "input_tokens": call.input, "output_tokens": call.output, "duration_ms": call.ms,
            "status_code": if call.failed { 429 } else { 200 },
            "error": if call.failed { json!("RateLimitError") } else { Value::Null }}),
        );
    }
}

fn two_sides(w: &mut World) {
    for call in w.twice(Call::plain) {
        let told = json!({"model": call.model, "prompt_tokens": call.input,
            "completion_tokens": call.output, "response_id": call.id()});
        w.process("proxy", 9);
        w.log(("proxy", "upstream response"), call.end(), None, told.clone());
        w.process("shop", 4);
        w.log(("shop", "llm_response"), call.end() + 6, None, told);
    }
}

fn cost_only(w: &mut World) {
    let call = Call::new(2, 0).plain();
    w.log(
        ("svc", "llm_call"),
        call.end(),
        None,
        json!({"model": call.model, "cost": 0.003,
        "latency": 1.23}),
    );
}

fn two_sessions(w: &mut World) {
    for (n, session) in ["a-1", "b-2"].into_iter().enumerate() {
        let call = w.call(|call| Call { start: 4 * n as i64, ..call.mute() });
        w.log(
            ("forge", "forge.api_request"),
            call.end(),
            None,
            json!({"session.id": session,
            "model": call.model, "input_tokens": call.input, "output_tokens": call.output,
            "cached_tokens": call.read, "total_tokens": call.total(), "duration_ms": call.ms}),
        );
        w.sessions.insert(session.into());
    }
}
