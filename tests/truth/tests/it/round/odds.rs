//! Agents and platforms with words of their own, copies of spans, and usage in unusual places.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openai_usage, openinference};
use super::world::{CLIENT, Metric, World};

pub const SHAPES: &[Shape] = &[
    ("OpenClaw's spans of usage beside its counters", openclaw),
    ("OpenClaw's counters alone", openclaw_alone),
    ("Agenta's units and accumulated figures", agenta),
    ("Agenta's incremental and cumulative figures", agenta_new),
    ("OpenAI Agents by an own processor", agents_processor),
    ("agent that states itself under span_data", span_data),
    ("log of Convex with its usage", convex),
    ("usage on the event of the choice", choice_event),
    ("usage below gen_ai.response", response_usage),
    ("usage in a span below its call", usage_below),
    ("call of ten minutes told by two instrumentations", ten_minutes),
    ("second copy of a span without its attributes", poor_copy),
    ("copy of a span with another resource", other_resource),
    ("forty calls at once told by two instrumentations", forty),
    ("framework that repeats its call's usage on a step", step_usage),
    ("framework without usage over two attempts", two_attempts),
    ("workflow whose steps have the figures of their calls", step_figures),
    ("agent span with usage and tool, and no call", agent_without_calls),
    ("tokens as texts with units", texts_with_units),
    ("answer in base64 beside its usage", base64),
    ("usage within a list of generations", generations),
    ("LangChain's llm_output as a Python text", llm_output),
    ("AutoGen's usage as an object of Python", autogen_usage),
    ("Vertex's usage as the text of a protocol buffer", vertex_text),
    ("reranker of Jina with its tokens", jina),
    ("calls of two tenants at once in one process", tenants),
];

fn claw(call: &Call) -> Value {
    json!({"openclaw.channel": "telegram", "openclaw.provider": "anthropic", "openclaw.model": call.model,
        "openclaw.tokens.input": call.fresh(), "openclaw.tokens.output": call.output,
        "openclaw.tokens.cache_read": call.read, "openclaw.tokens.cache_write": call.write,
        "openclaw.tokens.total": call.total()})
}

fn claw_counters(w: &mut World, call: &Call) {
    let kinds = [
        ("input", call.fresh()),
        ("output", call.output),
        ("cache_read", call.read),
        ("cache_write", call.write),
        ("prompt", call.input),
        ("total", call.total()),
    ];
    let point = |(kind, value): (&str, u64)| {
        let told = json!({"openclaw.token": kind, "openclaw.provider": "anthropic",
            "openclaw.model": call.model, "openclaw.channel": "telegram"});
        (told, value, call.start, call.end() + 5)
    };
    let points = kinds.into_iter().map(point).collect();
    w.metric("openclaw", Metric { name: "openclaw.tokens", is_delta: true, is_histogram: false, points });
}

fn openclaw(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.span("openclaw", "openclaw.model.usage").around(&call, 0).with(claw(&call)).send();
        w.span("openclaw", "openclaw.message.processed")
            .around(&call, 30)
            .with(json!({"openclaw.channel": "telegram", "openclaw.outcome": "completed"}))
            .send();
        claw_counters(w, &call);
    }
}

fn openclaw_alone(w: &mut World) {
    let call = Call::new(2, 0).claude();
    claw_counters(w, &call);
}

fn agenta_of(w: &mut World, unit: &str, sum: &str) {
    let calls = w.twice(Call::plain);
    let total = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let figures = |kind: &str, input: u64, output: u64| {
        let mut told = json!({});
        told[format!("ag.metrics.{kind}.prompt")] = json!(input);
        told[format!("ag.metrics.{kind}.completion")] = json!(output);
        told[format!("ag.metrics.{kind}.total")] = json!(input + output);
        told
    };
    let root = w
        .span("agenta", "workflow")
        .time(-9, 6_000)
        .with(json!({"ag.type.node": "workflow"}))
        .with(figures(sum, total(|c| c.input), total(|c| c.output)))
        .send();
    for call in &calls {
        w.span("agenta", "litellm_client")
            .under(&root)
            .around(call, 0)
            .with(json!({"ag.type.node": "chat", "ag.meta.model": call.model}))
            .with(figures(unit, call.input, call.output))
            .with(figures(sum, call.input, call.output))
            .send();
    }
}

fn agenta(w: &mut World) {
    agenta_of(w, "unit.tokens", "acc.tokens");
}

fn agenta_new(w: &mut World) {
    agenta_of(w, "tokens.incremental", "tokens.cumulative");
}

fn agents_processor(w: &mut World) {
    let calls = w.twice(Call::plain);
    let root = w.span("agents-otel", "Agent workflow").time(-9, 6_000).with(json!({"workflow": "w"})).send();
    for call in &calls {
        let data = json!({"type": "generation", "model": call.model, "model_config": {"temperature": 1},
            "input": [{"role": "user", "content": "hi"}], "output": [{"role": "assistant", "content": "ok"}],
            "usage": {"input_tokens": call.input, "output_tokens": call.output}});
        w.span("agents-otel", "generation")
            .under(&root)
            .around(call, 0)
            .with(json!({"agents.span_data": data.to_string()}))
            .send();
    }
}

