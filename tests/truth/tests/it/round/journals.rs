//! Log records and metrics of further agents, gateways and model servers.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, id, join, openai_answer};
use super::world::{CLIENT, Metric, World};

pub const SHAPES: &[Shape] = &[
    ("agent with the log records of Gemini CLI under another name", gemini_fork),
    ("agent with the log records of Codex under another name", codex_fork),
    ("agent with the signals of Claude Code under another name", claude_fork),
    ("events of Claude's stream in log records of their own", stream_logs),
    ("details of the conventions as records beside histograms", details_and_metrics),
    ("access log of a gateway with the tokens", access_log),
    ("response log with the whole answer as its body", body_log),
    ("log with attempts and a last success", attempt_logs),
    ("log of usage per model at the end of a run", run_log),
    ("log of a failed call and of its repetition by another model", fallback_log),
    ("record per call and one per batch", batch_log),
    ("histograms of Text Generation Inference", tgi_metrics),
    ("counters of llama.cpp's server", llama_metrics),
    ("counters of SGLang's server", sglang_metrics),
    ("counters named by direction beside the model", named_counters),
    ("counters of the program beside its spans by shape", counters_beside),
    ("delta counters of a program in two requests", delta_twice),
    ("usage histograms of Vercel's release 7 beside its spans", vercel_metrics),
];

fn sum(calls: &[Call], of: fn(&Call) -> u64) -> u64 {
    calls.iter().map(of).sum()
}

fn gemini_fork(w: &mut World) {
    for call in w.twice(|call| call.model("qwen3-coder-plus", "")) {
        let common = json!({"session.id": "fork-1", "model": call.model, "prompt_id": "p-1"});
        w.log(("iflow-cli", "iflow_cli.api_request"), call.start, None, common.clone());
        w.log(
            ("iflow-cli", "iflow_cli.api_response"),
            call.end(),
            None,
            join(&[
                common,
                json!({"duration_ms": call.ms, "status_code": 200, "input_token_count": call.input,
                    "output_token_count": call.output - call.reasoning,
                    "cached_content_token_count": call.read, "thoughts_token_count": call.reasoning,
                    "tool_token_count": 0, "total_token_count": call.total(), "auth_type": "openai"}),
            ]),
        );
    }
    w.sessions.insert("fork-1".into());
}

fn codex_fork(w: &mut World) {
    for call in w.twice(|call| call) {
        let common = json!({"conversation.id": "c-9", "model": "gpt-5-codex"});
        w.log(
            ("otter", "otter.sse_event"),
            call.start + 9,
            None,
            join(&[
                common.clone(),
                json!({
            "event.kind": "response.created"}),
            ]),
        );
        w.log(
            ("otter", "otter.sse_event"),
            call.end(),
            None,
            join(&[
                common,
                json!({"event.kind": "response.completed", "input_token_count": call.input.to_string(),
                    "output_token_count": call.output.to_string(),
                    "cached_token_count": call.read.to_string(),
                    "reasoning_token_count": call.reasoning.to_string(), "tool_token_count": "0"}),
            ]),
        );
    }
    w.calls.iter_mut().for_each(|call| call.model = "gpt-5-codex");
    w.sessions.insert("c-9".into());
}

fn claude_fork(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.reported += 2_000;
        let words = json!({"session.id": "d-1", "model": call.model, "input_tokens": call.fresh(),
            "output_tokens": call.output, "cache_read_tokens": call.read,
            "cache_creation_tokens": call.write});
        let turn = w
            .span("com.factory.droid", "droid.interaction")
            .around(&call, 30)
            .with(json!({"span.type": "interaction", "session.id": "d-1"}))
            .send();
        let at = w
            .span("com.factory.droid", "droid.llm_request")
            .under(&turn)
            .around(&call, 0)
            .with(join(&[words.clone(), json!({"span.type": "llm_request", "attempt": 1})]))
            .send();
        let cost = json!({"cost_usd": 0.002, "duration_ms": call.ms});
        w.log(("droid.events", "droid.api_request"), call.end() + 2, Some(&at), join(&[words, cost]));
        let kinds = [
            ("input", call.fresh()),
            ("output", call.output),
            ("cacheRead", call.read),
            ("cacheCreation", call.write),
        ];
        let point = |(kind, value): (&str, u64)| {
            let told = json!({"type": kind, "model": call.model, "session.id": "d-1"});
            (told, value, call.start, call.end() + 5)
        };
        let points = kinds.into_iter().map(point).collect();
        w.metric("droid", Metric { name: "droid.token.usage", is_delta: true, is_histogram: false, points });
    }
    w.sessions.insert("d-1".into());
}

