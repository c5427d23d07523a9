//! Tests on recordings of Claude Code, each signal alone, and on spans beyond the recordings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod odd;

use std::collections::BTreeSet;

use quipu_adapter_claude_code::ClaudeCode;
use quipu_conformance::{Recording, run_adapter};
use quipu_core::Kind;
use quipu_recordings::{Signal, agents, alone, assert_made_again, assert_one_meeting, sums, tools, truth};

const CLI: &str = "claude-code";
const SDK: &str = "claude-agent-sdk--native";

#[test]
fn obeys_every_law() {
    let recordings = [CLI, SDK].into_iter().flat_map(|name| {
        [Signal::Traces, Signal::Logs, Signal::Metrics].into_iter().map(move |signal| Recording {
            name: format!("{name}, {}", signal.as_str()),
            spans: alone(ClaudeCode, name, signal),
        })
    });
    let report = run_adapter(&ClaudeCode, &recordings.collect::<Vec<_>>());
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn any_signal_alone_tells_all_tokens() {
    for name in [CLI, SDK] {
        for (signal, kind) in
            [(Signal::Traces, Kind::Llm), (Signal::Logs, Kind::Llm), (Signal::Metrics, Kind::Other)]
        {
            let found = sums(&alone(ClaudeCode, name, signal), kind);
            assert_eq!(found.tokens, truth(name), "{name}, {}", signal.as_str());
        }
    }
}

#[test]
fn cost_is_in_logs_and_metrics() {
    let cost = |signal, kind| sums(&alone(ClaudeCode, CLI, signal), kind).cost.to_string();
    assert_eq!(cost(Signal::Logs, Kind::Llm), "0.0019950000000000002");
    assert_eq!(cost(Signal::Metrics, Kind::Other), "0.0019950000000000002");
    assert_eq!(cost(Signal::Traces, Kind::Llm), "0");
}

#[test]
fn spans_and_logs_tell_the_same_runs() {
    for signal in [Signal::Traces, Signal::Logs] {
        let spans = alone(ClaudeCode, SDK, signal);
        assert_eq!(sums(&spans, Kind::Llm).spans, 9);
        let runs: Vec<_> = tools(&spans).into_iter().collect();
        let expected =
            [(("mcp__w__broken_tool".to_owned(), true), 1), (("mcp__w__get_weather".to_owned(), false), 2)];
        assert_eq!(runs, expected, "{}", signal.as_str());
        let expected = ["claude-code", "weather-helper"].map(ToOwned::to_owned);
        assert_eq!(agents(&spans), BTreeSet::from(expected));
    }
    let bash: Vec<_> = tools(&alone(ClaudeCode, CLI, Signal::Logs)).into_iter().collect();
    assert_eq!(bash, [(("Bash".to_owned(), false), 1)]);
}

#[test]
fn signals_of_a_session_meet() {
    let of = |signal| alone(ClaudeCode, CLI, signal);
    let (spans, logs, metrics) = (of(Signal::Traces), of(Signal::Logs), of(Signal::Metrics));
    assert_eq!(metrics[0].canonical.meeting, logs[0].canonical.meeting);
    assert_one_meeting(&[spans.clone(), logs.clone()]);
    let calls = |spans: &[quipu_core::Span]| -> Vec<_> {
        let calls = spans.iter().filter(|span| span.canonical.kind == Kind::Llm);
        calls.map(|span| (span.canonical.response_id.clone(), span.canonical.time_to_first_token)).collect()
    };
    assert_eq!(calls(&spans)[0], (Some("req_mock1".into()), Some(12_000_000)));
    assert_eq!(calls(&logs)[0].0.as_deref(), Some("req_mock1"));
    // A sub-agent's spans name a separate conversation, which is no session.
    let sessions: BTreeSet<_> =
        alone(ClaudeCode, SDK, Signal::Traces).iter().map(|span| span.canonical.session.clone()).collect();
    assert_eq!(sessions.len(), 3);
}

#[test]
fn a_session_of_logs_is_a_trace_a_turn_with_a_root() {
    let spans = alone(ClaudeCode, SDK, Signal::Logs);
    let traces: BTreeSet<_> = spans.iter().map(|span| span.trace_id).collect();
    assert_eq!(traces.len(), 4, "as many as prompts");
    for trace in traces {
        let of_trace: Vec<_> = spans.iter().filter(|span| span.trace_id == trace).collect();
        let roots: Vec<_> = of_trace.iter().filter(|span| span.parent_id.is_none()).collect();
        assert_eq!(roots.len(), 1);
        assert_eq!(
            (roots[0].canonical.kind, roots[0].canonical.agent.as_deref()),
            (Kind::Agent, Some("claude-code"))
        );
        let below = of_trace.iter().filter(|span| span.parent_id == Some(roots[0].span_id)).count();
        assert_eq!(below, of_trace.len() - 1);
    }
    let spans_of_calls = spans.iter().filter(|span| span.canonical.kind == Kind::Llm);
    assert!(spans_of_calls.clone().all(|span| span.duration().unwrap() > 0));
}

#[test]
fn the_same_record_is_the_same_span() {
    for signal in [Signal::Logs, Signal::Metrics] {
        assert_made_again(ClaudeCode, SDK, signal);
    }
}