fn span_data(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w
        .span("agents-otel", "agent")
        .around(&call, 40)
        .with(json!({"span_data.type": "agent", "span_data.name": "Triage"}))
        .send();
    w.span("agents-otel", "generation")
        .under(&root)
        .around(&call, 0)
        .with(json!({"span_data.type": "generation", "span_data.model": call.model,
            "span_data.usage": json!({"input_tokens": call.input, "output_tokens": call.output}).to_string()}))
        .send();
    w.span("agents-otel", "function")
        .under(&root)
        .time(call.end() + 4, 20)
        .with(json!({"span_data.type": "function", "span_data.name": "lookup", "span_data.output": "ok"}))
        .send();
    w.agents.insert("Triage".into());
    w.ran("lookup", false);
}

fn convex(w: &mut World) {
    for call in w.twice(|call| call) {
        w.log(
            ("convex", "llm usage"),
            call.end(),
            None,
            json!({"agentName": "helper", "model": call.model,
            "provider": "openai.chat", "usage": {"inputTokens": call.input, "outputTokens": call.output,
            "totalTokens": call.total(), "cachedInputTokens": call.read,
            "reasoningTokens": call.reasoning}, "providerMetadata": {"openai": {}}}),
        );
    }
}

fn choice_event(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("shop.llm", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model}))
            .event(
                "gen_ai.choice",
                call.end(),
                json!({"index": 0, "finish_reason": "stop",
                "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.cache_read.input_tokens": call.read}),
            )
            .send();
    }
}

fn response_usage(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("shop.llm", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
                "gen_ai.response.input_tokens": call.input, "gen_ai.response.output_tokens": call.output}))
            .send();
    }
}

fn usage_below(w: &mut World) {
    for call in w.twice(Call::plain) {
        let at = w
            .span("frame", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 3)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model}))
            .send();
        w.span("frame", "usage")
            .under(&at)
            .time(call.end(), 0)
            .with(json!({"model": call.model, "prompt_tokens": call.input, "completion_tokens": call.output}))
            .send();
    }
}

fn ten_minutes(w: &mut World) {
    for n in 0..2 {
        let call = w.call(|call| Call { start: 900_000 * n, ms: 640_000, ..call });
        w.span("openinference.instrumentation.openai", "Responses")
            .around(&call, 9)
            .with(openinference(&call))
            .send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(genai(&call))
            .send();
    }
}

fn poor_copy(w: &mut World) {
    for call in w.twice(Call::mute) {
        let at = w.place();
        for is_whole in [true, false] {
            let span = w.span("shop", "chat gpt-4o").of(&at).kind(CLIENT).around(&call, 0);
            let told = join(&[genai(&call), id(&call)]);
            if is_whole {
                span.with(told).send()
            } else {
                span.with(json!({"dropped": true})).send()
            };
        }
    }
}

fn other_resource(w: &mut World) {
    for call in w.twice(Call::mute) {
        let at = w.place();
        for pod in ["", "pod-7"] {
            w.resource(json!({"service.name": "shop", "service.instance.id": "s-1",
                "k8s.pod.name": if pod.is_empty() { Value::Null } else { json!(pod) }}));
            w.span("shop", "chat gpt-4o")
                .of(&at)
                .kind(CLIENT)
                .around(&call, 0)
                .with(join(&[genai(&call), id(&call)]))
                .send();
        }
    }
}

