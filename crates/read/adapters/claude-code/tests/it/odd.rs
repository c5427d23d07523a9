//! Tests beyond the recordings: older names, failures, invalid values.

use std::sync::Arc;

use quipu_adapter_claude_code::ClaudeCode;
use quipu_conformance::sample::{at, draft, event};
use quipu_core::{Adapter, Event, Kind, Level, Scope, Span, Value};

fn record(name: &str, attributes: &[(&str, Value)]) -> Event {
    Event { attributes: attributes.iter().cloned().collect(), ..event(at(9), Level::Info, name, "") }
}

fn read(event: &Event) -> (Span, quipu_core::Canonical) {
    let span = ClaudeCode.span_of_event(event).unwrap();
    assert!(ClaudeCode.claims(&span));
    let read = ClaudeCode.canonical(&span);
    (span, read)
}

#[test]
fn records_are_known_by_any_of_their_names() {
    let attributes = [("session.id", "s".into()), ("model", "m".into()), ("input_tokens", "7".into())];
    let full = record("claude_code.api_request", &attributes);
    let mut bare = record("api_request", &attributes);
    assert!(ClaudeCode.span_of_event(&bare).is_none(), "anybody's");
    bare.scope = Arc::new(Scope { name: "com.anthropic.claude_code.events".into(), ..Scope::default() });
    let mut by_body = record("api_request", &attributes);
    by_body.body = "claude_code.api_request".into();
    for event in [full, bare, by_body] {
        let (span, read) = read(&event);
        assert_eq!((read.kind, read.usage.unwrap().input), (Kind::Llm, Some(7)), "{}", span.name);
    }
}

#[test]
fn a_failed_request_is_a_call_without_tokens() {
    let event = record(
        "claude_code.api_error",
        &[
            ("session.id", "s".into()),
            ("model", "m".into()),
            ("status_code", "529".into()),
            ("duration_ms", "40".into()),
        ],
    );
    let (span, read) = read(&event);
    assert_eq!((read.kind, read.usage, read.error_type.as_deref()), (Kind::Llm, None, Some("529")));
    assert_eq!(span.duration(), Some(40_000_000));
}

#[test]
fn lifetimes_of_the_cache_and_where_the_model_is_from() {
    let event = record(
        "claude_code.api_request",
        &[
            ("session.id", "s".into()),
            ("anthropic.provider", "bedrock".into()),
            ("input_tokens", 10.into()),
            ("cache_creation_tokens", 30.into()),
            ("cache_creation_5m_tokens", 20.into()),
            ("cache_creation_1h_tokens", 10.into()),
            ("cost_usd_micros", 1_500.into()),
            ("speed", "fast".into()),
        ],
    );
    let (_, read) = read(&event);
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.cache_write_5m, usage.cache_write_1h), (Some(40), Some(20), Some(10)));
    assert_eq!(read.provider.as_deref(), Some("aws.bedrock"));
    assert_eq!(read.reported_cost.unwrap().to_string(), "0.0015");
    assert_eq!(read.service_tier.as_deref(), Some("fast"));
}

#[test]
fn other_records_stay_events() {
    for name in ["claude_code.tool_decision", "claude_code.compaction", "api_request", "", "claude_code."] {
        assert!(ClaudeCode.span_of_event(&record(name, &[])).is_none(), "{name}");
    }
}

#[test]
fn nonsense_loses_no_record() {
    let nonsense: Vec<Value> = vec![
        Value::Null,
        (-5).into(),
        f64::NAN.into(),
        f64::INFINITY.into(),
        "many".into(),
        i64::MAX.into(),
        Value::Array(vec![Value::Null]),
        Value::Map(vec![("a".into(), Value::Null)]),
        Value::Bytes(vec![255]),
    ];
    for value in nonsense {
        let keys = [
            "session.id",
            "prompt.id",
            "duration_ms",
            "input_tokens",
            "cost_usd",
            "cost_usd_micros",
            "tool_parameters",
            "success",
            "event.timestamp",
            "ttft_ms",
            "event.sequence",
        ];
        let attributes: Vec<_> = keys.iter().map(|key| (*key, value.clone())).collect();
        for name in ["api_request", "api_error", "tool_result", "user_prompt"] {
            let (span, read) = read(&record(&format!("claude_code.{name}"), &attributes));
            assert!(span.start <= span.end.unwrap());
            assert!(read.usage.is_none());
        }
    }
}

#[test]
fn a_record_without_session_meets_nobody() {
    let (span, read) = read(&record("claude_code.api_request", &[("input_tokens", 3.into())]));
    assert_eq!((read.meeting, span.parent_id), (None, None));
}

#[test]
fn spans_of_a_run_have_kinds() {
    for (kind_of_span, failed, kind) in [
        ("llm_request", false, Kind::Llm),
        ("interaction", false, Kind::Agent),
        ("tool", false, Kind::Tool),
        ("tool.blocked_on_user", false, Kind::Task),
        ("hook", true, Kind::Task),
        ("tool.execution", false, Kind::Task),
        ("tool.execution", true, Kind::Tool),
    ] {
        let span = draft(1, 1).named(&format!("claude_code.{kind_of_span}")).with("span.type", kind_of_span);
        let span = if failed { span.with("success", false) } else { span }.span();
        assert_eq!(ClaudeCode.canonical(&span).kind, kind, "{kind_of_span}");
    }
    assert!(!ClaudeCode.claims(&draft(1, 2).with("gen_ai.system", "anthropic").span()));
}
