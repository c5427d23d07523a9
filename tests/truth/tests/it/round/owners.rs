//! Names of sessions, agents and tools, failures, and costs, in the words of programs.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openinference};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("session under a plain key on the conventions' spans", plain_session),
    ("thread and user in camel case on own calls", thread_camel),
    ("session on the root of own calls", root_session),
    ("agent under a plain key", plain_agent),
    ("agent after a dot in the span's name", dotted_agent),
    ("agent with a role and a task", agent_role),
    ("tool under function.name", function_name),
    ("tool of a call by its id", tool_call_name),
    ("tools in a span each with their errors", tool_errors),
    ("failure by the HTTP status of an own call", http_failure),
    ("failure by an exception's event without a status", exception_only),
    ("failure by otel.status_code", otel_status),
    ("failure by an error's message on a call by kind", error_message),
    ("cost under three keys that agree", three_costs),
    ("cost of zero beside tokens", zero_cost),
    ("cost in a list by model", cost_by_model),
    ("own audio tokens beside their total", own_audio),
    ("calls below two agents of one trace by plain keys", two_plain_agents),
];

fn own(call: &Call) -> Value {
    json!({"llm.model": call.model, "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output})
}

fn plain_session(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("shop", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call), json!({"session_id": "s-1", "user_id": "u-1"})]))
            .send();
    }
    w.sessions.insert("s-1".into());
}

fn thread_camel(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("shop", "llm")
            .around(&call, 0)
            .with(own(&call))
            .with(json!({"sessionId": "t-1",
            "userId": "u-1"}))
            .send();
    }
    w.sessions.insert("t-1".into());
}

fn root_session(w: &mut World) {
    let root = w
        .span("shop", "conversation")
        .time(-9, 6_000)
        .with(json!({"llm.session_id": "r-1", "span.type": "agent", "agent.name": "Helper"}))
        .send();
    for call in w.twice(Call::plain) {
        w.span("shop", "llm").under(&root).around(&call, 0).with(own(&call)).send();
    }
    w.sessions.insert("r-1".into());
    w.agents.insert("Helper".into());
}

fn plain_agent(w: &mut World) {
    for call in w.twice(Call::plain) {
        let agent = w
            .span("shop", "run agent")
            .around(&call, 9)
            .with(json!({"agent.name": "Writer", "agent.version": "3"}))
            .send();
        w.span("shop", "llm").under(&agent).around(&call, 0).with(own(&call)).send();
    }
    w.agents.insert("Writer".into());
}

fn dotted_agent(w: &mut World) {
    let call = w.call(Call::plain);
    let agent = w
        .span("shop", "agent_run")
        .around(&call, 9)
        .with(json!({"agentName": "planner", "agent.step": 1}))
        .send();
    w.span("shop", "llm").under(&agent).around(&call, 0).with(own(&call)).send();
    w.agents.insert("planner".into());
}

fn agent_role(w: &mut World) {
    let call = w.call(Call::plain);
    let agent = w
        .span("shop", "agent.execute")
        .around(&call, 9)
        .with(json!({"agent.name": "Researcher", "agent.role": "Senior researcher", "task.name": "find"}))
        .send();
    w.span("shop", "llm").under(&agent).around(&call, 0).with(own(&call)).send();
    w.agents.insert("Researcher".into());
}

fn function_name(w: &mut World) {
    let call = w.call(Call::plain);
    w.span("shop", "llm").around(&call, 0).with(own(&call)).send();
    w.span("shop", "tool.call")
        .time(call.end() + 5, 20)
        .with(json!({"tool.function.name": "lookup", "tool_name": "lookup", "tool.args": "{}"}))
        .send();
    w.ran("lookup", false);
}

fn tool_call_name(w: &mut World) {
    let call = w.call(Call::plain);
    w.span("shop", "llm").around(&call, 0).with(own(&call)).send();
    for n in 0..2 {
        w.span("shop", "execute_tool weather")
            .time(call.end() + 5 + 40 * n, 20)
            .with(json!({"tool.name": "weather", "tool.call_id": format!("call_{n}")}))
            .send();
        w.ran("weather", false);
    }
}

