//! Sums of spans if each call counts at its span, and the model server's own log.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::{Canonical, Kind, Span, Status, Tokens, Usage};
use serde_json::Value;

use crate::folder::{truth, want};

/// Sums of spans, for sources that record each call once.
#[derive(Debug, Default, PartialEq)]
pub struct Facts {
    /// Tokens of calls that count.
    pub tokens: Tokens,
    /// Tokens of other spans that count.
    pub beside: Tokens,
    /// Calls that count, those that failed included.
    pub calls: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Calls that count and say what they used, and calls that failed.
    pub told: u64,
    /// Runs by tool and whether they failed.
    pub tools: BTreeMap<(String, bool), u64>,
    /// Agents that any span names.
    pub agents: BTreeSet<String>,
    /// Agents that ran: those with a span of their own.
    pub agents_run: BTreeSet<String>,
    /// Sessions that any span names.
    pub sessions: BTreeSet<String>,
    /// Users that any span names.
    pub users: BTreeSet<String>,
}

/// Adds up calls, tool runs and owners.
pub fn facts(spans: &[Span]) -> Facts {
    let mut facts = Facts::default();
    for span in spans {
        let read = &span.canonical;
        let failed = span.status == Status::Error || read.error_type.is_some();
        facts.count(read, failed);
        if let Some(tool) = read.tool.as_ref().filter(|_| read.kind == Kind::Tool) {
            *facts.tools.entry((tool.to_string(), failed)).or_default() += 1;
        }
        let agent = read.agent.as_ref().map(ToString::to_string);
        facts.agents_run.extend(agent.clone().filter(|_| read.kind == Kind::Agent));
        facts.agents.extend(agent);
        facts.sessions.extend(read.session.as_ref().map(ToString::to_string));
        facts.users.extend(read.user.as_ref().map(ToString::to_string));
    }
    facts
}

impl Facts {
    fn count(&mut self, read: &Canonical, failed: bool) {
        let usage = read.usage.as_ref().filter(|_| !read.never_count);
        let tokens = usage.map(Usage::tokens).unwrap_or_default();
        if !read.kind.is_call() {
            self.beside = self.beside.plus(&tokens);
            return;
        }
        self.tokens = self.tokens.plus(&tokens);
        self.told += u64::from(failed || usage.is_some_and(Usage::is_known));
        if !read.never_count {
            self.calls += 1;
            self.failed += u64::from(failed);
        }
    }
}

/// Tokens are those of the model server's own log; parts may be lacking.
pub fn assert_tokens(name: &str, facts: &Facts) {
    let (got, want) = (facts.tokens, truth(name));
    assert_eq!((got.input, got.output), (want.input, want.output), "{name}");
    for (part, found, most) in [
        ("cache_read", got.cache_read, want.cache_read),
        ("cache_write", got.cache_write, want.cache_write),
        ("reasoning", got.reasoning, want.reasoning),
    ] {
        assert!(found <= most, "{name}: {found} {part}");
    }
}

/// Tokens, calls and tool runs are those of the model server's own log.
pub fn assert_counts(name: &str, facts: &Facts) {
    assert_tokens(name, facts);
    let want = want(name);
    let (calls, failed) =
        (want["llm_calls_ok"].as_u64().unwrap(), want["llm_calls_failed"].as_u64().unwrap());
    assert!((calls..=calls + failed).contains(&facts.told), "{name}: {}", facts.told);
    let runs = match &want["tools"] {
        Value::Array(tools) => tools.iter().map(|tool| tool["count"].as_u64().unwrap()).sum(),
        count => count.as_u64().unwrap(),
    };
    assert_eq!(facts.tools.values().sum::<u64>(), runs, "{name}: {:?}", facts.tools);
}
