//! Tool runs without a span are inferred from the messages of calls, and runs with a span never are.

use std::collections::BTreeMap;

use quipu_core::{Store, TraceFilter};

use crate::recording::ALL;
use crate::store::Fed;

/// Recordings whose scripts ran tools without spans and whose messages contain the runs.
const TOLD: [&str; 8] = [
    "anthropic--openinference",
    "anthropic--openllmetry",
    "multi--oi",
    "multi--traceloop-all-in",
    "ollama--openllmetry",
    "openai--openinference",
    "openai--openlit",
    "openai--openllmetry",
];

/// Inferred runs that scripts do not list as tools: hand-offs, answers that Instructor sends back as results,
/// and results that a script writes into the conversation.
const UNLISTED: [(&str, &str, u64); 13] = [
    ("anthropic--logfire", "get_weather", 2),
    ("anthropic--oi+ollm+logfire+contrib", "get_weather", 2),
    ("anthropic--oi+ollm+logfire+contrib", "weather_tomorrow", 2),
    ("anthropic--traceloop-all-in", "get_weather", 2),
    ("bedrock--botocore+openllmetry", "get_weather", 1),
    ("cohere--openinference", "get_weather", 1),
    ("crewai--openinference", "delegate_work_to_coworker", 1),
    ("instructor--oi+ollm", "City", 1),
    ("litellm--otel+openinference", "get_weather", 1),
    ("openai+anthropic--judgeval+native-sdk", "get_weather", 1),
    ("openai+anthropic--judgeval+native-sdk", "weather_tomorrow", 1),
    ("openai-agents--logfire", "transfer_to_weather_expert", 1),
    ("openai-agents--openinference", "transfer_to_weather_expert", 1),
];

/// Runs with a span and inferred runs, by tool.
fn runs(name: &str) -> BTreeMap<String, (u64, u64)> {
    let recording = ALL.iter().find(|recording| recording.name == name).unwrap();
    let fed = Fed::with(recording.batches());
    let tools = fed.ask(fed.store.tools(&TraceFilter::default()));
    tools.into_iter().map(|tool| (tool.tool.to_string(), (tool.calls, tool.inferred))).collect()
}

#[test]
fn runs_without_spans_are_inferred_with_name_and_count() {
    for name in TOLD {
        let recording = ALL.iter().find(|recording| recording.name == name).unwrap();
        let want: BTreeMap<String, (u64, u64)> = recording.want["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| (tool["name"].as_str().unwrap().to_owned(), (0, tool["count"].as_u64().unwrap())))
            .collect();
        assert!(!want.is_empty());
        assert_eq!(runs(name), want, "{name}");
    }
}

#[test]
fn runs_with_spans_are_not_inferred_too() {
    let mut inferred = Vec::new();
    for recording in ALL.iter().filter(|recording| !TOLD.contains(&recording.name.as_str())) {
        let unseen = runs(&recording.name).into_iter().filter(|(_, (_, inferred))| *inferred > 0);
        inferred.extend(unseen.map(|(tool, (_, count))| (recording.name.clone(), tool, count)));
    }
    let want = UNLISTED.map(|(recording, tool, count)| (recording.to_owned(), tool.to_owned(), count));
    assert_eq!(inferred, want);
}