fn stream_logs(w: &mut World) {
    for call in w.twice(Call::claude) {
        let mut begin = claude_usage(&call);
        begin["output_tokens"] = json!(1);
        let message = json!({"type": "message_start", "message": {"id": call.id(), "type": "message",
            "role": "assistant", "model": call.model, "content": [], "usage": begin}});
        let end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
            "usage": claude_usage(&call)});
        let at = w.span("shop", "ask").around(&call, 5).with(json!({"shop.customer": 7})).send();
        for (ms, event) in [(call.start + 200, message), (call.end() - 2, end)] {
            let told = json!({"event": event.to_string()});
            w.log(("shop", "anthropic.stream.event"), ms, Some(&at), told);
        }
    }
}

fn details_and_metrics(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.log(
            ("util-genai", "gen_ai.client.inference.operation.details"),
            call.end(),
            None,
            join(&[genai(&call), id(&call)]),
        );
        for (kind, value) in [("input", call.input), ("output", call.output)] {
            let told = json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
                "gen_ai.token.type": kind, "gen_ai.provider.name": "openai"});
            let points = vec![(told, value, call.start, call.end() + 1)];
            let name = "gen_ai.client.token.usage";
            w.metric("util-genai", Metric { name, is_delta: true, is_histogram: true, points });
        }
    }
}

fn access_log(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.log(
            ("apisix", "llm access log"),
            call.end(),
            None,
            json!({"request_type": "ai_chat", "llm_model": call.model, "llm_prompt_tokens": call.input,
                "llm_completion_tokens": call.output, "llm_time_to_first_token": 210,
                "upstream_status": 200, "request_uri": "/v1/chat/completions"}),
        );
    }
}

fn body_log(w: &mut World) {
    for call in w.twice(|call| call) {
        let answer = openai_answer(&call);
        w.log(
            ("httpx.logger", "openai response"),
            call.end(),
            None,
            json!({"http.status_code": 200, "response": answer.to_string(), "elapsed_ms": call.ms}),
        );
    }
}

fn attempt_logs(w: &mut World) {
    let calls = [w.call(Call::refused), w.call(Call::refused), w.call(Call::plain)];
    for (n, call) in calls.iter().enumerate() {
        let common = json!({"model": call.model, "attempt": n + 1, "duration_ms": call.ms,
            "request_id": format!("r-{n}")});
        let (name, more) = if call.failed {
            ("llm_request_failed", json!({"error": "RateLimitError", "status_code": 429}))
        } else {
            let more = json!({"input_tokens": call.input, "output_tokens": call.output, "status_code": 200});
            ("llm_request_completed", more)
        };
        w.log(("bot", name), call.end(), None, join(&[common, more]));
    }
}

fn run_log(w: &mut World) {
    let calls = w.twice(Call::plain);
    for call in &calls {
        w.log(
            ("bot", "llm_call"),
            call.end(),
            None,
            json!({"model": call.model,
            "prompt_tokens": call.input, "completion_tokens": call.output, "duration_ms": call.ms}),
        );
    }
    let usage = json!({"gpt-4o": {"calls": 2, "prompt_tokens": sum(&calls, |c| c.input),
        "completion_tokens": sum(&calls, |c| c.output)}});
    w.log(("bot", "run_finished"), calls[1].end() + 400, None, json!({"usage": usage.to_string()}));
}

fn fallback_log(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(|call| Call { start: refused.end() + 4, ..call.claude() });
    w.log(
        ("gw", "llm.request.error"),
        refused.end(),
        None,
        json!({"model": refused.model,
        "error.type": "RateLimitError", "http.status_code": 429, "latency_ms": refused.ms}),
    );
    w.log(
        ("gw", "llm.request.success"),
        call.end(),
        None,
        json!({"model": call.model,
        "fallback_from": refused.model, "latency_ms": call.ms,
        "usage": claude_usage(&call).to_string()}),
    );
}

