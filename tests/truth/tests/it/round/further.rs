//! Further setups: second instrumentations of one kind, sums that say so, and figures in prose.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openai_usage, openinference};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("Goose's debug events", goose_events),
    ("Java agent with events of messages", java_agent),
    ("smolagents steps with sums", smolagents_steps),
    ("Agno's agent over its model over the SDK", agno),
    ("CrewAI over LiteLLM over OpenAI", crewai),
    ("sum that tells its number of calls", call_count),
    ("printed sum that tells its requests", printed_requests),
    ("one instrumentation in client and proxy", same_scope_proxy),
    ("one instrumentation in two tracer providers", two_providers),
    ("usage in the text of a protocol buffer", proto_text),
];

fn goose_events(w: &mut World) {
    for call in w.twice(Call::plain) {
        let config = json!({"model_name": call.model, "context_limit": 128_000, "temperature": null,
            "max_tokens": 4_096, "toolshim": false})
        .to_string();
        let at = w
            .span("goose", "reply")
            .around(&call, 30)
            .with(json!({"session.id": "g-1", "busy_ns": 9_000_i64, "idle_ns": 90_000_i64}))
            .send();
        w.span("goose", "complete")
            .under(&at)
            .around(&call, 0)
            .with(json!({"session.id": "g-1",
            "code.module.name": "goose::providers::openai", "model_config": config,
            "input": "{\"messages\": []}",
            "output": json!({"choices": [{"message": {"role": "assistant",
                "content": call.text()}}]}).to_string(), "input_tokens": call.input.to_string(),
                "output_tokens": call.output.to_string(),
                "total_tokens": call.total().to_string()}))
            .send();
    }
    w.sessions.insert("g-1".into());
}

fn java_agent(w: &mut World) {
    for call in w.twice(Call::plain) {
        let at = w
            .span("io.opentelemetry.openai-java-1.1", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call), json!({"gen_ai.response.finish_reasons": ["stop"]})]))
            .send();
        w.log(
            ("io.opentelemetry.openai-java-1.1", "gen_ai.user.message"),
            call.start,
            Some(&at),
            json!({"gen_ai.provider.name": "openai"}),
        );
        w.log(
            ("io.opentelemetry.openai-java-1.1", "gen_ai.choice"),
            call.end(),
            Some(&at),
            json!({"gen_ai.provider.name": "openai"}),
        );
        w.span("io.opentelemetry.okhttp-3.0", "POST")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 0)
            .with(json!({"http.request.method": "POST", "http.response.status_code": 200}))
            .send();
    }
}

fn smolagents_steps(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let scope = "openinference.instrumentation.smolagents";
    let root = w
        .span(scope, "CodeAgent.run")
        .time(-10, 6_000)
        .with(json!({"openinference.span.kind": "AGENT", "smolagents.max_steps": 20,
        "llm.token_count.prompt": sum(|c| c.input), "llm.token_count.completion": sum(|c| c.output),
        "llm.token_count.total": sum(Call::total)}))
        .send();
    w.agents.insert("CodeAgent".into());
    for (at, call) in calls.iter().enumerate() {
        let step = w
            .span(scope, &format!("Step {at}"))
            .under(&root)
            .around(call, 9)
            .with(json!({"openinference.span.kind": "CHAIN"}))
            .send();
        w.span(scope, "OpenAIServerModel.generate")
            .under(&step)
            .around(call, 2)
            .with(openinference(call))
            .send();
    }
}

fn agno(w: &mut World) {
    let calls = [w.call(|call| call), w.call(|call| call), w.call(Call::refused)];
    let root = w
        .span("openinference.instrumentation.agno", "Helper.run")
        .time(-10, 9_000)
        .with(json!({"openinference.span.kind": "AGENT", "agent.name": "Helper",
                "graph.node.name": "Helper"}))
        .send();
    w.agents.insert("Helper".into());
    for call in &calls {
        let model = w
            .span("openinference.instrumentation.agno", "OpenAIChat.invoke")
            .under(&root)
            .around(call, 6)
            .with(join(&[
                openinference(call),
                json!({"llm.token_count.prompt_details.cache_read": null,
            "llm.token_count.completion_details.reasoning": null}),
            ]))
            .outcome(call)
            .send();
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&model)
            .around(call, 0)
            .with(openinference(call))
            .outcome(call)
            .send();
    }
}

fn crewai(w: &mut World) {
    let calls = w.twice(|call| call);
    let root = w.span("crewai.telemetry", "Crew Created").time(-10, 6_000).send();
    for call in &calls {
        let litellm = w
            .span("litellm", "litellm_request")
            .under(&root)
            .around(call, 5)
            .with(join(&[genai(call), id(call), json!({"llm.usage.total_tokens": call.total()})]))
            .send();
        let raw = w
            .span("litellm", "raw_gen_ai_request")
            .under(&litellm)
            .around(call, 4)
            .with(json!({"llm.openai.usage": openai_usage(call).to_string(),
                "llm.openai.model": call.model}))
            .send();
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&raw)
            .around(call, 0)
            .with(join(&[openinference(call), json!({"output.value": openai_answer(call).to_string()})]))
            .send();
    }
}

fn call_count(w: &mut World) {
    let call = w.call(Call::plain);
    w.span("svc", "pipeline")
        .time(0, 9_000)
        .with(json!({"llm.model": "gpt-4o", "llm.calls": 3,
        "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output}))
        .send();
    w.untold();
}

fn printed_requests(w: &mut World) {
    let call = w.call(Call::plain);
    let usage = format!(
        "RunUsage(input_tokens={}, output_tokens={}, requests=3, tool_calls=2)",
        call.input, call.output
    );
    w.span("svc", "agent result")
        .time(0, 9_000)
        .with(json!({"model": "gpt-4o", "result.usage": usage}))
        .send();
    w.untold();
}

fn same_scope_proxy(w: &mut World) {
    for call in w.twice(|call| call) {
        for (service, pid, around) in [("shop", 4, 14), ("own-proxy", 9, 0)] {
            w.process(service, pid);
            w.span("openinference.instrumentation.openai", "ChatCompletion")
                .around(&call, around)
                .with(join(&[
                    openinference(&call),
                    json!({"output.value": openai_answer(&call).to_string()}),
                ]))
                .send();
        }
    }
}

fn two_providers(w: &mut World) {
    for call in w.twice(|call| call) {
        for around in [0, 1] {
            w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
                .kind(CLIENT)
                .around(&call, around)
                .with(join(&[genai(&call), id(&call)]))
                .send();
        }
    }
}

fn proto_text(w: &mut World) {
    for call in w.twice(|call| call.plain().model("gemini-2.5-flash", "gcp.gemini")) {
        let usage = format!(
            "prompt_token_count: {}\ncandidates_token_count: {}\ntotal_token_count: {}\n",
            call.input,
            call.output,
            call.total()
        );
        w.span("ads", "generate")
            .around(&call, 0)
            .with(json!({"gemini.model": call.model, "gemini.usage_metadata": usage}))
            .send();
    }
}
