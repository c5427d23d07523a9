//! Programs that mix signals, words and processes in ways that no convention asks for.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openai_usage, openinference, openllmetry};
use super::world::{CLIENT, Metric, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("task of Traceloop that repeats its client's tokens", task_repeats),
    ("task of Traceloop with the sum of two clients", task_sum),
    ("step of a graph with tokens over a client in its own trace", step_apart),
    ("chain with tokens of its last call only", chain_last),
    ("usage on the HTTP span and on the call", http_and_call),
    ("log of the conventions' words and a span by hand", log_and_own_span),
    ("log of a hook beside OpenInference's span", hook_log),
    ("log before its span's end", early_log),
    ("logs of parallel calls with one model", parallel_logs),
    ("record of a proxy and span of a client with one id", proxy_record),
    ("metric of the program in the conventions' words beside own spans", metric_and_own),
    ("two services with metrics, one with spans", two_services),
    ("failed call told by span and log", failed_span_and_log),
    ("failed call told by a log alone, then its repetition by a span", failed_log_then_span),
    ("embedding by span and by log", embedding_span_and_log),
    ("tool runs by span and by log", tool_span_and_log),
    ("three languages in one trace", three_languages),
    ("worker that restarts between two calls", restart_between),
    ("one call told by five records", five_records),
    ("equal calls a millisecond apart told by two scopes", near_equal),
];

const OI: &str = "openinference.instrumentation.openai";
const CONTRIB: &str = "opentelemetry.instrumentation.openai_v2";

fn own(call: &Call) -> Value {
    json!({"model": call.model, "prompt_tokens": call.input, "completion_tokens": call.output})
}

fn task(w: &mut World, calls: &[Call]) -> super::world::At {
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let (first, last) = (&calls[0], &calls[calls.len() - 1]);
    w.span("traceloop.tracer", "ask.task")
        .time(first.start - 9, last.end() - first.start + 18)
        .with(json!({"traceloop.span.kind": "task", "traceloop.entity.name": "ask", "model": "gpt-4o",
            "prompt_tokens": sum(|c| c.input), "completion_tokens": sum(|c| c.output)}))
        .send()
}

fn task_repeats(w: &mut World) {
    for call in w.twice(Call::plain) {
        let at = task(w, std::slice::from_ref(&call));
        w.span("opentelemetry.instrumentation.openai.v1", "openai.chat")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 0)
            .with(join(&[openllmetry(&call), id(&call)]))
            .send();
    }
}

fn task_sum(w: &mut World) {
    let calls = w.twice(Call::plain);
    let at = task(w, &calls);
    for call in &calls {
        w.span("opentelemetry.instrumentation.openai.v1", "openai.chat")
            .kind(CLIENT)
            .under(&at)
            .around(call, 0)
            .with(join(&[openllmetry(call), id(call)]))
            .send();
    }
}

