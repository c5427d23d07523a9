//! Tests on recordings of Gemini CLI, each signal alone, and on spans beyond the recordings, including Qwen
//! Code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use quipu_adapter_gemini_cli::GeminiCli;
use quipu_conformance::sample::{at, draft, event};
use quipu_conformance::{Recording, run_adapter};
use quipu_core::{
    Adapter, Billing, Canonical, Event, Kind, Level, Meeting, Scope, Signal as LogRecord, Span, Tokens, Value,
};
use quipu_recordings::{Signal, agents, alone, assert_made_again, sums, tools, truth};

const NAME: &str = "gemini-cli";

#[test]
fn obeys_every_law() {
    let recordings = [Signal::Traces, Signal::Logs, Signal::Metrics].map(|signal| Recording {
        name: format!("{NAME}, {}", signal.as_str()),
        spans: alone(GeminiCli, NAME, signal),
    });
    let report = run_adapter(&GeminiCli, &recordings);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn logs_and_metrics_alone_tell_all_tokens() {
    for (signal, kind) in [(Signal::Logs, Kind::Llm), (Signal::Metrics, Kind::Other)] {
        let found = sums(&alone(GeminiCli, NAME, signal), kind);
        assert_eq!(found.tokens, truth(NAME), "{}", signal.as_str());
    }
    // Its spans omit thinking tokens and cached tokens.
    let found = sums(&alone(GeminiCli, NAME, Signal::Traces), Kind::Llm);
    assert_eq!((found.spans, found.tokens), (2, Tokens { input: 240, output: 34, ..Tokens::default() }));
}

#[test]
fn one_tool_run() {
    for signal in [Signal::Traces, Signal::Logs] {
        let spans = alone(GeminiCli, NAME, signal);
        let runs: Vec<_> = tools(&spans).into_iter().collect();
        assert_eq!(runs, [(("run_shell_command".to_owned(), false), 1)], "{}", signal.as_str());
        assert_eq!(agents(&spans), BTreeSet::from([NAME.to_owned()]));
    }
}

#[test]
fn signals_of_a_session_meet() {
    let spans: Vec<_> = [Signal::Traces, Signal::Logs, Signal::Metrics]
        .into_iter()
        .flat_map(|signal| alone(GeminiCli, NAME, signal))
        .collect();
    let meetings: BTreeSet<_> = spans.iter().map(|span| span.canonical.meeting).collect();
    assert_eq!(meetings.len(), 1);
    let logs: Vec<_> = spans.iter().filter(|span| span.canonical.signal == LogRecord::Log).collect();
    assert_eq!(logs.iter().map(|span| span.trace_id).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(logs.iter().filter(|span| span.parent_id.is_none()).count(), 1);
    let answer = logs.iter().find(|span| span.canonical.kind == Kind::Llm).unwrap();
    assert_eq!(answer.duration(), Some(176_000_000));
    assert_eq!(answer.canonical.response_model.as_deref(), Some("mock"));
    assert_eq!(answer.canonical.provider.as_deref(), Some("gcp.gemini"));
}

#[test]
fn the_same_record_is_the_same_span() {
    for signal in [Signal::Logs, Signal::Metrics] {
        assert_made_again(GeminiCli, NAME, signal);
    }
}

fn record(name: &str, attributes: &[(&str, Value)]) -> Event {
    let mut all =
        vec![("event.name", Value::from(name)), ("session.id", "s".into()), ("prompt_id", "p".into())];
    all.extend_from_slice(attributes);
    Event { attributes: all.into_iter().collect(), ..event(at(9), Level::Info, name, "API response.") }
}

fn canonical(event: &Event) -> Canonical {
    let span = GeminiCli.span_of_event(event).unwrap();
    assert!(GeminiCli.claims(&span));
    GeminiCli.canonical(&span)
}

#[test]
fn thoughts_and_tool_prompts_are_counted_where_they_are_missing() {
    let usage = |product: &str, counts: [i64; 4], total: Option<i64>| {
        let keys = ["input_token_count", "output_token_count", "thoughts_token_count", "tool_token_count"];
        let mut attributes: Vec<_> = keys.into_iter().zip(counts.map(Value::from)).collect();
        attributes.extend(total.map(|total| ("total_token_count", total.into())));
        let usage = canonical(&record(&format!("{product}.api_response"), &attributes)).usage.unwrap();
        (usage.input.unwrap(), usage.output.unwrap())
    };
    assert_eq!(usage("gemini_cli", [100, 20, 5, 0], Some(125)), (100, 25), "beside the output");
    assert_eq!(usage("gemini_cli", [100, 20, 5, 0], None), (100, 25), "as it is known to be");
    assert_eq!(usage("gemini_cli", [100, 20, 5, 7], Some(132)), (107, 25), "with the tool's prompt");
    assert_eq!(usage("gemini_cli", [100, 20, 5, 0], Some(120)), (100, 20), "in the output, by the total");
    assert_eq!(usage("qwen-code", [100, 20, 5, 0], Some(120)), (100, 20), "as OpenAI counts");
    assert_eq!(usage("qwen-code", [100, 20, 5, 0], None), (100, 20));
    assert_eq!(usage("qwen-code", [100, 20, 5, 0], Some(125)), (100, 25), "beside it, by the total");
    assert_eq!(usage("qwen_code", [100, 2, 5, 0], None), (100, 7), "more than the output");
}

#[test]
fn a_login_is_a_plan_and_a_key_is_paid_by_use() {
    for (auth, want) in [
        ("oauth-personal", Some(Billing::Subscription)),
        ("qwen-oauth", Some(Billing::Subscription)),
        ("gemini-api-key", Some(Billing::Metered)),
        ("vertex-ai", Some(Billing::Metered)),
        ("compute-default-credentials", None),
    ] {
        let told =
            record("gemini_cli.api_response", &[("auth_type", auth.into()), ("input_token_count", 1.into())]);
        assert_eq!(canonical(&told).billing, want, "{auth}");
    }
    let recorded = alone(GeminiCli, NAME, Signal::Logs);
    let calls: Vec<_> = recorded.iter().filter(|span| span.canonical.kind == Kind::Llm).collect();
    assert!(!calls.is_empty() && calls.iter().all(|span| span.canonical.billing == Some(Billing::Metered)));
}

#[test]
fn failures_are_calls_and_runs() {
    let error = canonical(&record(
        "gemini_cli.api_error",
        &[("model", "m".into()), ("status_code", 429.into()), ("error_type", "RateLimit".into())],
    ));
    assert_eq!((error.kind, error.usage, error.error_type.as_deref()), (Kind::Llm, None, Some("RateLimit")));
    let tool = canonical(&record(
        "gemini_cli.tool_call",
        &[("function_name", "f".into()), ("success", false.into())],
    ));
    assert_eq!(
        (tool.kind, tool.tool.as_deref(), tool.error_type.as_deref()),
        (Kind::Tool, Some("f"), Some("tool_error"))
    );
    let agent = canonical(&record("gemini_cli.agent.finish", &[("agent_name", "investigator".into())]));
    assert_eq!((agent.kind, agent.agent.as_deref()), (Kind::Agent, Some("investigator")));
}

#[test]
fn qwen_code_has_sessions_of_its_own() {
    let read = canonical(&record(
        "qwen-code.api_response",
        &[("input_token_count", 1.into()), ("response_id", "r".into())],
    ));
    assert_eq!(read.framework.as_deref(), Some("qwen-code"));
    assert_eq!(read.meeting, Some(Meeting::of("qwen-code", "s")));
    assert_eq!(read.response_id.as_deref(), Some("r"));
}

fn qwen(name: &str, attributes: &[(&str, Value)]) -> Span {
    let mut span = draft(1, 1).named(name).span();
    span.scope = std::sync::Arc::new(Scope { name: "qwen-code".into(), ..Scope::default() });
    span.attributes = attributes.iter().cloned().collect();
    span
}

#[test]
fn spans_of_qwen_code_have_kinds() {
    for (name, kind) in [
        ("qwen-code.interaction", Kind::Agent),
        ("qwen-code.llm_request", Kind::Llm),
        ("qwen-code.tool", Kind::Tool),
        ("qwen-code.tool.execution", Kind::Task),
        ("qwen-code.tool.blocked_on_user", Kind::Task),
        ("qwen-code.hook", Kind::Task),
        ("qwen-code.subagent", Kind::Agent),
    ] {
        let span = qwen(name, &[("session.id", "s".into()), ("tool.name", "t".into())]);
        assert_eq!(GeminiCli.canonical(&span).kind, kind, "{name}");
    }
}

#[test]
fn records_that_come_as_spans_are_records() {
    let bridged = |name: &str| {
        let attributes = [
            ("log.bridge", Value::from(true)),
            ("event.name", name.into()),
            ("session.id", "s".into()),
            ("input_token_count", 5.into()),
            ("model", "qwen3-coder-plus".into()),
        ];
        GeminiCli.canonical(&qwen("API response from qwen3-coder-plus.", &attributes))
    };
    let answer = bridged("qwen-code.api_response");
    assert_eq!((answer.kind, answer.signal), (Kind::Llm, LogRecord::Log));
    assert_eq!(answer.usage.unwrap().input, Some(5));
    assert_eq!(bridged("qwen-code.config").kind, Kind::Other);
}

#[test]
fn nonsense_loses_no_record() {
    for value in
        [Value::Null, (-5).into(), f64::NAN.into(), "many".into(), i64::MAX.into(), Value::Map(Vec::new())]
    {
        let keys = [
            "input_token_count",
            "thoughts_token_count",
            "total_token_count",
            "duration_ms",
            "model",
            "success",
        ];
        let attributes: Vec<_> = keys.iter().map(|key| (*key, value.clone())).collect();
        for name in ["api_response", "api_error", "tool_call", "user_prompt"] {
            assert!(canonical(&record(&format!("gemini_cli.{name}"), &attributes)).usage.is_none());
        }
    }
    assert!(GeminiCli.span_of_event(&record("gen_ai.client.inference.operation.details", &[])).is_none());
}
