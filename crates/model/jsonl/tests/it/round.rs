//! Written records are read back unchanged.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_conformance::sample::{agent_runs, at, counter, draft, event, priced, span_id, trace_id};
use quipu_core::{
    Batch, Billing, Bucket, Exemplar, Instrument, Level, Link, Metric, Params, Point, PointValue, Quantile,
    Reading, Resource, Rule, Scope, Signal, SpanEvent, SpanKind, Status, Temporality, Timestamp, Unpriced,
    Usage, Value,
};
use quipu_jsonl::{batch, read};

/// Compares by `Debug` text, so that NaN equals itself.
fn same(of: &Batch) {
    let mut lines = Vec::new();
    batch(&mut lines, of);
    let mut back = Batch::default();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        read(line)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
            .put_into(&mut back);
    }
    assert_eq!(format!("{back:?}"), format!("{of:?}"));
}

fn with(value: Value) -> Batch {
    Batch { spans: vec![draft(1, 1).with("value", value).span()], ..Batch::default() }
}

#[test]
fn agent_runs_come_back() {
    let mut all = agent_runs(3, 40);
    all.metrics.push(counter("requests", "a", &[(at(1), 2.0), (at(2), f64::NAN)]));
    same(&all);
}

#[test]
fn every_field_comes_back() {
    let mut span =
        draft(1, 2).below(1).service("shop").session("s").user("u").llm("gpt-5", 10, 5).tool("t").span();
    span.kind = SpanKind::Client;
    span.trace_state = "a=b".to_owned();
    span.resource = Arc::new(Resource {
        attributes: [("service.name", "shop")].into_iter().collect(),
        schema_url: "https://example.org/1".into(),
    });
    span.scope = Arc::new(Scope {
        name: "scope".into(),
        version: "1".into(),
        attributes: [("k", "v")].into_iter().collect(),
        schema_url: "https://example.org/2".into(),
    });
    span.events.push(SpanEvent {
        time: at(3),
        name: "exception".into(),
        attributes: [("a", 1)].into_iter().collect(),
    });
    span.links.push(Link { trace_id: trace_id(9), span_id: span_id(8), attributes: Default::default() });
    let read = &mut span.canonical;
    (read.signal, read.meeting) = (Signal::Log, Some(quipu_core::Meeting::of("a", "b")));
    (read.never_count, read.guardrail_triggered) = (true, Some(false));
    (read.time_to_first_token, read.reported_cost) = (Some(i64::MAX), Some("0.000001".parse().unwrap()));
    (read.agent_id, read.workflow, read.step) = (Some("1".into()), Some("w".into()), Some("s".into()));
    (read.handoff_from, read.handoff_to) = (Some("a".into()), Some("b".into()));
    (read.response_id, read.tool_call_id, read.service_tier) =
        (Some("r".into()), Some("c".into()), Some("flex".into()));
    (read.finish_reasons, read.tags) = (vec!["stop".into(), "length".into()], vec!["x".into()]);
    (read.project, read.commit, read.branch) = (Some("p".into()), Some("c".into()), Some("b".into()));
    read.billing = Some(Billing::Subscription);
    (read.unknown_usage, read.notes) = (vec!["k".into()], vec!["n".into()]);
    read.params = params_in_full().into();
    read.usage = Some(usage_in_full());
    let mut row = priced(&span, "0.000000000000000000000001");
    (row.version, row.duration, row.rule) = (u64::MAX, Some(i64::MAX - 1), Rule::OrphanRollup);
    row.unpriced = Some(Unpriced::NotValidThen);
    (row.billing, row.tool) = (Billing::Subscription, Some("t".into()));
    let mut note = event(at(1), Level::Critical, "agent.stop", "b\u{0}\u{1b}[31m\u{9b}\u{2028}");
    (note.trace_id, note.span_id) = (Some(trace_id(1)), Some(span_id(2)));
    (note.session, note.agent, note.framework) = (Some("s".into()), Some("a".into()), Some("f".into()));
    same(&Batch { spans: vec![span], events: vec![note], costs: vec![row], metrics: vec![distribution()] });
}

