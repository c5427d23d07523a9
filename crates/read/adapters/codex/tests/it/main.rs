//! Tests on recordings of Codex, each signal alone, and on spans beyond the recordings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use quipu_adapter_codex::Codex;
use quipu_conformance::sample::{at, draft, event};
use quipu_conformance::{Recording, run_adapter};
use quipu_core::{Adapter, Billing, Event, Kind, Level, Scope, Span, SpanEvent, Value};
use quipu_recordings::{Signal, agents, alone, assert_made_again, sums, tools, truth};

const NAME: &str = "codex";

#[test]
fn obeys_every_law() {
    let recording = |signal: Signal| Recording {
        name: format!("{NAME}, {}", signal.as_str()),
        // Hundreds of internal spans are alike. This keeps the relevant ones and a sample of the rest.
        spans: alone(Codex, NAME, signal)
            .into_iter()
            .enumerate()
            .filter(|(at, span)| {
                span.canonical.kind != Kind::Other || !span.events.is_empty() || at % 20 == 0
            })
            .map(|(_, span)| span)
            .collect(),
    };
    let recordings = [Signal::Traces, Signal::Logs, Signal::Metrics].map(recording);
    let report = run_adapter(&Codex, &recordings);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn any_signal_alone_tells_all_tokens() {
    for (signal, kind) in [
        (Signal::Traces, Kind::Llm),
        (Signal::Traces, Kind::Agent),
        (Signal::Logs, Kind::Llm),
        (Signal::Metrics, Kind::Other),
    ] {
        let found = sums(&alone(Codex, NAME, signal), kind);
        assert_eq!(found.tokens, truth(NAME), "{} of {kind:?}", signal.as_str());
    }
    for signal in [Signal::Traces, Signal::Logs] {
        let found = sums(&alone(Codex, NAME, signal), Kind::Llm);
        assert_eq!((found.spans, found.failed), (2, 0), "{}", signal.as_str());
    }
}

#[test]
fn one_tool_run_and_one_agent() {
    for signal in [Signal::Traces, Signal::Logs] {
        let spans = alone(Codex, NAME, signal);
        let runs: Vec<_> = tools(&spans).into_iter().collect();
        assert_eq!(runs, [(("exec_command".to_owned(), false), 1)], "{}", signal.as_str());
        let run = spans.iter().find(|span| span.canonical.kind == Kind::Tool).unwrap();
        assert_eq!(run.canonical.tool_call_id.as_deref(), Some("call_mock1"));
        assert_eq!(agents(&spans), BTreeSet::from(["codex".to_owned()]));
    }
}

#[test]
fn a_thread_is_no_session() {
    let mut sessions = BTreeSet::new();
    let mut meetings = BTreeSet::new();
    for signal in [Signal::Traces, Signal::Logs] {
        for span in alone(Codex, NAME, signal) {
            sessions.extend(span.canonical.session.clone());
            meetings.extend(span.canonical.meeting);
        }
    }
    assert_eq!(sessions, BTreeSet::from(["01a1fd3c-a80f-79b1-826d-923017cf7039".into()]));
    assert_eq!(meetings.len(), 1);
}

#[test]
fn the_turn_knows_the_model() {
    let spans = alone(Codex, NAME, Signal::Traces);
    let turn = spans.iter().find(|span| span.name == "session_task.turn").unwrap();
    assert_eq!(turn.canonical.request_model.as_deref(), Some("gpt-5-codex"));
    let calls: Vec<_> = spans.iter().filter(|span| span.canonical.kind == Kind::Llm).collect();
    assert!(calls.iter().all(|call| call.canonical.provider.as_deref() == Some("openai")));
    let logs = alone(Codex, NAME, Signal::Logs);
    let calls = logs.iter().filter(|span| span.canonical.kind == Kind::Llm);
    assert!(calls.clone().all(|call| call.canonical.request_model.as_deref() == Some("gpt-5-codex")));
}

#[test]
fn a_conversation_of_logs_is_one_trace() {
    let spans = alone(Codex, NAME, Signal::Logs);
    let traces: BTreeSet<_> = spans.iter().map(|span| span.trace_id).collect();
    let roots = spans.iter().filter(|span| span.parent_id.is_none()).count();
    assert_eq!((traces.len(), roots, spans.len()), (1, 1, 5), "start, prompt, two answers, one tool run");
}

#[test]
fn the_same_record_is_the_same_span() {
    for signal in [Signal::Logs, Signal::Metrics] {
        assert_made_again(Codex, NAME, signal);
    }
}

fn record(name: &str, attributes: &[(&str, Value)]) -> Event {
    let mut all = vec![("event.name", Value::from(name)), ("conversation.id", "c".into())];
    all.extend_from_slice(attributes);
    Event { attributes: all.into_iter().collect(), ..event(at(9), Level::Info, "event otel/src/x.rs:1", "") }
}

#[test]
fn answers_without_tokens_are_not_calls() {
    let completed = ("event.kind", Value::from("response.completed"));
    assert!(Codex.span_of_event(&record("codex.sse_event", std::slice::from_ref(&completed))).is_none());
    assert!(
        Codex
            .span_of_event(&record("codex.sse_event", &[("event.kind", "response.created".into())]))
            .is_none()
    );
    let told = record(
        "codex.sse_event",
        &[completed, ("input_token_count", "12".into()), ("tool_token_count", 900.into())],
    );
    let span = Codex.span_of_event(&told).unwrap();
    assert_eq!(Codex.canonical(&span).usage.unwrap().input, Some(12));
}

#[test]
fn requests_that_failed_are_calls_without_tokens() {
    let refused = record(
        "codex.api_request",
        &[("http.response.status_code", 429.into()), ("duration_ms", "30".into())],
    );
    let span = Codex.span_of_event(&refused).unwrap();
    let read = Codex.canonical(&span);
    assert_eq!((read.kind, read.error_type.as_deref(), read.usage), (Kind::Llm, Some("429"), None));
    assert_eq!(span.duration(), Some(30_000_000));
    let answered = record("codex.api_request", &[("http.response.status_code", 200.into())]);
    assert!(Codex.span_of_event(&answered).is_none());
}

fn with_event(name: &str, key: &str, value: impl Into<Value>) -> Span {
    let mut span = draft(1, 1).span();
    span.scope = std::sync::Arc::new(Scope { name: "codex_exec".into(), ..Scope::default() });
    let mut attributes: quipu_core::Attributes = [("event.name", name)].into_iter().collect();
    attributes.push(key, value);
    span.events.push(SpanEvent { time: span.start, name: "event".into(), attributes });
    span
}

#[test]
fn failures_are_told_by_events_of_spans() {
    let refused = Codex.canonical(&with_event("codex.api_request", "http.response.status_code", 503));
    assert_eq!((refused.kind, refused.error_type.as_deref()), (Kind::Llm, Some("503")));
    let tool = Codex.canonical(&with_event("codex.tool_result", "success", "false"));
    assert_eq!((tool.kind, tool.tool, tool.error_type.as_deref()), (Kind::Tool, None, Some("tool_error")));
    assert_eq!(Codex.canonical(&with_event("codex.tool_result", "success", "true")).kind, Kind::Other);
}

#[test]
fn a_login_is_a_plan_and_a_key_is_paid_by_use() {
    let completed = [("event.kind", Value::from("response.completed")), ("input_token_count", 12.into())];
    for (mode, want) in [
        ("Chatgpt", Some(Billing::Subscription)),
        ("chatgpt", Some(Billing::Subscription)),
        ("ApiKey", Some(Billing::Metered)),
        ("api_key", Some(Billing::Metered)),
        ("unheard of", None),
    ] {
        let attributes = [&completed[..], &[("auth_mode", mode.into())]].concat();
        let span = Codex.span_of_event(&record("codex.sse_event", &attributes)).unwrap();
        let read = Codex.canonical(&span);
        assert_eq!(read.billing, want, "{mode}");
        let lines = Codex.lens(&span, &read).lines;
        let line = lines.iter().find(|line| line.field == "billing");
        assert_eq!(line.and_then(|line| line.key.as_deref()), want.map(|_| "auth_mode"));
    }
    let on_event = with_event("codex.sse_event", "auth_mode", "Chatgpt");
    assert_eq!(Codex.canonical(&on_event).billing, Some(Billing::Subscription));
    // The user's own attribute takes precedence.
    let said =
        [&completed[..], &[("auth_mode", "Chatgpt".into()), ("quipu.billing", "metered".into())]].concat();
    let span = Codex.span_of_event(&record("codex.sse_event", &said)).unwrap();
    assert_eq!(Codex.canonical(&span).billing, Some(Billing::Metered));
}

#[test]
fn sub_agents_are_named_by_the_end_of_their_path() {
    let named = |path: &str| {
        let told = record("codex.tool_result", &[("tool_name", "t".into()), ("agent_name", path.into())]);
        Codex.canonical(&Codex.span_of_event(&told).unwrap()).agent
    };
    assert_eq!(named("/root"), None);
    assert_eq!(named("/root/reviewer").as_deref(), Some("reviewer"));
}

#[test]
fn nonsense_loses_no_record() {
    for value in
        [Value::Null, (-5).into(), f64::NAN.into(), "many".into(), i64::MIN.into(), Value::Array(Vec::new())]
    {
        let keys = [
            "input_token_count",
            "output_token_count",
            "duration_ms",
            "event.timestamp",
            "ttft_ms",
            "call_id",
        ];
        let mut attributes: Vec<_> = keys.iter().map(|key| (*key, value.clone())).collect();
        attributes.push(("event.kind", "response.completed".into()));
        for name in ["codex.sse_event", "codex.tool_result", "codex.user_prompt", "codex.conversation_starts"]
        {
            let span = Codex.span_of_event(&record(name, &attributes)).unwrap();
            assert!(Codex.canonical(&span).usage.is_none());
        }
    }
}

#[test]
fn cost_of_a_turn_meets_its_conversation() {
    let mut metric =
        quipu_conformance::sample::counter("codex.turn.cost_microusd", "s", &[(at(50), 1_250_000.0)]);
    metric.points[0].attributes = [("conversation.id", "c"), ("turn.id", "t")].into_iter().collect();
    let spans = Codex.spans_of_metrics(&[metric]);
    let cost = Codex.canonical(&spans[0]);
    assert_eq!(cost.reported_cost.unwrap().to_string(), "1.25");
    let call = Codex.span_of_event(&record("codex.user_prompt", &[])).unwrap();
    assert_eq!(cost.meeting, Codex.canonical(&call).meeting);
}
