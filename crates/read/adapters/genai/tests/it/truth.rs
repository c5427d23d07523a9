//! Tests that recordings of real sources match the answers of the model server.

use serde_json::Value;

use crate::count::{Count, count};
use crate::recording;

/// Recordings that must match exactly: all of OpenInference, OpenLLMetry and OpenTelemetry, and of frameworks
/// with native GenAI conventions.
const EXACT: &[&str] = &[
    "anthropic--openinference",
    "anthropic--openllmetry",
    "claude-agent-sdk--openinference",
    "crewai--openinference",
    "google-adk--native",
    "google-genai--openinference",
    "google-genai--openllmetry",
    "langgraph--openinference",
    "langgraph--openllmetry",
    "langgraph-js--openinference",
    "litellm--native",
    "llamaindex--openllmetry",
    "mcp--openinference",
    "ms-agent-framework--native",
    "ollama--openllmetry",
    "openai--openinference",
    "openai--openlit",
    "openai--openllmetry",
    "openai--openllmetry--responses",
    "openai--otel-contrib-v2",
    "openai--otel-contrib-v2--latest",
    "openai-agents--logfire",
    "openai-agents--openinference",
    "openai-node--traceloop",
    "pydantic-ai--logfire",
    "semantic-kernel--native",
    "smolagents--openinference",
    "strands--native",
];

/// Data absent from the telemetry of a recording: recording, data, reason.
const NOT_SENT: &[(&str, &str, &str)] = &[
    ("anthropic--openinference", "tool get_weather", "run by the script, without a span"),
    ("anthropic--openllmetry", "tool get_weather", "run by the script, without a span"),
    ("openai--openinference", "tool get_weather", "run by the script, without a span"),
    ("openai--openlit", "tool get_weather", "run by the script, without a span"),
    ("openai--openllmetry", "tool get_weather", "run by the script, without a span"),
    ("openai--openllmetry--responses", "tool get_weather", "run by the script, without a span"),
    ("openai--otel-contrib-v2", "tool get_weather", "run by the script, without a span"),
    ("openai--otel-contrib-v2--latest", "tool get_weather", "run by the script, without a span"),
    ("ollama--openllmetry", "tool get_weather", "run by the script, without a span"),
    ("litellm--native", "tool get_weather", "run by the script, without a span"),
    ("google-genai--openinference", "tool get_weather", "run inside the SDK, without a span"),
    ("google-genai--openllmetry", "tool get_weather", "run inside the SDK, without a span"),
    (
        "claude-agent-sdk--openinference",
        "calls",
        "the SDK has one span for a whole run and none for its calls",
    ),
    (
        "claude-agent-sdk--openinference",
        "agent weather-helper",
        "named only in the arguments of the tool that starts it",
    ),
    ("google-adk--native", "users {}", "no signal names the user"),
    ("llamaindex--openllmetry", "calls 0,", "but for one that failed, calls have no spans of their own"),
    ("llamaindex--openllmetry", "agent ", "agents are named only inside the contents of workflow steps"),
    ("openai-agents--openinference", "sessions {}", "no signal names the session"),
    ("smolagents--openinference", "agent failer", "the span of the agent that failed was never sent"),
];

fn figure(want: &Value, name: &str) -> u64 {
    want["tokens"][name].as_u64().unwrap()
}

/// The differences, in words.
fn differences(want: &Value, got: &Count) -> Vec<String> {
    let mut wrong = Vec::new();
    tokens(want, got, &mut wrong);
    calls(want, got, &mut wrong);
    tools(want, got, &mut wrong);
    owners(want, got, &mut wrong);
    wrong
}

/// Separates the differences that only the source could fix.
fn excuse(name: &str, wrong: Vec<String>) -> (Vec<String>, Vec<String>) {
    let lacking = |what: &String| {
        NOT_SENT.iter().any(|(recording, lacking, _)| *recording == name && what.starts_with(lacking))
    };
    wrong.into_iter().partition(lacking)
}