fn step_apart(w: &mut World) {
    for call in w.twice(Call::mute) {
        let root = w
            .span("openinference.instrumentation.langchain", "LangGraph")
            .around(&call, 40)
            .with(json!({"openinference.span.kind": "CHAIN"}))
            .send();
        w.span("openinference.instrumentation.langchain", "agent")
            .under(&root)
            .around(&call, 20)
            .with(json!({"openinference.span.kind": "CHAIN", "node.model": call.model,
                "node.input_tokens": call.input, "node.output_tokens": call.output}))
            .send();
        w.span(CONTRIB, "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn chain_last(w: &mut World) {
    let calls = w.twice(Call::plain);
    let root =
        w.span("frame", "graph").time(-9, 6_000).with(json!({"openinference.span.kind": "CHAIN"})).send();
    let step = w
        .span("frame", "loop")
        .under(&root)
        .time(-5, 5_900)
        .with(json!({"openinference.span.kind": "CHAIN", "model": "gpt-4o",
            "prompt_tokens": calls[1].input, "completion_tokens": calls[1].output}))
        .send();
    for call in &calls {
        w.span(OI, "ChatCompletion").under(&step).around(call, 0).with(openinference(call)).send();
    }
}

fn http_and_call(w: &mut World) {
    for call in w.twice(|call| call) {
        let at = w
            .span(CONTRIB, "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 3)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}))
            .send();
        w.span("opentelemetry.instrumentation.httpx", "POST")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 0)
            .with(json!({"http.response.body": openai_answer(&call).to_string()}))
            .send();
    }
}

fn log_and_own_span(w: &mut World) {
    for call in w.twice(Call::plain) {
        let at = w.span("app", "ask").kind(CLIENT).around(&call, 0).with(own(&call)).send();
        w.log(("app", "llm.response"), call.end() + 1, Some(&at), join(&[genai(&call), id(&call)]));
    }
}

fn hook_log(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span(OI, "ChatCompletion")
            .around(&call, 0)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.log(
            ("hook", "llm_call_completed"),
            call.end() + 4,
            None,
            json!({"model": call.model,
            "usage": openai_usage(&call), "response_id": call.id()}),
        );
    }
}

fn early_log(w: &mut World) {
    for call in w.twice(Call::plain) {
        let at = w.span(CONTRIB, "chat gpt-4o").kind(CLIENT).around(&call, 0).with(genai(&call)).send();
        w.log(("app", "llm_response"), call.end() - 30, Some(&at), own(&call));
    }
}

fn parallel_logs(w: &mut World) {
    for n in 0..4 {
        let call = w.call(|call| Call { start: n, ms: 700 + 9 * n, ..call.plain() });
        w.log(
            ("app", "llm_call"),
            call.end(),
            None,
            json!({"model": call.model, "duration_ms": call.ms,
            "prompt_tokens": call.input, "completion_tokens": call.output}),
        );
    }
}

fn proxy_record(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.process("shop", 4);
        w.span(CONTRIB, "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 9)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        w.process("proxy", 9);
        w.log(
            ("proxy", "completion response"),
            call.end(),
            None,
            json!({
            "response": openai_answer(&call).to_string(), "status": 200}),
        );
    }
}

fn metric_and_own(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("app", "llm.generate").around(&call, 0).with(own(&call)).send();
        for (kind, value) in [("input", call.input), ("output", call.output)] {
            let told = json!({"gen_ai.token.type": kind, "gen_ai.request.model": call.model,
                "gen_ai.operation.name": "chat"});
            let points = vec![(told, value, call.start, call.end() + 9)];
            let name = "gen_ai.client.token.usage";
            w.metric("app", Metric { name, is_delta: true, is_histogram: true, points });
        }
    }
}

fn two_services(w: &mut World) {
    let calls = w.twice(Call::plain);
    for (n, call) in calls.iter().enumerate() {
        w.process(if n == 0 { "shop" } else { "desk" }, 4);
        w.span(CONTRIB, "chat gpt-4o")
            .kind(CLIENT)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .send();
        let point = |kind: &str, value: u64| {
            (json!({"type": kind, "model": call.model}), value, call.start, call.end() + 9)
        };
        let points = vec![point("input", call.input), point("output", call.output)];
        w.metric("app", Metric { name: "acme.token.usage", is_delta: true, is_histogram: false, points });
    }
}

fn failed_span_and_log(w: &mut World) {
    for call in [w.call(Call::refused), w.call(Call::plain)] {
        let at = w.span("app", "llm.generate").kind(CLIENT).around(&call, 0).with(json!({
            "llm.model": call.model, "span.type": "llm"}));
        let at = if call.failed { at.outcome(&call).send() } else { at.with(own(&call)).send() };
        let told = json!({"model": call.model, "duration_ms": call.ms});
        let (name, more) = match call.failed {
            true => ("llm_request_failed", json!({"error": "RateLimitError", "status_code": 429})),
            false => ("llm_request_completed", own(&call)),
        };
        w.log(("app", name), call.end() + 1, Some(&at), join(&[told, more]));
    }
}

