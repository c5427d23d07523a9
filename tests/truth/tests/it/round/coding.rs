//! Coding agents: logs, metrics and spans in words of their own.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join};
use super::world::{CLIENT, Metric, Point, World};

pub const SHAPES: &[Shape] = &[
    ("agent with logs only", logs_only),
    ("agent with logs and metrics", logs_and_metrics),
    ("agent with a log for the request and one for the answer", request_and_response),
    ("agent with logs, metrics and spans", all_three),
    ("agent whose logs have JSON bodies", json_body),
    ("Cline's counters", cline_metrics),
    ("Cline's counters and its event", cline_both),
    ("agentUniverse's histograms beside its spans", universe_metrics),
    ("opencode plugin's metrics", opencode_metrics),
    ("Goose's tokens without a type", goose),
    ("agent with sub-agents in spans", sub_agents),
    ("agent with camel case logs", camel_logs),
    ("agent with failed requests in logs", failed_logs),
    ("agent with totals of the session in a last log", session_log),
    ("metrics of a session, delta, then cumulative restart", restart),
];

fn words(call: &Call) -> Value {
    json!({"session.id": "cs-1", "model": call.model, "input_tokens": call.input,
        "output_tokens": call.output, "cached_tokens": call.read, "total_tokens": call.total(),
        "duration_ms": call.ms, "request_id": call.id()})
}

fn counters(w: &mut World, call: &Call) {
    let point = |kind: &str, value: u64| {
        (
            json!({"type": kind, "model": call.model,
            "session.id": "cs-1"}),
            value,
            call.start,
            call.end() + 5,
        )
    };
    w.metric(
        "forge",
        Metric {
            name: "forge.token.usage",
            is_delta: true,
            is_histogram: false,
            points: vec![point("input", call.input), point("output", call.output)],
        },
    );
}

fn logs_only(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.log(("forge", "forge.api_request"), call.end(), None, words(&call));
    }
    w.sessions.insert("cs-1".into());
}

fn logs_and_metrics(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.log(("forge", "forge.api_request"), call.end(), None, words(&call));
        counters(w, &call);
    }
    w.sessions.insert("cs-1".into());
}

fn request_and_response(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.log(
            ("kiro", "kiro.api_request"),
            call.start,
            None,
            json!({"session.id": "cs-1", "model": call.model, "prompt_length": 812}),
        );
        w.log(("kiro", "kiro.api_response"), call.end(), None, words(&call));
    }
    w.sessions.insert("cs-1".into());
}

fn all_three(w: &mut World) {
    let calls = w.twice(|call| call);
    let root = w.span("forge", "forge.turn").time(-20, 7_000).with(json!({"session.id": "cs-1"})).send();
    for call in &calls {
        let at = w
            .span("forge", "forge.llm_request")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(join(&[genai(call), id(call), json!({"session.id": "cs-1"})]))
            .send();
        w.log(("forge", "forge.api_request"), call.end(), Some(&at), words(call));
        counters(w, call);
    }
    w.span("forge", "execute_tool Bash")
        .under(&root)
        .time(calls[0].end() + 5, 50)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "Bash"}))
        .send();
    w.ran("Bash", false);
    w.sessions.insert("cs-1".into());
}

fn json_body(w: &mut World) {
    for call in w.twice(Call::mute) {
        let body = json!({"level": "info", "msg": "completion", "model": call.model,
            "usage": super::words::openai_usage(&call)})
        .to_string();
        w.log(("pino", "completion"), call.end(), None, json!({"log.body": body}));
    }
}

fn cline_points(w: &mut World, call: &Call, sums: &mut [u64; 4]) {
    let figures = [call.fresh(), call.output, call.read, call.write];
    let names = [
        "cline.tokens.input.total",
        "cline.tokens.output.total",
        "cline.cache.read.tokens.total",
        "cline.cache.write.tokens.total",
    ];
    for ((sum, figure), name) in sums.iter_mut().zip(figures).zip(names) {
        *sum += figure;
        let labels = json!({"ulid": "task-1", "model": call.model, "provider": "anthropic",
            "extension_version": "4.0"});
        w.metric(
            "cline",
            Metric {
                name,
                is_delta: false,
                is_histogram: false,
                points: vec![(labels, *sum, 0, call.end() + 10)],
            },
        );
    }
}

fn cline_metrics(w: &mut World) {
    let mut sums = [0; 4];
    for call in w.twice(|call| Call { write: 0, read: 0, ..call.claude() }) {
        cline_points(w, &call, &mut sums);
    }
    w.untold();
}

fn cline_both(w: &mut World) {
    let mut sums = [0; 4];
    for call in w.twice(|call| Call { write: 0, read: 0, ..call.claude() }) {
        cline_points(w, &call, &mut sums);
        w.log(
            ("cline", "task.tokens"),
            call.end(),
            None,
            json!({"ulid": "task-1", "tokensIn": call.input, "tokensOut": call.output,
                "model": call.model}),
        );
    }
}

