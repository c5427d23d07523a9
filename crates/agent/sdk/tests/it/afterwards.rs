//! Tests of records that are made after the work has ended.

use std::time::{Duration, SystemTime};

use quipu_core::{Cost, Event, Level, Span, Status, Timestamp, Value};
use quipu_sdk::{
    Drain, PerformanceFigures, Pricer, Recorder, RecorderConfig, ToolUsage, log_performance_metrics,
    log_tool_usage, record_agent_execution, track_llm_usage,
};

fn recording() -> (Recorder, Drain) {
    Recorder::new(RecorderConfig::default())
}

/// Spans and events of work in a recorder of its own.
fn recorded(work: impl FnOnce()) -> (Vec<Span>, Vec<Event>) {
    let (recorder, mut drain) = recording();
    recorder.context().scope(work);
    let batch = drain.collect(Duration::ZERO);
    (batch.spans, batch.events)
}

#[test]
fn start_end_and_duration_can_be_given_to_every_guard() {
    let at = |seconds: i64| Timestamp::from_nanos(seconds * Timestamp::SECOND);
    let (spans, _) = recorded(|| {
        quipu_sdk::agent("a").started_at(at(100)).duration(Duration::from_millis(1_500)).end();
        quipu_sdk::tool("b").started_at(at(200)).ended_at(at(203)).end();
        quipu_sdk::llm("openai", "c").ended_at(at(300)).duration(Duration::from_secs(2)).end();
        quipu_sdk::span("d").started_at(at(400)).ended_at(at(390)).end();
        quipu_sdk::task("e").duration(Duration::from_secs(3_600)).end();
        quipu_sdk::vcs("f").started_at(SystemTime::UNIX_EPOCH + Duration::from_secs(5)).ended_at(at(6)).end();
    });
    let times: Vec<_> = spans.iter().map(|span| (span.start, span.duration().unwrap())).collect();
    let second = Timestamp::SECOND;
    assert_eq!(
        times[..4],
        [(at(100), 1_500_000_000), (at(200), 3 * second), (at(298), 2 * second), (at(400), 0)]
    );
    assert_eq!(times[4].1, 3_600 * second);
    assert!(times[4].0 < Timestamp::from(SystemTime::now()).plus(-3_599 * second), "it ends now");
    assert_eq!(times[5], (at(5), second));
    assert!(spans.iter().all(|span| !span.attributes.iter().any(|(key, _)| key.is_empty())));
}

#[test]
fn an_ended_call_has_its_ledger_row_also_if_it_is_too_large_for_a_ring() {
    let price = |span: Span| -> Option<Cost> {
        assert_eq!(span.name, "chat gpt-5");
        assert_eq!(span.attributes.text("gen_ai.agent.name"), Some("planner"));
        None
    };
    let pricer = Some(Pricer::new(price));
    let (recorder, mut drain) =
        Recorder::new(RecorderConfig { log_full_prompts: true, pricer, ..RecorderConfig::default() });
    let agent = recorder.context().agent("planner");
    for length in [10, 1 << 20] {
        let ended = agent.llm("openai", "gpt-5").input(&"x".repeat(length)).usage((10, 2)).end();
        let recorded = drain.collect(Duration::ZERO).spans.remove(0);
        let span = ended.span().unwrap();
        assert_eq!((span.span_id, &span.attributes), (recorded.span_id, &recorded.attributes));
        assert_eq!(ended.row(), None);
        assert!(ended.duration().is_some());
    }
    assert_eq!(quipu_sdk::llm("openai", "gpt-5").end().cost(), None, "no recorder, no cost");
}

#[test]
fn one_call_forms_record_what_the_guards_would() {
    let (spans, events) = recorded(|| {
        assert_eq!(track_llm_usage("", "gpt-5", (100, 50), Duration::from_millis(1_500)), None);
        record_agent_execution("planner", ("openai", "gpt-5"), (10, 5), Duration::from_secs(2), false);
        let usage = ToolUsage {
            input_size: Some(12),
            output_size: Some(4_096),
            command: Some("TOKEN=s3cret grep -r x"),
            ..ToolUsage::failed(Duration::from_millis(40))
        };
        log_tool_usage("grep", &usage);
        let figures = PerformanceFigures { tokens: Some(7), ..PerformanceFigures::default() };
        log_performance_metrics("index", &figures);
    });
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["chat gpt-5", "chat gpt-5", "invoke_agent planner", "execute_tool grep"]);
    assert_eq!(spans[0].duration(), Some(1_500_000_000));
    assert_eq!(spans[0].attributes.get("gen_ai.provider.name"), None);
    assert_eq!((spans[1].parent_id, spans[1].status), (Some(spans[2].span_id), Status::Unset));
    assert_eq!((spans[2].duration(), spans[2].status), (Some(2_000_000_000), Status::Error));
    let tool = &spans[3].attributes;
    assert_eq!(tool.get("quipu.tool.output_size"), Some(&Value::Int(4_096)));
    assert_eq!(tool.text("process.command"), Some("grep"));
    assert!(!format!("{tool:?}").contains("s3cret"));
    assert_eq!((events.len(), events[0].name.as_str()), (1, "performance.metric"));
    assert_eq!(events[0].attributes.get("quipu.performance.tokens"), Some(&Value::Int(7)));
    assert_eq!(
        events[0].attributes.get("quipu.performance.memory_bytes"),
        None,
        "an absent figure is left out"
    );
}

#[test]
fn the_event_macro_takes_names_with_dots_and_optional_values() {
    let (_, events) = recorded(|| {
        quipu_sdk::event!(
            WARN,
            "order.delayed",
            items = 3,
            order.note = "rail",
            "a-b" = true,
            gone = None::<i64>
        );
    });
    let event = &events[0];
    assert_eq!((event.name.as_str(), event.level), ("order.delayed", Level::Warning));
    let attributes: Vec<_> =
        event.attributes.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    assert_eq!(attributes, [("items", 3.into()), ("order.note", "rail".into()), ("a-b", Value::Bool(true))]);
}

#[test]
fn attributes_take_lists_json_and_options() {
    let (spans, _) = recorded(|| {
        quipu_sdk::span("s")
            .attribute("list", vec!["a", "b"])
            .attribute("json", serde_json::json!({"n": 1, "deep": [true, null]}))
            .attribute("some", Some(2.5))
            .attribute("none", None::<String>)
            .end();
    });
    let got = |key: &str| spans[0].attributes.get(key).cloned();
    assert_eq!(got("list"), Some(Value::Array(vec!["a".into(), "b".into()])));
    let deep = Value::Array(vec![Value::Bool(true), Value::Null]);
    let Some(Value::Map(members)) = got("json") else { panic!("no map") };
    let member = |key: &str| members.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    assert_eq!((member("n"), member("deep")), (Some(&Value::Int(1)), Some(&deep)));
    assert_eq!((got("some"), got("none")), (Some(Value::Double(2.5)), None));
}

#[test]
fn a_later_recorder_follows_a_closed_one() {
    let (first, first_drain) = recording();
    first.install().unwrap();
    let (second, mut drain) = recording();
    assert!(second.install().is_err(), "the first is open");
    quipu_sdk::span("one").end();
    drop(first_drain);
    second.install().unwrap();
    second.install().unwrap();
    quipu_sdk::span("two").end();
    let names: Vec<_> = drain.collect(Duration::ZERO).spans.into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["two"]);
    assert_eq!(first.counts().spans, 1);
}