fn failed_log_then_span(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(|call| Call { start: refused.end() + 600, ..call.plain() });
    w.log(
        ("app", "llm_request_failed"),
        refused.end(),
        None,
        json!({"model": refused.model,
        "error": "RateLimitError", "status_code": 429, "duration_ms": refused.ms}),
    );
    w.span(CONTRIB, "chat gpt-4o")
        .kind(CLIENT)
        .around(&call, 0)
        .with(join(&[genai(&call), id(&call)]))
        .send();
}

fn embedding_span_and_log(w: &mut World) {
    for call in w.twice(Call::embedding) {
        let at = w.span(OI, "CreateEmbeddings").around(&call, 0).with(openinference(&call)).send();
        w.log(
            ("app", "embedding request"),
            call.end() + 2,
            Some(&at),
            json!({"model": call.model,
            "usage": {"prompt_tokens": call.input, "total_tokens": call.input}}),
        );
    }
}

fn tool_span_and_log(w: &mut World) {
    let call = w.call(Call::plain);
    w.span("app", "llm.generate").around(&call, 0).with(own(&call)).send();
    let at = w.span("app", "tool.grep").time(call.end() + 5, 40).with(json!({"tool.name": "grep"})).send();
    w.log(("app", "tool_result"), call.end() + 46, Some(&at), json!({"tool.name": "grep", "success": true}));
    w.ran("grep", false);
}

fn three_languages(w: &mut World) {
    let call = w.call(Call::mute);
    w.process("web", 1);
    let click = w.span("web", "ask").kind(CLIENT).around(&call, 90).with(json!({"ui.button": "ask"})).send();
    w.process("api", 2);
    let served = w.span("api", "POST /ask").kind(SERVER).under(&click).around(&call, 60).send();
    let asked = w
        .span("Experimental.Microsoft.Extensions.AI", "chat gpt-4o")
        .kind(CLIENT)
        .under(&served)
        .around(&call, 40)
        .with(join(&[genai(&call), id(&call)]))
        .send();
    w.process("llm-proxy", 3);
    let proxied =
        w.span("proxy", "POST /v1/chat/completions").kind(SERVER).under(&asked).around(&call, 20).send();
    w.span("github.com/acme/proxy", "upstream")
        .kind(CLIENT)
        .under(&proxied)
        .around(&call, 0)
        .with(json!({"llm.model": call.model, "llm.prompt_tokens": call.input,
            "llm.completion_tokens": call.output, "llm.cached_tokens": call.read}))
        .send();
}

fn restart_between(w: &mut World) {
    for pid in [4, 5] {
        w.process("shop", pid);
        let call = w.call(Call::plain);
        w.span(OI, "ChatCompletion").around(&call, 3).with(openinference(&call)).send();
        w.span(CONTRIB, "chat gpt-4o").kind(CLIENT).around(&call, 0).with(genai(&call)).send();
    }
}

fn five_records(w: &mut World) {
    for call in w.twice(Call::mute) {
        let outer = w.span("frame", "ask").around(&call, 12).with(own(&call)).send();
        let chain = w
            .span("openinference.instrumentation.langchain", "ChatOpenAI")
            .under(&outer)
            .around(&call, 9)
            .with(openinference(&call))
            .send();
        let sdk = w
            .span(OI, "ChatCompletion")
            .under(&chain)
            .around(&call, 5)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        let at = w
            .span(CONTRIB, "chat gpt-4o")
            .kind(CLIENT)
            .under(&sdk)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        w.log(("app", "llm_response"), call.end() + 3, Some(&at), own(&call));
    }
}

fn near_equal(w: &mut World) {
    let first = Call::new(31, 0).plain();
    for n in 0..3_u64 {
        let call = w.call(|_| Call { n, start: n as i64, ms: 700 + n as i64, ..first.clone() });
        w.span(OI, "ChatCompletion").around(&call, 3).with(openinference(&call)).send();
        w.span(CONTRIB, "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}