fn params_in_full() -> Params {
    Params {
        temperature: Some(f64::NAN),
        top_p: Some(0.1 + 0.2),
        top_k: Some(-1),
        max_tokens: Some(i64::MAX),
        frequency_penalty: Some(1.0),
        presence_penalty: Some(f64::NEG_INFINITY),
        seed: Some(i64::MIN),
        choice_count: Some(2),
        stream: Some(true),
        reasoning_level: Some("high".into()),
        stop_sequences: vec!["\n".into(), String::new().into()],
    }
}

fn usage_in_full() -> Usage {
    Usage {
        input: Some(u64::MAX),
        cache_read: Some(0),
        cache_write: Some(1),
        cache_write_5m: Some(2),
        cache_write_1h: Some(3),
        input_audio: Some(4),
        input_image: Some(5),
        cache_read_audio: Some(6),
        tool_prompt: Some(7),
        output: None,
        reasoning: Some(8),
        output_audio: Some(9),
        output_image: Some(10),
        units: std::iter::once(("web_searches".into(), 11)).collect(),
        reading: Reading::ProvenExclusive,
        estimated: true,
    }
}

fn distribution() -> Metric {
    let value = PointValue::Distribution {
        count: u64::MAX,
        sum: f64::INFINITY,
        min: Some(-0.0),
        max: None,
        buckets: vec![Bucket { upper: 1.0, count: 1 }, Bucket { upper: f64::INFINITY, count: 2 }],
        quantiles: vec![Quantile { quantile: 0.5, value: f64::NAN }],
    };
    let exemplar = Exemplar { time: at(1), value: 2.5, trace_id: trace_id(1), span_id: span_id(1) };
    Metric {
        name: "latency".into(),
        unit: "s".into(),
        description: "d".to_owned(),
        instrument: Instrument::ExponentialHistogram,
        temporality: Temporality::Delta,
        points: vec![Point {
            time: at(2),
            start: Some(at(1)),
            attributes: [("k", "v")].into_iter().collect(),
            value,
            exemplars: vec![exemplar],
            wire: None,
        }],
        resource: Arc::default(),
        scope: Arc::default(),
    }
}

#[test]
fn odd_times_status_and_ends_come_back() {
    for (status, end) in
        [(Status::Ok, None), (Status::Unset, None), (Status::Error, None), (Status::Error, Some(at(1)))]
    {
        let mut span = draft(1, 1).span();
        (span.status, span.end, span.start) = (status, end, Timestamp::from_nanos(i64::MIN));
        same(&Batch { spans: vec![span], ..Batch::default() });
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        ".*".prop_map(Value::String),
        any::<Vec<u8>>().prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let key = prop_oneof![
            "[a-c]?",
            Just("$bytes".to_owned()),
            Just("$pairs".to_owned()),
            Just("$double".to_owned())
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((key, inner), 0..6).prop_map(|pairs| Value::Map(
                pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_comes_back(value in values()) {
        same(&with(value));
    }

    #[test]
    fn any_text_is_one_line_without_control_characters(text in "\\PC*|[\\x00-\\xff\u{2028}]*") {
        let mut line = Vec::new();
        quipu_jsonl::quoted(&mut line, &text);
        let line = String::from_utf8(line).unwrap();
        let bare = line.chars().any(|c| c.is_control() || ('\u{2028}'..='\u{2029}').contains(&c));
        prop_assert!(!bare);
        same(&with(Value::String(text)));
    }

    #[test]
    fn any_duration_comes_back(nanos in any::<i64>()) {
        let mut span = draft(1, 1).span();
        span.canonical.time_to_first_token = Some(nanos);
        let row = quipu_core::Cost { duration: Some(nanos), ..priced(&span, "1") };
        same(&Batch { spans: vec![span], costs: vec![row], ..Batch::default() });
    }
}

#[test]
fn repeated_keys_stay_in_their_order() {
    let span = draft(1, 1).with("b", 1).with("a", 2).with("b", 3).with("", 4).with("$double", "NaN").span();
    same(&Batch { spans: vec![span], ..Batch::default() });
}

#[test]
fn a_mebibyte_of_prompt_comes_back() {
    same(&with(Value::String("é\"\\\n\u{7f}x".repeat(150_000))));
}
