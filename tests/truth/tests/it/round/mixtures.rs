//! Several records of one call: instrumentations, exporters and signals together.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{figure, genai, id, join, openai_answer, openinference, some};
use super::world::{CLIENT, Metric, World};

pub const SHAPES: &[Shape] = &[
    ("home-made around contrib", own_around_contrib),
    ("home-made beside contrib in another trace", own_beside_contrib),
    ("home-made by shape around home-made by shape", shape_around_shape),
    ("three instrumentations, one without usage", three),
    ("span, log and metric of one call", span_log_metric),
    ("log record with the span's figures", log_of_span),
    ("spans and delta metrics by shape", span_and_shape_metrics),
    ("histograms and counters of the conventions", histogram_and_counter),
    ("cumulative metrics alone", metrics_alone),
    ("two exporters with two span ids", two_exporters),
    ("one exporter twice", twice_exported),
    ("framework that excludes caches over an SDK that includes them", caches_differ),
];

/// A span in the words of a home-made program.
fn own(call: &Call) -> Value {
    json!({"shop.llm.model": call.model, "shop.llm.prompt_tokens": figure(call, call.input),
        "shop.llm.completion_tokens": figure(call, call.output)})
}

fn own_around_contrib(w: &mut World) {
    for call in [w.call(|call| call), w.call(|call| call), w.call(Call::refused)] {
        let at = w.span("shop", "ask").around(&call, 15).with(own(&call)).outcome(&call).send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .outcome(&call)
            .send();
    }
}

fn own_beside_contrib(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("shop", "ask").around(&call, 6).with(own(&call)).send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn shape_around_shape(w: &mut World) {
    for call in w.twice(Call::plain) {
        let at = w
            .span("shop.service", "answer")
            .around(&call, 12)
            .with(json!({"model": call.model, "tokens_in": call.input, "tokens_out": call.output}))
            .send();
        w.span("shop.client", "openai")
            .under(&at)
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"response": openai_answer(&call).to_string()}))
            .send();
    }
}

fn three(w: &mut World) {
    for call in w.twice(|call| call) {
        let outer = w
            .span("openinference.instrumentation.langchain", "ChatOpenAI")
            .around(&call, 8)
            .with(json!({"openinference.span.kind": "LLM", "llm.model_name": call.model}))
            .send();
        let inner = w
            .span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&outer)
            .around(&call, 4)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .under(&inner)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn log_words(call: &Call) -> Value {
    json!({"model": call.model, "input_tokens": call.input, "output_tokens": call.output,
        "cached_tokens": some(call.read), "duration_ms": call.ms, "provider": "openai"})
}

fn span_log_metric(w: &mut World) {
    for call in w.twice(|call| call) {
        let at = w
            .span("coder", "llm_request")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        w.log(("coder", "coder.api_request"), call.end() + 2, Some(&at), log_words(&call));
        let point = |kind: &str, value: u64| {
            (json!({"type": kind, "model": call.model}), value, call.start, call.end() + 5)
        };
        w.metric(
            "coder",
            Metric {
                name: "coder.token.usage",
                is_delta: true,
                is_histogram: false,
                points: vec![point("input", call.input), point("output", call.output)],
            },
        );
    }
}

fn log_of_span(w: &mut World) {
    for call in w.twice(Call::plain) {
        let root = w.span("svc", "POST /chat").around(&call, 50).send();
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&root)
            .around(&call, 0)
            .with(openinference(&call))
            .send();
        w.log(
            ("structlog", "llm_call"),
            call.end() + 3,
            Some(&root),
            json!({"task": "answer",
            "model": call.model, "prompt_tokens": call.input, "completion_tokens": call.output,
            "latency_ms": call.ms}),
        );
    }
}

fn span_and_shape_metrics(w: &mut World) {
    let mut sums = [0, 0];
    for call in w.twice(Call::plain) {
        w.span("svc", "llm")
            .around(&call, 0)
            .with(json!({"llm.model": call.model,
            "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output}))
            .send();
        sums = [sums[0] + call.input, sums[1] + call.output];
        let point = |kind: &str, value: u64| {
            (json!({"direction": kind, "model": call.model}), value, 0, call.end() + 50)
        };
        w.metric(
            "svc",
            Metric {
                name: "recorder_llm_tokens",
                is_delta: false,
                is_histogram: false,
                points: vec![point("input", sums[0]), point("output", sums[1])],
            },
        );
    }
}

fn histogram_and_counter(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("svc", "chat").kind(CLIENT).around(&call, 0).with(genai(&call)).send();
        let point = |kind: &str, value: u64| {
            (
                json!({"gen_ai.token.type": kind, "gen_ai.request.model": call.model,
                    "gen_ai.operation.name": "chat"}),
                value,
                call.start,
                call.end(),
            )
        };
        w.metric(
            "svc",
            Metric {
                name: "gen_ai.client.token.usage",
                is_delta: true,
                is_histogram: true,
                points: vec![point("input", call.input), point("output", call.output)],
            },
        );
        let alone =
            |value: u64| vec![(json!({"gen_ai.request.model": call.model}), value, call.start, call.end())];
        w.metric(
            "svc",
            Metric {
                name: "gen_ai.client.inference.usage.input_tokens",
                is_delta: true,
                is_histogram: false,
                points: alone(call.input),
            },
        );
        w.metric(
            "svc",
            Metric {
                name: "gen_ai.client.inference.usage.output_tokens",
                is_delta: true,
                is_histogram: false,
                points: alone(call.output),
            },
        );
    }
}

fn metrics_alone(w: &mut World) {
    let calls = w.twice(Call::plain);
    let mut sums = [0, 0];
    for call in &calls {
        sums = [sums[0] + call.input, sums[1] + call.output];
        let point = |kind: &str, value: u64| {
            (
                json!({"gen_ai.token.type": kind, "gen_ai.request.model": call.model,
                    "gen_ai.provider.name": "openai"}),
                value,
                0,
                call.end(),
            )
        };
        w.metric(
            "svc",
            Metric {
                name: "gen_ai.client.token.usage",
                is_delta: false,
                is_histogram: true,
                points: vec![point("input", sums[0]), point("output", sums[1])],
            },
        );
    }
    w.untold();
}

fn two_exporters(w: &mut World) {
    for call in w.twice(|call| call) {
        for scope in ["my.tracer", "my.tracer.copy"] {
            w.span(scope, "chat gpt-4o")
                .kind(CLIENT)
                .around(&call, 0)
                .with(join(&[genai(&call), id(&call)]))
                .send();
        }
    }
}

fn twice_exported(w: &mut World) {
    for call in w.twice(|call| call) {
        let at = w.place();
        for _ in 0..2 {
            w.span("my.tracer", "chat gpt-4o")
                .of(&at)
                .kind(CLIENT)
                .around(&call, 0)
                .with(genai(&call))
                .send();
        }
    }
}

fn caches_differ(w: &mut World) {
    for call in w.twice(Call::claude) {
        let outer = w
            .span("my.framework", "llm")
            .around(&call, 5)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": call.model,
            "gen_ai.usage.input_tokens": call.fresh(),
                "gen_ai.usage.output_tokens": call.output}))
            .send();
        w.span("com.anthropic.sdk.python", "anthropic.messages.create")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}