fn universe_metrics(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("agentuniverse-llm", "au.llm.qwen")
            .around(&call, 0)
            .with(json!({"au.span.kind": "llm",
            "au.llm.name": call.model, "au.llm.usage.prompt_tokens": call.input,
            "au.llm.usage.completion_tokens": call.output,
            "au.llm.usage.total_tokens": call.total()}))
            .send();
        for (name, value) in [
            ("llm_prompt_tokens", call.input),
            ("llm_completion_tokens", call.output),
            ("llm_total_tokens", call.total()),
        ] {
            w.metric(
                "agentuniverse-llm",
                Metric {
                    name,
                    is_delta: true,
                    is_histogram: true,
                    points: vec![(json!({"au_llm_name": call.model}), value, call.start, call.end())],
                },
            );
        }
    }
}

fn opencode_metrics(w: &mut World) {
    for call in w.twice(Call::claude) {
        let point = |kind, value| of_kind(&call, kind, value);
        w.metric(
            "opencode",
            Metric {
                name: "agent.token.usage",
                is_delta: true,
                is_histogram: false,
                points: vec![
                    point("input", call.fresh()),
                    point("output", call.output),
                    point("cacheRead", call.read),
                    point("cacheCreation", call.write),
                    point("total", call.total()),
                ],
            },
        );
    }
    w.sessions.insert("cs-1".into());
    w.untold();
}

fn goose(w: &mut World) {
    let call = Call::new(4, 0).plain();
    w.metric(
        "goose",
        Metric {
            name: "goose.tokens.used",
            is_delta: true,
            is_histogram: false,
            points: vec![(json!({"model": call.model}), call.total(), call.start, call.end())],
        },
    );
}

fn sub_agents(w: &mut World) {
    let calls = [w.call(Call::mute), w.call(Call::mute), w.call(Call::mute)];
    let root = w
        .span("amp", "amp.thread")
        .time(-20, 9_000)
        .with(json!({"session.id": "cs-2",
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "amp"}))
        .send();
    w.span("amp", "amp.inference")
        .under(&root)
        .around(&calls[0], 0)
        .with(join(&[genai(&calls[0]), id(&calls[0])]))
        .send();
    let task = w
        .span("amp", "execute_tool Task")
        .under(&root)
        .time(calls[1].start - 9, 2_000)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "Task"}))
        .send();
    let sub = w
        .span("amp", "amp.subagent")
        .under(&task)
        .time(calls[1].start - 5, 1_990)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "oracle"}))
        .send();
    w.span("amp", "amp.inference")
        .under(&sub)
        .around(&calls[1], 0)
        .with(join(&[genai(&calls[1]), id(&calls[1])]))
        .send();
    w.span("amp", "amp.inference")
        .under(&root)
        .around(&calls[2], 0)
        .with(join(&[genai(&calls[2]), id(&calls[2])]))
        .send();
    w.ran("Task", false);
    w.sessions.insert("cs-2".into());
    w.agents.extend(["amp".to_owned(), "oracle".to_owned()]);
}

fn camel_logs(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.log(
            ("roo", "Conversation Message Completed"),
            call.end(),
            None,
            json!({"taskId": "t-1",
            "modelId": call.model, "apiProvider": "openai", "inputTokens": call.input,
            "outputTokens": call.output, "cacheReadTokens": call.read, "totalTokens": call.total(),
            "cost": 0.01}),
        );
    }
}

fn failed_logs(w: &mut World) {
    let call = w.call(Call::mute);
    w.log(("forge", "forge.api_request"), call.end(), None, words(&call));
    let refused = w.call(Call::refused);
    w.log(
        ("forge", "forge.api_error"),
        refused.end(),
        None,
        json!({"session.id": "cs-1",
        "model": refused.model, "error": "429 slow down", "status_code": 429,
        "duration_ms": refused.ms}),
    );
    w.sessions.insert("cs-1".into());
}

fn session_log(w: &mut World) {
    let calls = w.twice(Call::mute);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    for call in &calls {
        w.log(("forge", "forge.api_request"), call.end(), None, words(call));
    }
    w.log(
        ("forge", "forge.session_end"),
        8_000,
        None,
        json!({"session.id": "cs-1", "model": "gpt-4o",
        "session.input_tokens": sum(|c| c.input), "session.output_tokens": sum(|c| c.output)}),
    );
    w.sessions.insert("cs-1".into());
}

fn restart(w: &mut World) {
    let calls = w.twice(Call::plain);
    for call in &calls {
        let point = |kind, value| of_kind(call, kind, value);
        w.metric(
            "forge",
            Metric {
                name: "forge.token.usage",
                is_delta: false,
                is_histogram: false,
                points: vec![point("input", call.input), point("output", call.output)],
            },
        );
    }
    w.sessions.insert("cs-1".into());
    w.untold();
}

/// The tokens of a kind as a data point of a metric.
fn of_kind(call: &Call, kind: &str, value: u64) -> Point {
    let attributes = json!({"type": kind, "model": call.model, "session.id": "cs-1"});
    (attributes, value, call.start, call.end())
}