fn forty(w: &mut World) {
    for n in 0..40 {
        let call = w.call(|call| Call { start: n % 7, ms: 900 + 3 * n, ..call });
        w.span("openinference.instrumentation.litellm", "completion")
            .around(&call, 6)
            .with(openinference(&call))
            .send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn step_usage(w: &mut World) {
    for call in w.twice(Call::mute) {
        let step = w
            .span("frame", "agent.step")
            .around(&call, 12)
            .with(json!({"step.number": 1, "step.usage.input_tokens": call.input,
                "step.usage.output_tokens": call.output, "step.model": call.model}))
            .send();
        w.span("@opentelemetry/instrumentation-openai", "chat gpt-4o")
            .kind(CLIENT)
            .under(&step)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn two_attempts(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(|call| Call { start: refused.end() + 300, ..call.mute() });
    let outer = w
        .span("frame", "chat gpt-4o")
        .time(refused.start - 5, call.end() - refused.start + 10)
        .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model}))
        .send();
    for call in [&refused, &call] {
        w.span("@opentelemetry/instrumentation-openai", "chat gpt-4o")
            .kind(CLIENT)
            .under(&outer)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .outcome(call)
            .send();
    }
}

fn step_figures(w: &mut World) {
    let calls = w.twice(Call::plain);
    let root = w.span("flow", "pipeline").time(-9, 6_000).with(json!({"pipeline.name": "p"})).send();
    for call in &calls {
        let step = w
            .span("flow", "step")
            .under(&root)
            .around(call, 20)
            .with(json!({"step.tokens.input": call.input, "step.tokens.output": call.output}))
            .send();
        w.span("flow", "llm")
            .under(&step)
            .around(call, 0)
            .with(json!({"llm.model": call.model, "llm.tokens.input": call.input,
                "llm.tokens.output": call.output}))
            .send();
    }
}

fn agent_without_calls(w: &mut World) {
    w.untold();
    let call = w.call(Call::plain);
    let root = w
        .span("frame", "invoke_agent Ann")
        .around(&call, 0)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Ann",
            "gen_ai.request.model": call.model, "gen_ai.usage.input_tokens": call.input,
            "gen_ai.usage.output_tokens": call.output}))
        .send();
    w.span("frame", "execute_tool find")
        .under(&root)
        .time(call.start + 90, 20)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find"}))
        .send();
    w.ran("find", false);
    w.agents.insert("Ann".into());
}

fn texts_with_units(w: &mut World) {
    let call = Call::new(2, 0).plain();
    w.span("shop", "llm")
        .around(&call, 0)
        .with(json!({"model": call.model, "tokens.input": format!("{} tokens", call.input),
            "tokens.output": format!("{} tokens", call.output)}))
        .send();
}

fn base64(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("shop", "llm")
            .around(&call, 0)
            .with(json!({"model": call.model, "response.body.base64": "eyJpZCI6ImNoYXRjbXBsLTEifQ==",
                "response.usage": openai_usage(&call).to_string()}))
            .send();
    }
}

fn generations(w: &mut World) {
    for call in w.twice(|call| call) {
        let list = json!([{"message": {"role": "assistant", "content": call.text()},
            "response": openai_answer(&call)}]);
        w.span("shop", "llm").around(&call, 0).with(json!({"generations": list.to_string()})).send();
    }
}

fn llm_output(w: &mut World) {
    for call in w.twice(Call::mute) {
        let text = format!(
            "{{'token_usage': {{'completion_tokens': {}, 'prompt_tokens': {}, 'total_tokens': {}, \
             'prompt_tokens_details': {{'audio_tokens': 0, 'cached_tokens': {}}}}}, \
             'model_name': '{}', 'system_fingerprint': None, 'id': '{}'}}",
            call.output,
            call.input,
            call.total(),
            call.read,
            call.model,
            call.id()
        );
        w.span("callback", "on_llm_end").around(&call, 0).with(json!({"llm_output": text})).send();
    }
}

fn autogen_usage(w: &mut World) {
    for call in w.twice(Call::plain) {
        let text = format!(
            "CreateResult(finish_reason='stop', content='ok', usage=RequestUsage(prompt_tokens={}, \
             completion_tokens={}), cached=False, logprobs=None, thought=None)",
            call.input, call.output
        );
        w.span("shop", "create").around(&call, 0).with(json!({"model": call.model, "result": text})).send();
    }
}

fn vertex_text(w: &mut World) {
    for call in w.twice(|call| call.model("gemini-2.5-pro", "gcp.gemini").mute()) {
        let text = format!(
            "prompt_token_count: {}\ncandidates_token_count: {}\ntotal_token_count: {}\n\
             cached_content_token_count: {}\n",
            call.input,
            call.output,
            call.total(),
            call.read
        );
        w.span("shop", "vertex")
            .around(&call, 0)
            .with(json!({"model": call.model, "usage_metadata": text}))
            .send();
    }
}

fn jina(w: &mut World) {
    for call in w.twice(Call::embedding) {
        let body = json!({"model": "jina-reranker-v2-base-multilingual", "usage": {
            "total_tokens": call.input}, "results": [{"index": 0, "relevance_score": 0.9}]});
        w.span("http", "POST")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"http.body": body.to_string()}))
            .send();
    }
    for call in &mut w.calls {
        (call.of, call.model) = (super::call::Of::Rerank, "jina-reranker-v2-base-multilingual");
        call.provider = "";
    }
}

fn tenants(w: &mut World) {
    let first = Call::new(21, 0).plain();
    for (n, tenant) in ["red", "blue"].into_iter().enumerate() {
        let call = w.call(|_| Call { n: n as u64, start: n as i64, ..first.clone() });
        let root = w
            .span("api", "POST /ask")
            .kind(2)
            .around(&call, 9)
            .with(json!({"tenant": tenant, "http.request.method": "POST"}))
            .send();
        w.span("llm.client", "llm.chat")
            .kind(CLIENT)
            .under(&root)
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "llm.tokens.input": call.input,
                "llm.tokens.output": call.output}))
            .send();
    }
}