fn batch_log(w: &mut World) {
    let calls = [w.call(Call::embedding), w.call(Call::embedding)];
    for call in &calls {
        w.log(
            ("ingest", "embedding_request"),
            call.end(),
            None,
            json!({"model": call.model,
            "prompt_tokens": call.input, "total_tokens": call.input, "duration_ms": call.ms}),
        );
    }
    w.log(
        ("ingest", "ingest_summary"),
        calls[1].end() + 50,
        None,
        json!({
        "model": calls[0].model, "total_tokens": sum(&calls, |c| c.input), "documents": 2}),
    );
}

/// Cumulative counters of a model server.
fn server(w: &mut World, scope: &str, names: [&str; 2], told: &Value) {
    let how = |n: u64| Call::new(6, n).plain();
    let calls = [how(0), how(1)];
    for n in 0..2 {
        for (name, value) in [
            (names[0], sum(&calls[..=n], |call| call.input)),
            (names[1], sum(&calls[..=n], |call| call.output)),
        ] {
            let points = vec![(told.clone(), value, 0, calls[n].end() + 5)];
            let is_histogram = scope == "tgi";
            w.metric("prometheus", Metric { name, is_delta: false, is_histogram, points });
        }
    }
}

fn tgi_metrics(w: &mut World) {
    server(w, "tgi", ["tgi_request_input_length", "tgi_request_generated_tokens"], &json!({}));
}

fn llama_metrics(w: &mut World) {
    let names = ["llamacpp:prompt_tokens_total", "llamacpp:tokens_predicted_total"];
    server(w, "llamacpp", names, &json!({}));
}

fn sglang_metrics(w: &mut World) {
    let names = ["sglang:prompt_tokens_total", "sglang:generation_tokens_total"];
    server(w, "sglang", names, &json!({"model_name": "Qwen/Qwen3-8B"}));
}

fn named_counters(w: &mut World) {
    let names = ["app_llm_prompt_tokens_total", "app_llm_completion_tokens_total"];
    server(w, "app", names, &json!({"model": "gpt-4o"}));
}

fn counters_beside(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("app", "llm.generate")
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "llm.prompt_tokens": call.input,
                "llm.completion_tokens": call.output}))
            .send();
        let point = |kind: &str, value: u64| {
            (json!({"model": call.model, "type": kind}), value, call.start, call.end() + 9)
        };
        let points = vec![point("prompt", call.input), point("completion", call.output)];
        w.metric("app", Metric { name: "llm_tokens_total", is_delta: true, is_histogram: false, points });
    }
}

fn delta_twice(w: &mut World) {
    w.untold();
    for call in w.twice(Call::mute) {
        let point = |kind: &str, value: u64| {
            (json!({"model": call.model, "token.type": kind}), value, call.start, call.end() + 9)
        };
        let points = vec![point("input", call.input), point("output", call.output)];
        w.metric("app", Metric { name: "acme.token.usage", is_delta: true, is_histogram: false, points });
    }
    w.calls.iter_mut().for_each(|call| call.read = 0);
}

fn vercel_metrics(w: &mut World) {
    for call in w.twice(Call::mute) {
        let root = w
            .span("gen_ai", "invoke_agent")
            .around(&call, 9)
            .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": call.model,
                "gen_ai.provider.name": "openai", "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output}))
            .send();
        let step = w
            .span("gen_ai", "agent_step")
            .under(&root)
            .around(&call, 6)
            .with(json!({"gen_ai.operation.name": "agent_step"}))
            .send();
        let at = w.span("gen_ai", "chat gpt-4o").kind(CLIENT).under(&step).around(&call, 0);
        at.with(join(&[genai(&call), id(&call)])).send();
        for (name, value) in [
            ("gen_ai.client.inference.usage.input_tokens", call.input),
            ("gen_ai.client.inference.usage.output_tokens", call.output),
        ] {
            let told = json!({"gen_ai.request.model": call.model, "gen_ai.provider.name": "openai",
                "gen_ai.operation.name": "chat"});
            let points = vec![(told, value, call.start, call.end() + 40)];
            w.metric("gen_ai", Metric { name, is_delta: true, is_histogram: false, points });
        }
    }
}
