//! Metrics and log records of further programs, alone and beside spans.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer};
use super::world::{CLIENT, Metric, World};

pub const SHAPES: &[Shape] = &[
    ("exponential histograms alone", exponential_alone),
    ("exponential histograms beside spans", exponential_beside),
    ("counters by modality", by_modality),
    ("Prometheus counters of a model server", server_counters),
    ("Prometheus counters of a gateway beside its spans", gateway_counters),
    ("cumulative counters of two processes", two_processes),
    ("gauge of the last call beside spans", gauge),
    ("counters with users and teams beside spans", with_users),
    ("failed and repeated requests in log records", log_attempts),
    ("log of the answer at two levels", two_levels),
    ("log of a bill later than its span", billing),
    ("log with the answer in a member of its own", answer_log),
    ("counters of requests beside counters of tokens", request_counts),
    ("call told by its start's and its end's record", start_end_logs),
];

type Kinds<'k> = &'k [(&'k str, u64)];

/// Points of one time, one for each kind of tokens.
fn points(kinds: Kinds<'_>, key: &str, common: &Value, start: i64, time: i64) -> Vec<super::world::Point> {
    let point = |(kind, value): &(&str, u64)| {
        let mut told = common.clone();
        told[key] = json!(kind);
        (told, *value, start, time)
    };
    kinds.iter().map(point).collect()
}

fn sum(calls: &[Call], of: fn(&Call) -> u64) -> u64 {
    calls.iter().map(of).sum()
}

/// The histograms of the conventions, as delta points with exponential buckets.
fn exponential(w: &mut World, calls: &[Call]) {
    let common = json!({"gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai",
        "gen_ai.operation.name": "chat"});
    for call in calls {
        let kinds = [("input", call.input), ("output", call.output)];
        let points = points(&kinds, "gen_ai.token.type", &common, call.start, call.end() + 10);
        w.exponential("opentelemetry.instrumentation.openai_v2", "gen_ai.client.token.usage", &points);
    }
}

fn exponential_alone(w: &mut World) {
    let calls = w.twice(Call::plain);
    exponential(w, &calls);
    w.untold();
}

fn exponential_beside(w: &mut World) {
    let calls = w.twice(Call::plain);
    exponential(w, &calls);
    for call in &calls {
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .send();
    }
}

fn by_modality(w: &mut World) {
    let call = w.call(Call::plain);
    w.untold();
    let common = json!({"gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai",
        "gen_ai.operation.name": "chat"});
    for (name, all, image) in [
        ("gen_ai.client.inference.usage.input_tokens", call.input, 30),
        ("gen_ai.client.inference.usage.output_tokens", call.output, 0),
    ] {
        let kinds = [("text", all - image), ("image", image)];
        let points = points(&kinds, "gen_ai.token.modality", &common, call.start, call.end());
        w.metric("util-genai", Metric { name, is_delta: true, is_histogram: false, points });
    }
}

fn server_counters(w: &mut World) {
    let how = |n: u64| Call::new(5, n).plain().model("meta-llama/Llama-3.1-8B-Instruct", "vllm");
    let calls = [how(0), how(1)];
    for n in 0..2 {
        let told = json!({"model_name": calls[0].model, "engine": "0"});
        for (name, value) in [
            ("vllm:prompt_tokens_total", sum(&calls[..=n], |call| call.input)),
            ("vllm:generation_tokens_total", sum(&calls[..=n], |call| call.output)),
        ] {
            let points = vec![(told.clone(), value, 0, calls[n].end() + 5)];
            w.metric("prometheus", Metric { name, is_delta: false, is_histogram: false, points });
        }
    }
}

fn gateway_counters(w: &mut World) {
    let calls = w.twice(Call::plain);
    for (n, call) in calls.iter().enumerate() {
        w.span("gateway", "chat gpt-4o").kind(2).around(call, 0).with(join(&[genai(call), id(call)])).send();
        let told = json!({"model": call.model, "requested_model": "smart", "api_provider": "openai",
            "team": "blue", "end_user": "u-1"});
        for (name, value) in [
            ("gateway_input_tokens_metric_total", sum(&calls[..=n], |call| call.input)),
            ("gateway_output_tokens_metric_total", sum(&calls[..=n], |call| call.output)),
            ("gateway_total_tokens_metric_total", sum(&calls[..=n], Call::total)),
        ] {
            let points = vec![(told.clone(), value, 0, call.end() + 20)];
            w.metric("gateway", Metric { name, is_delta: false, is_histogram: false, points });
        }
    }
}

fn two_processes(w: &mut World) {
    let calls = w.twice(Call::plain);
    w.untold();
    let common = json!({"gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai"});
    for round in 1..=2 {
        for (pid, call) in [(4, &calls[0]), (9, &calls[1])] {
            w.process("shop", pid);
            let kinds = [("input", call.input * round / 2), ("output", call.output * round / 2)];
            let time = i64::try_from(round).unwrap() * 6_000;
            let points = points(&kinds, "gen_ai.token.type", &common, 0, time);
            w.metric(
                "shop",
                Metric { name: "gen_ai.client.token.usage", is_delta: false, is_histogram: true, points },
            );
        }
    }
}

fn gauge(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("shop", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        let kinds = [("input", call.input), ("output", call.output)];
        let points = points(&kinds, "type", &json!({"model": call.model}), call.start, call.end() + 9);
        w.gauge("shop", "llm.last_call.tokens", &points);
    }
}

fn with_users(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("shop", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        let common = json!({"model": call.model, "user": format!("u-{}", call.n), "team": "blue"});
        let kinds = [("prompt", call.fresh()), ("completion", call.output), ("cached", call.read)];
        let points = points(&kinds, "token_type", &common, call.start, call.end() + 9);
        w.metric("shop", Metric { name: "shop_llm_tokens", is_delta: true, is_histogram: false, points });
    }
}

fn log_attempts(w: &mut World) {
    let refused = w.call(Call::refused);
    let answered = w.call(Call::plain);
    for (call, attempt) in [(&refused, 1), (&answered, 2)] {
        let usage = |count: u64| if call.failed { Value::Null } else { json!(count) };
        w.log(
            ("bot", "llm_request"),
            call.end(),
            None,
            json!({"request_id": "b7c1d2e3", "attempt": attempt,
            "model": call.model, "status": if call.failed { 429 } else { 200 },
            "error": if call.failed { json!("rate_limit_exceeded") } else { Value::Null },
            "prompt_tokens": usage(call.input), "completion_tokens": usage(call.output),
            "duration_ms": call.ms}),
        );
    }
}

fn two_levels(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.log(
            ("bot.http", "llm.response.raw"),
            call.end(),
            None,
            json!({"body": openai_answer(&call).to_string()}),
        );
        w.log(
            ("bot", "llm.request.completed"),
            call.end() + 2,
            None,
            json!({"model": call.model, "response_id": call.id(), "input_tokens": call.input,
                "output_tokens": call.output, "cached_input_tokens": call.read, "duration_ms": call.ms}),
        );
    }
}

fn billing(w: &mut World) {
    for call in w.twice(Call::plain) {
        let at = w
            .span("bot", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        w.log(
            ("billing", "usage.recorded"),
            call.end() + 5_000,
            Some(&at),
            json!({"model": call.model, "request_id": call.id(), "input_tokens": call.input,
                "output_tokens": call.output, "amount_usd": 0.002, "account": "a-1"}),
        );
    }
}

fn answer_log(w: &mut World) {
    for call in w.twice(|call| call) {
        w.log(
            ("bot", "openai.completion"),
            call.end(),
            None,
            json!({"elapsed": call.ms, "response": openai_answer(&call)}),
        );
    }
}

fn request_counts(w: &mut World) {
    let calls = w.twice(Call::plain);
    w.untold();
    let told = json!({"model": "gpt-4o", "provider": "openai"});
    let both = [("input", sum(&calls, |call| call.input)), ("output", sum(&calls, |call| call.output))];
    w.metric(
        "bot",
        Metric {
            name: "llm.requests",
            is_delta: true,
            is_histogram: false,
            points: vec![(told.clone(), 2, 0, 6_000)],
        },
    );
    w.metric(
        "bot",
        Metric {
            name: "llm.tokens",
            is_delta: true,
            is_histogram: false,
            points: points(&both, "direction", &told, 0, 6_000),
        },
    );
}

fn start_end_logs(w: &mut World) {
    for call in w.twice(Call::plain) {
        let request = format!("7f3a9c{:x}", call.input * 7_919 + call.output);
        w.log(("bot", "llm.call.start"), call.start, None,
            json!({"request_id": request, "model": call.model, "max_tokens": 1_024, "prompt_tokens": call.input}));
        w.log(
            ("bot", "llm.call.end"),
            call.end(),
            None,
            json!({"request_id": request, "model": call.model, "prompt_tokens": call.input,
                "completion_tokens": call.output, "duration_ms": call.ms}),
        );
    }
}