fn tokens(want: &Value, got: &Count, wrong: &mut Vec<String>) {
    for (name, found) in [("input", got.tokens.input), ("output", got.tokens.output)] {
        let limited = want["source_limited"].get(name);
        let exact = limited.map_or_else(|| Some(figure(want, name)), Value::as_u64);
        if exact.is_some_and(|exact| exact != found) {
            wrong.push(format!("{name} {found}, not {}", exact.unwrap()));
        }
    }
    let parts = [
        ("cache_read", got.tokens.cache_read),
        ("cache_write", got.tokens.cache_write),
        ("reasoning", got.tokens.reasoning),
    ];
    for (name, found) in parts {
        if found > figure(want, name) {
            wrong.push(format!("{name} {found}, over {}", figure(want, name)));
        }
    }
}

fn calls(want: &Value, got: &Count, wrong: &mut Vec<String>) {
    let (ok, failed) = (want["llm_calls_ok"].as_u64().unwrap(), want["llm_calls_failed"].as_u64().unwrap());
    if got.calls < ok || got.calls > ok + failed {
        wrong.push(format!("calls {}, not {ok} to {}", got.calls, ok + failed));
    }
}

fn tools(want: &Value, got: &Count, wrong: &mut Vec<String>) {
    if let Some(runs) = want["tools"].as_u64() {
        let found: u64 = got.tools.values().sum();
        if found != runs {
            wrong.push(format!("tool runs {found}, not {runs}"));
        }
    }
    for tool in want["tools"].as_array().into_iter().flatten() {
        let (name, failed) = (tool["name"].as_str().unwrap(), tool["outcome"] == "error");
        let found = got.tools.get(&(name.to_owned(), failed)).copied().unwrap_or(0);
        if found != tool["count"].as_u64().unwrap() {
            wrong.push(format!("tool {name} failed={failed}: {found} runs, not {}", tool["count"]));
        }
    }
}

fn owners(want: &Value, got: &Count, wrong: &mut Vec<String>) {
    if let Some(session) = want["session_id"].as_str().filter(|session| !got.sessions.iter().eq([*session])) {
        wrong.push(format!("sessions {:?}, not {session}", got.sessions));
    }
    if let Some(user) = want["user_id"].as_str().filter(|user| !got.users.iter().eq([*user])) {
        wrong.push(format!("users {:?}, not {user}", got.users));
    }
    for agent in want["agents"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !got.agents.contains(agent) {
            wrong.push(format!("agent {agent} is not among {:?}", got.agents));
        }
    }
}

#[test]
fn recordings_come_to_what_was_served() {
    let mut failures = Vec::new();
    for name in quipu_recordings::names() {
        let (want, got) = (quipu_recordings::want(&name), count(&recording::spans(&name)));
        let (lacking, wrong) = excuse(&name, differences(&want, &got));
        for (_, excused, why) in NOT_SENT.iter().filter(|(recording, ..)| *recording == name) {
            let found = lacking.iter().any(|what| what.starts_with(excused));
            assert!(found, "{name}: {excused} is no longer lacking although {why}");
        }
        let tokens = got.tokens;
        println!(
            "{name}: {}/{} tokens, {} cached, {} written, {} reasoning, {} calls, {} tool runs: {}",
            tokens.input,
            tokens.output,
            tokens.cache_read,
            tokens.cache_write,
            tokens.reasoning,
            got.calls,
            got.tools.values().sum::<u64>(),
            match (wrong.is_empty(), lacking.is_empty()) {
                (true, true) => "exact".to_owned(),
                (true, false) => format!("exact but for what was not sent ({})", lacking.join("; ")),
                (false, _) => wrong.join("; "),
            }
        );
        if EXACT.contains(&name.as_str()) && !wrong.is_empty() {
            failures.push(format!("{name}: {}", wrong.join("; ")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