fn tool_errors(w: &mut World) {
    let call = w.call(Call::plain);
    w.span("shop", "llm").around(&call, 0).with(own(&call)).send();
    for (n, fails) in [(0, false), (1, true)] {
        let span = w
            .span("shop", "tool")
            .time(call.end() + 5 + 40 * n, 20)
            .with(json!({"tool.name": "sql", "tool.success": !fails}));
        if fails {
            span.fail("DatabaseError").send()
        } else {
            span.send()
        };
        w.ran("sql", fails);
    }
}

fn http_failure(w: &mut World) {
    let refused = w.call(Call::refused);
    let call = w.call(Call::plain);
    w.span("shop", "llm.request")
        .kind(CLIENT)
        .around(&refused, 0)
        .with(json!({"llm.model": refused.model, "span.type": "llm", "http.response.status_code": 429}))
        .fail("Too Many Requests")
        .send();
    w.span("shop", "llm.request")
        .kind(CLIENT)
        .around(&call, 0)
        .with(own(&call))
        .with(json!({
        "span.type": "llm", "http.response.status_code": 200}))
        .send();
}

fn exception_only(w: &mut World) {
    let refused = w.call(Call::refused);
    w.span("shop", "llm.request")
        .kind(CLIENT)
        .around(&refused, 0)
        .with(json!({"llm.model": refused.model, "span.type": "llm", "error": true}))
        .event("exception", refused.end() - 1, json!({"exception.type": "RateLimitError"}))
        .send();
}

fn otel_status(w: &mut World) {
    let refused = w.call(Call::refused);
    w.span("shop", "llm.request")
        .kind(CLIENT)
        .around(&refused, 0)
        .with(json!({"llm.model": refused.model, "span.type": "llm", "llm.status": "error",
            "otel.status_code": "ERROR"}))
        .send();
}

fn error_message(w: &mut World) {
    let refused = w.call(Call::refused);
    w.span("shop", "llm.request")
        .kind(CLIENT)
        .around(&refused, 0)
        .with(json!({"llm.model": refused.model, "span.type": "llm", "llm.success": false,
            "llm.error": "429 slow down"}))
        .send();
}

fn three_costs(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.reported += 3_000;
        w.span("shop", "llm")
            .around(&call, 0)
            .with(own(&call))
            .with(json!({"llm.cost_usd": 0.003,
            "cost.total": 0.003, "llm.cost.input": 0.001, "llm.cost.output": 0.002}))
            .send();
    }
}

fn zero_cost(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.span("shop", "chat gpt-4o")
            .around(&call, 0)
            .with(join(&[
                genai(&call),
                json!({"acme.cost": 0.0,
            "acme.budget_cost": 9.5}),
            ]))
            .send();
    }
}

fn cost_by_model(w: &mut World) {
    for call in w.twice(Call::plain) {
        let costs = json!([{"model": call.model, "tokens": call.total(), "rate": 2.5}]);
        w.span("shop", "llm")
            .around(&call, 0)
            .with(own(&call))
            .with(json!({"billing": costs.to_string()}))
            .send();
    }
}

fn own_audio(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("shop", "llm")
            .around(&call, 0)
            .with(json!({"model": call.model,
            "usage.input_tokens": call.input, "usage.output_tokens": call.output,
            "usage.input_audio_tokens": 40, "usage.output_audio_tokens": 9,
            "usage.total_tokens": call.total()}))
            .send();
    }
}

fn two_plain_agents(w: &mut World) {
    let root = w.span("shop", "crew").time(-9, 9_000).with(json!({"crew.id": "c"})).send();
    for (n, name) in ["Ada", "Ben"].into_iter().enumerate() {
        let call = w.call(|call| Call { start: 5 * n as i64, ..call.plain() });
        let agent = w
            .span("shop", "agent.run")
            .under(&root)
            .around(&call, 9)
            .with(json!({"agent.name": name}))
            .send();
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&agent)
            .around(&call, 0)
            .with(openinference(&call))
            .send();
        w.agents.insert(name.into());
    }
}
