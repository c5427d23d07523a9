//! What recordings come to when no call is recorded twice, beside the model server's own log.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use quipu_core::{Kind, Span, Status, Tokens};
use serde_json::Value;

use crate::recording::folder;

fn want(name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder(name).join("want.json")).unwrap()).unwrap()
}

/// What spans come to, for sources that record each call once.
#[derive(Debug, Default, PartialEq)]
pub struct Facts {
    pub tokens: Tokens,
    pub calls: u64,
    pub tools: BTreeMap<(String, bool), u64>,
    pub agents: BTreeSet<String>,
    pub sessions: BTreeSet<String>,
    pub users: BTreeSet<String>,
}

/// Adds up calls with usage, failed calls, and tool runs.
pub fn facts(spans: &[Span]) -> Facts {
    let mut facts = Facts::default();
    for span in spans {
        let read = &span.canonical;
        let failed = span.status == Status::Error || read.error_type.is_some();
        let usage = read.usage.as_ref().filter(|usage| usage.is_known() && !read.never_count);
        if read.kind.is_call() && (usage.is_some() || failed) {
            facts.calls += 1;
            facts.tokens = facts.tokens.plus(&usage.map(|usage| usage.tokens()).unwrap_or_default());
        }
        if let Some(tool) = read.tool.as_ref().filter(|_| read.kind == Kind::Tool) {
            *facts.tools.entry((tool.to_string(), failed)).or_default() += 1;
        }
        facts
            .agents
            .extend(read.agent.as_ref().filter(|_| read.kind == Kind::Agent).map(ToString::to_string));
        facts.sessions.extend(read.session.as_ref().map(ToString::to_string));
        facts.users.extend(read.user.as_ref().map(ToString::to_string));
    }
    facts
}

/// Tokens and calls are those of the model server's own log.
pub fn assert_counts(name: &str, facts: &Facts) {
    let want = want(name);
    let figure = |key: &str| want["tokens"][key].as_u64().unwrap();
    let got = facts.tokens;
    assert_eq!((got.input, got.output), (figure("input"), figure("output")), "{name}");
    for (key, found) in
        [("cache_read", got.cache_read), ("cache_write", got.cache_write), ("reasoning", got.reasoning)]
    {
        assert!(found <= figure(key), "{name}: {found} {key}");
    }
    let calls = want["llm_calls_ok"].as_u64().unwrap();
    assert!(
        (calls..=calls + want["llm_calls_failed"].as_u64().unwrap()).contains(&facts.calls),
        "{name}: {}",
        facts.calls
    );
    let runs = match &want["tools"] {
        Value::Array(tools) => tools.iter().map(|tool| tool["count"].as_u64().unwrap()).sum(),
        count => count.as_u64().unwrap(),
    };
    assert_eq!(facts.tools.values().sum::<u64>(), runs, "{name}: {:?}", facts.tools);
}
