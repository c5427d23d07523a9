//! Programs that borrow single words of a convention or of an SDK, and have figures of their own.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, join, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("OpenInference's kind with own tokens", openinference_kind),
    ("OpenInference's kind with a usage object", openinference_usage),
    ("OpenInference's kind of an embedding with own tokens", openinference_embedding),
    ("Traceloop's task with own tokens", traceloop_task),
    ("Traceloop's workflow over its tasks with own tokens", traceloop_workflow),
    ("Langfuse's type with own tokens", langfuse_type),
    ("Logfire's span by hand", logfire_span),
    ("Logfire's log by hand", logfire_log),
    ("GenAI's operation with own tokens", genai_operation),
    ("GenAI's system with a usage object", genai_system),
    ("GenAI's model with tokens in other words", genai_other_words),
    ("GenAI's embedding with own tokens", genai_embedding),
    ("OpenLLMetry's request with own tokens", request_type),
    ("AgentOps' kind with own tokens", agentops_kind),
    ("Laminar's type with own tokens", lmnr_type),
    ("Datadog's kind with own tokens", datadog_kind),
    ("MLflow's type with own tokens", mlflow_type),
    ("agent of the conventions with own calls below", agent_of_conventions),
    ("Claude's usage beside GenAI's operation", claude_beside),
    ("own tokens beside GenAI's zeros", zeros_beside),
    ("own tokens of a chain over an instrumented client", chain_over_client),
    ("OpenInference's chain with the sum under own keys", chain_sum),
];

const OWN: &str = "shop.llm";

fn own(call: &Call) -> Value {
    json!({"shop.model": call.model, "shop.tokens.prompt": call.input,
        "shop.tokens.completion": call.output})
}

fn two(w: &mut World, (scope, name): (&str, &str), how: fn(Call) -> Call, tell: impl Fn(&Call) -> Value) {
    for call in w.twice(how) {
        w.span(scope, name).kind(CLIENT).around(&call, 0).with(tell(&call)).send();
    }
}

fn openinference_kind(w: &mut World) {
    two(w, (OWN, "ask"), Call::plain, |call| {
        join(&[own(call), json!({"openinference.span.kind": "LLM", "llm.model_name": call.model})])
    });
}

fn openinference_usage(w: &mut World) {
    two(
        w,
        (OWN, "ask"),
        |call| call,
        |call| {
            json!({"openinference.span.kind": "LLM", "llm.model_name": call.model,
            "shop.usage": openai_usage(call).to_string()})
        },
    );
}

fn openinference_embedding(w: &mut World) {
    two(w, (OWN, "embed"), Call::embedding, |call| {
        json!({"openinference.span.kind": "EMBEDDING", "embedding.model_name": call.model,
            "shop.total_tokens": call.input})
    });
}

fn traceloop_task(w: &mut World) {
    two(w, ("traceloop.tracer", "ask_model.task"), Call::plain, |call| {
        json!({"traceloop.span.kind": "task", "traceloop.entity.name": "ask_model", "model": call.model,
            "prompt_tokens": call.input, "completion_tokens": call.output})
    });
}

fn traceloop_workflow(w: &mut World) {
    let calls = w.twice(Call::plain);
    let root = w
        .span("traceloop.tracer", "answer.workflow")
        .time(-9, 6_000)
        .with(json!({"traceloop.span.kind": "workflow", "traceloop.entity.name": "answer"}))
        .send();
    for call in &calls {
        let task = w
            .span("traceloop.tracer", "ask.task")
            .under(&root)
            .around(call, 20)
            .with(json!({"traceloop.span.kind": "task", "traceloop.entity.name": "ask"}))
            .send();
        w.span(OWN, "POST /v1/chat/completions")
            .kind(CLIENT)
            .under(&task)
            .around(call, 0)
            .with(own(call))
            .send();
    }
}

fn langfuse_type(w: &mut World) {
    two(w, ("langfuse-sdk", "ask"), Call::plain, |call| {
        json!({"langfuse.observation.type": "generation", "langfuse.observation.model.name": call.model,
            "usage.prompt_tokens": call.input, "usage.completion_tokens": call.output})
    });
}

fn logfire_span(w: &mut World) {
    two(w, ("logfire", "llm call {model}"), Call::plain, |call| {
        json!({"code.filepath": "app.py", "code.lineno": 12, "logfire.msg_template": "llm call {model}",
            "logfire.msg": "llm call gpt-4o", "logfire.span_type": "span", "model": call.model,
            "prompt_tokens": call.input, "completion_tokens": call.output,
            "logfire.json_schema": "{\"type\":\"object\",\"properties\":{\"model\":{}}}"})
    });
}

fn logfire_log(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("logfire", "llm usage")
            .time(call.end(), 0)
            .with(json!({"code.filepath": "app.py", "logfire.msg": "llm usage", "logfire.span_type": "log",
                "logfire.level_num": 9, "model": call.model, "input_tokens": call.input,
                "output_tokens": call.output}))
            .send();
    }
}

fn genai_operation(w: &mut World) {
    two(w, (OWN, "chat gpt-4o"), Call::plain, |call| {
        join(&[own(call), json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model})])
    });
}

fn genai_system(w: &mut World) {
    two(
        w,
        (OWN, "ask"),
        |call| call,
        |call| {
            json!({"gen_ai.system": "openai", "gen_ai.request.model": call.model,
            "usage": openai_usage(call).to_string()})
        },
    );
}

fn genai_other_words(w: &mut World) {
    two(w, (OWN, "ask"), Call::plain, |call| {
        json!({"gen_ai.provider.name": "openai", "gen_ai.response.model": call.model,
            "gen_ai.tokens.prompt": call.input, "gen_ai.tokens.completion": call.output,
            "gen_ai.latency_ms": call.ms})
    });
}

fn genai_embedding(w: &mut World) {
    two(w, (OWN, "embeddings"), Call::embedding, |call| {
        json!({"gen_ai.operation.name": "embeddings", "gen_ai.request.model": call.model,
            "shop.input_tokens": call.input, "gen_ai.embeddings.dimension.count": 1_536})
    });
}

fn request_type(w: &mut World) {
    two(w, (OWN, "ask"), Call::plain, |call| {
        join(&[own(call), json!({"llm.request.type": "chat", "llm.request.model": call.model})])
    });
}

fn agentops_kind(w: &mut World) {
    two(w, (OWN, "ask"), Call::plain, |call| join(&[own(call), json!({"agentops.span.kind": "llm"})]));
}

fn lmnr_type(w: &mut World) {
    two(w, (OWN, "ask"), Call::plain, |call| join(&[own(call), json!({"lmnr.span.type": "LLM"})]));
}

fn datadog_kind(w: &mut World) {
    two(w, (OWN, "ask"), Call::plain, |call| {
        json!({"span.kind": "llm", "model_name": call.model, "model_provider": "openai",
            "metrics.input_tokens": call.input, "metrics.output_tokens": call.output,
            "metrics.total_tokens": call.total()})
    });
}

fn mlflow_type(w: &mut World) {
    two(w, ("mlflow.tracing.provider", "ask"), Call::plain, |call| {
        json!({"mlflow.spanType": "\"LLM\"", "model": "\"gpt-4o\"", "prompt_tokens": call.input,
            "completion_tokens": call.output})
    });
}

fn agent_of_conventions(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("frame", "invoke_agent Eve")
        .time(-9, 6_000)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Eve",
            "gen_ai.usage.input_tokens": sum(|c| c.input),
            "gen_ai.usage.output_tokens": sum(|c| c.output)}))
        .send();
    for call in &calls {
        w.span(OWN, "ask").kind(CLIENT).under(&root).around(call, 0).with(own(call)).send();
    }
    w.agents.insert("Eve".into());
}

fn claude_beside(w: &mut World) {
    two(w, (OWN, "chat claude"), Call::claude, |call| {
        json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
            "gen_ai.provider.name": "anthropic", "anthropic.usage": claude_usage(call).to_string()})
    });
}

fn zeros_beside(w: &mut World) {
    two(w, (OWN, "chat gpt-4o"), Call::plain, |call| {
        join(&[
            own(call),
            json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
            "gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}),
        ])
    });
}

fn chain_over_client(w: &mut World) {
    for call in w.twice(Call::mute) {
        let chain = w
            .span("frame", "chain")
            .around(&call, 12)
            .with(json!({"openinference.span.kind": "CHAIN", "shop.model": call.model,
                "shop.tokens.prompt": call.input, "shop.tokens.completion": call.output}))
            .send();
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&chain)
            .around(&call, 0)
            .with(super::words::openinference(&call))
            .send();
    }
}

fn chain_sum(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("frame", "RunnableSequence")
        .time(-9, 6_000)
        .with(json!({"openinference.span.kind": "CHAIN", "run.prompt_tokens": sum(|c| c.input),
            "run.completion_tokens": sum(|c| c.output), "run.model": "gpt-4o"}))
        .send();
    for call in &calls {
        w.span("frame", "ChatOpenAI")
            .under(&root)
            .around(call, 0)
            .with(super::words::openinference(call))
            .send();
    }
}
