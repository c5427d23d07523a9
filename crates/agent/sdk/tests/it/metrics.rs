//! Tests of metrics: values, labels, limits and concurrent recording.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use quipu_core::{
    Attributes, Batch, Canonical, Clock, Cost, Instrument, Kind, Metric, Point, PointValue, Resource, Rule,
    Signal, Span, SpanEvent, SpanId, Stage, Status, SystemClock, Temporality, Timestamp, TraceId, Usage, Usd,
    Value,
};
use quipu_sdk::metrics::{Derive, Problem, QUANTILE_ERROR, Registry, bounds, catalogue};
use quipu_sdk::{
    Drain, Recorder, RecorderConfig, counter, describe, gauge, histogram, summary, timer, up_down_counter,
};

fn recorder() -> (Recorder, Drain) {
    Recorder::new(RecorderConfig::default())
}

fn now() -> Timestamp {
    SystemClock.now()
}

fn metric(drain: &Drain, name: &str) -> Metric {
    drain.metrics(now()).into_iter().find(|metric| metric.name == name).unwrap()
}

fn only(metric: &Metric) -> &Point {
    assert_eq!(metric.points.len(), 1);
    &metric.points[0]
}

#[test]
fn every_instrument_records_by_lookup_and_by_handle() {
    let (recorder, drain) = recorder();
    recorder.context().scope(|| {
        let labels = [("model", "gpt-5")];
        counter("a.count").add(1, &labels);
        counter("a.count").with(&labels).add(2);
        up_down_counter("a.level").add(5, &labels);
        up_down_counter("a.level").with(&labels).add(-7);
        gauge("a.gauge").set(1.5, &labels);
        gauge("a.gauge").with(&labels).add(-0.25);
        histogram("a.histogram").record(3.0, &labels);
        histogram("a.histogram").with(&labels).record(30.0);
        summary("a.summary").record(3.0, &labels);
        summary("a.summary").with(&labels).record(5.0);
        timer("a.timer").record(Duration::from_millis(20), &labels);
        assert_eq!(timer("a.timer").time(&labels, || 7), 7);
    });
    let registry = recorder.metrics();
    assert_eq!(registry.value("a.count", &[("model", "gpt-5")]), Some(3.0));
    assert_eq!(registry.value("a.level", &[("model", "gpt-5")]), Some(-2.0));
    assert_eq!(registry.value("a.gauge", &[("model", "gpt-5")]), Some(1.25));
    let stats = registry.stats("a.histogram").unwrap();
    assert_eq!((stats.count, stats.sum, stats.min, stats.max, stats.mean), (2, 33.0, 3.0, 30.0, 16.5));
    assert_eq!(registry.stats_of("a.timer", &[("model", "gpt-5")]).unwrap().count, 2);

    let names: Vec<_> =
        drain.metrics(now()).into_iter().map(|metric| (metric.name.to_string(), metric.instrument)).collect();
    let expected = [
        ("a.count", Instrument::Counter),
        ("a.gauge", Instrument::Gauge),
        ("a.histogram", Instrument::Histogram),
        ("a.level", Instrument::UpDownCounter),
        ("a.summary", Instrument::Summary),
        ("a.timer", Instrument::Histogram),
    ];
    assert_eq!(names, expected.map(|(name, instrument)| (name.to_owned(), instrument)));
    let counted = metric(&drain, "a.count");
    assert_eq!(counted.temporality, Temporality::Cumulative);
    assert_eq!(only(&counted).attributes.text("model"), Some("gpt-5"));
    assert_eq!(metric(&drain, "a.timer").unit, "s");
    let PointValue::Distribution { count, quantiles, .. } = only(&metric(&drain, "a.summary")).value.clone()
    else {
        panic!()
    };
    assert_eq!((count, quantiles.len()), (2, 4));
}

#[test]
fn points_are_cumulative_and_keep_their_start() {
    let (recorder, drain) = recorder();
    let held = recorder.metrics().counter("n").with(&[]);
    held.add(1);
    let first = only(&metric(&drain, "n")).clone();
    held.add(4);
    let second = only(&metric(&drain, "n")).clone();
    assert_eq!((first.value, second.value), (PointValue::Number(1.0), PointValue::Number(5.0)));
    assert!(first.start.is_some() && first.start == second.start && first.time <= second.time);
}

#[test]
fn an_observation_on_a_bound_belongs_below_it() {
    let (recorder, drain) = recorder();
    recorder.metrics().bounds("b", &[1.0, 2.0]);
    let held = recorder.metrics().histogram("b").with(&[]);
    [0.5, 1.0, 1.5, 2.0, 2.5, 1e9].into_iter().for_each(|value| held.record(value));
    let PointValue::Distribution { count, sum, min, max, buckets, .. } =
        only(&metric(&drain, "b")).value.clone()
    else {
        panic!()
    };
    assert_eq!(buckets.iter().map(|bucket| bucket.count).collect::<Vec<_>>(), [2, 2, 2]);
    assert_eq!(buckets.iter().map(|bucket| bucket.upper).collect::<Vec<_>>(), [1.0, 2.0, f64::INFINITY]);
    assert_eq!((count, sum, min, max), (6, 1e9 + 7.5, Some(0.5), Some(1e9)));
}

#[test]
fn the_genai_metrics_have_the_bounds_that_opentelemetry_gives_them() {
    let (recorder, drain) = recorder();
    recorder.metrics().histogram("gen_ai.client.operation.duration").record(0.1, &[]);
    recorder.metrics().histogram("gen_ai.client.token.usage").record(100.0, &[]);
    let uppers = |name: &str| {
        let PointValue::Distribution { buckets, .. } = only(&metric(&drain, name)).value.clone() else {
            panic!()
        };
        buckets.iter().map(|bucket| bucket.upper).filter(|upper| upper.is_finite()).collect::<Vec<_>>()
    };
    let doubling: Vec<_> = (0..14).map(|power| 0.01 * f64::from(1 << power)).collect();
    assert_eq!(uppers("gen_ai.client.operation.duration"), doubling);
    let fourfold: Vec<_> = (0..14).map(|power| f64::from(1 << (2 * power))).collect();
    assert_eq!(uppers("gen_ai.client.token.usage"), fourfold);
    assert_eq!(metric(&drain, "gen_ai.client.token.usage").unit, "{token}");
    assert!(bounds::TOKENS.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn labels_in_another_order_are_the_same_series() {
    let (recorder, drain) = recorder();
    recorder.metrics().counter("n").add(1, &[("a", "1"), ("b", "2")]);
    recorder.metrics().counter("n").add(1, &[("b", "2"), ("a", "1")]);
    recorder.metrics().counter("n").add(1, &[("a", "2"), ("b", "1")]);
    assert_eq!(metric(&drain, "n").points.len(), 2);
    assert_eq!(recorder.metrics().value("n", &[("b", "2"), ("a", "1")]), Some(2.0));
}

#[test]
fn series_beyond_the_bound_go_to_the_overflow_series_and_are_counted() {
    let (recorder, drain) = recorder();
    for user in 0..5_000 {
        recorder.metrics().counter("n").add(1, &[("user", &user.to_string())]);
    }
    let counted = metric(&drain, "n");
    assert_eq!(counted.points.len(), 2_000);
    let overflow = counted.points.last().unwrap();
    assert_eq!(overflow.attributes.text("otel.metric.overflow"), Some("true"));
    assert_eq!(overflow.value, PointValue::Number(3_001.0));
    assert_eq!(recorder.metrics().total("n"), Some(5_000.0));
    assert_eq!(recorder.metrics().problems(), [(Problem::Overflow, 3_001)]);
    assert_eq!(recorder.metrics().new_problems().len(), 1, "reported once");
    assert!(recorder.metrics().new_problems().is_empty());
    let rejected = metric(&drain, "quipu.metrics.rejected");
    assert_eq!(only(&rejected).attributes.text("reason"), Some("overflow"));

    recorder.metrics().limit_series(3);
    (0..10).for_each(|user| recorder.metrics().gauge("g").set(1.0, &[("user", &user.to_string())]));
    assert_eq!(metric(&drain, "g").points.len(), 3);
}

#[test]
fn wrong_use_is_counted_and_reported_once_and_never_panics() {
    let (recorder, drain) = recorder();
    let registry = recorder.metrics();
    let long = "x".repeat(300);
    for name in ["", "1st", "a b", "ä", "a{b", &long] {
        registry.counter(name).add(1, &[]);
        registry.counter(name).add(1, &[]);
    }
    registry.counter("kind").add(1, &[]);
    registry.histogram("kind").record(1.0, &[]);
    registry.histogram("h").record(f64::NAN, &[]);
    registry.gauge("g").set(f64::INFINITY, &[]);
    registry.counter("labels").add(1, &[("", "x"), ("ok", "1"), ("ok", "2")]);
    registry.counter("labels").add(1, &[("ok", "2")]);
    registry.counter("labels").add(1, &[("long", &"y".repeat(5_000))]);
    registry.describe(
        "labels",
        "a unit that is far too long to be one, as it has more than 63 characters",
        "",
    );
    registry.bounds("h", &[1.0]);
    registry.bounds("rising", &[2.0, 1.0]);
    let problems: std::collections::HashMap<_, _> = registry.problems().into_iter().collect();
    assert_eq!(problems[&Problem::WrongName], 12);
    assert_eq!(problems[&Problem::OtherKind], 1);
    assert_eq!(problems[&Problem::NotFinite], 2);
    assert_eq!(problems[&Problem::WrongLabel], 2);
    assert_eq!(problems[&Problem::LongLabel], 1);
    assert_eq!(problems[&Problem::WrongDescription], 3);
    let reports = registry.new_problems();
    assert_eq!(reports.iter().filter(|report| report.problem == Problem::WrongName).count(), 6);
    assert_eq!(
        registry.value("labels", &[("ok", "2")]),
        Some(2.0),
        "the right labels are kept, the last of each key"
    );
    assert_eq!(registry.value("labels", &[("long", &"y".repeat(1_024))]), Some(1.0));
    assert!(drain.metrics(now()).iter().all(|metric| metric.name != "g"), "never set");
}

#[test]
fn names_that_differ_by_case_alone_are_the_same() {
    let (recorder, drain) = recorder();
    recorder.metrics().counter("Shop.Orders").add(1, &[]);
    recorder.metrics().counter("shop.orders").add(1, &[]);
    assert_eq!(only(&metric(&drain, "Shop.Orders")).value, PointValue::Number(2.0));
}

#[test]
fn a_description_may_come_before_or_after_the_first_observation() {
    let (recorder, drain) = recorder();
    recorder.context().scope(|| {
        describe("early", "By", "Bytes.");
        counter("early").add(1, &[]);
        counter("late").add(1, &[]);
        describe("late", "{order}", "Orders.");
    });
    let (early, late) = (metric(&drain, "early"), metric(&drain, "late"));
    assert_eq!((early.unit.as_str(), early.description.as_str()), ("By", "Bytes."));
    assert_eq!((late.unit.as_str(), late.description.as_str()), ("{order}", "Orders."));
}

#[test]
fn without_a_recorder_nothing_happens() {
    let held = counter("n").with(&[]);
    held.add(1);
    assert!(!held.is_recording());
    assert_eq!(timer("t").time(&[], || 3), 3);
    assert_eq!(timer("t").start(&[]).stop(), Duration::ZERO);
    assert_eq!(histogram("h").with(&[]).stats(), None);
}

#[test]
fn a_clock_records_when_it_is_dropped_stopped_or_its_future_ends_but_not_when_discarded() {
    let (recorder, _drain) = recorder();
    let held = recorder.metrics().timer("t").with(&[]);
    drop(held.start());
    assert!(held.start().stop() < Duration::from_secs(60));
    held.start().discard();
    let mut future = std::pin::pin!(held.time_future(async { 5 }));
    let mut waker = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(future.as_mut().poll(&mut waker), std::task::Poll::Ready(5));
    let panicked = std::panic::catch_unwind(|| held.time(|| panic!("on purpose")));
    assert!(panicked.is_err());
    assert_eq!(held.stats().unwrap().count, 4);
}

#[test]
fn sixteen_threads_add_up_exactly() {
    let (recorder, drain) = recorder();
    let registry = recorder.metrics();
    let (count, level, sizes) = (
        registry.counter("n").with(&[]),
        registry.up_down_counter("l").with(&[]),
        registry.histogram("h").with(&[]),
    );
    std::thread::scope(|scope| {
        for thread in 0..16_u32 {
            scope.spawn(move || {
                for at in 0..20_000_u32 {
                    count.add(1);
                    level.add(if at % 2 == 0 { 3 } else { -2 });
                    sizes.record(f64::from(at % 100));
                    registry
                        .counter("looked.up")
                        .add(1, &[("thread", if thread % 2 == 0 { "even" } else { "odd" })]);
                }
            });
        }
    });
    assert_eq!(registry.total("n"), Some(320_000.0));
    assert_eq!(registry.total("l"), Some(160_000.0));
    assert_eq!(registry.value("looked.up", &[("thread", "odd")]), Some(160_000.0));
    let stats = registry.stats("h").unwrap();
    assert_eq!((stats.count, stats.sum, stats.min, stats.max), (320_000, 320_000.0 * 49.5, 0.0, 99.0));
    let PointValue::Distribution { count, buckets, .. } = only(&metric(&drain, "h")).value.clone() else {
        panic!()
    };
    assert_eq!((count, buckets.iter().map(|bucket| bucket.count).sum::<u64>()), (320_000, 320_000));
}

#[test]
fn more_threads_than_cells_and_threads_that_end_lose_nothing() {
    let (recorder, _drain) = recorder();
    let held = recorder.metrics().histogram("h").with(&[]);
    for _ in 0..3 {
        let barrier = Arc::new(std::sync::Barrier::new(48));
        let threads: Vec<_> = (0..48)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                std::thread::spawn(move || {
                    held.record(1.0);
                    barrier.wait();
                    (0..1_000).for_each(|_| held.record(2.0));
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
    let stats = held.stats().unwrap();
    assert_eq!((stats.count, stats.sum), (3 * 48 * 1_001, 3.0 * 48.0 * 2_001.0));
}

#[test]
fn a_histogram_keeps_exemplars_of_sampled_spans() {
    let (recorder, drain) = recorder();
    let registry = recorder.metrics();
    registry.bounds("h", &[1.0, 2.0]);
    let (trace, span) = (TraceId::from_bytes([7; 16]).unwrap(), SpanId::from_bytes([3; 8]).unwrap());
    registry.histogram("h").record(0.1, &[]);
    recorder.context().within(trace, span, false).scope(|| histogram("h").record(0.2, &[]));
    assert!(only(&metric(&drain, "h")).exemplars.is_empty());
    recorder.context().within(trace, span, true).scope(|| {
        histogram("h").record(0.3, &[]);
        histogram("h").record(5.0, &[]);
    });
    let exemplars = only(&metric(&drain, "h")).exemplars.clone();
    assert_eq!(
        exemplars.iter().map(|one| (one.value, one.trace_id, one.span_id)).collect::<Vec<_>>(),
        [(0.3, trace, span), (5.0, trace, span)]
    );
}

fn exact_quantile(sorted: &[f64], quantile: f64) -> f64 {
    sorted[(quantile * (sorted.len() - 1) as f64).round() as usize]
}

fn close(have: f64, exact: f64, relative: f64) -> bool {
    (have - exact).abs() <= exact.abs() * relative + f64::MIN_POSITIVE
}

proptest! {
    #[test]
    fn figures_are_exact_and_quantiles_within_the_stated_error(
        values in proptest::collection::vec(prop_oneof![1e-9..1e3_f64, 1e3..1e12_f64, -1e6..-1e-3_f64], 1..300),
    ) {
        let (recorder, _drain) = recorder();
        for kind in ["histogram", "summary"] {
            let registry = recorder.metrics();
            for (at, value) in values.iter().enumerate() {
                match kind {
                    "summary" => registry.summary(kind).record(*value, &[("part", if at % 2 == 0 { "a" } else { "b" })]),
                    _ => registry.histogram(kind).record(*value, &[]),
                }
            }
            let have = registry.stats(kind).unwrap();
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let stddev = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
            let scale = values.iter().map(|value| value.abs()).sum::<f64>() / n;
            prop_assert_eq!(have.count, values.len() as u64);
            prop_assert_eq!((have.min, have.max), (sorted[0], sorted[sorted.len() - 1]));
            prop_assert!((have.mean - mean).abs() <= 1e-9 * scale, "mean {} for {}", have.mean, mean);
            prop_assert!((have.stddev - stddev).abs() <= 1e-9 * stddev.max(scale), "stddev {} for {}", have.stddev, stddev);
            for (quantile, have) in [(0.5, have.median), (0.95, have.p95), (0.99, have.p99)] {
                let exact = exact_quantile(&sorted, quantile);
                prop_assert!(close(have, exact, QUANTILE_ERROR), "{} for {}", have, exact);
            }
        }
    }

    #[test]
    fn small_differences_of_large_values_are_kept(offsets in proptest::collection::vec(0.0..1.0_f64, 2..200)) {
        let (recorder, _drain) = recorder();
        let held = recorder.metrics().summary("s").with(&[]);
        offsets.iter().for_each(|offset| held.record(1e9 + offset));
        let values: Vec<_> = offsets.iter().map(|offset| 1e9 + offset).collect();
        let mean = values.iter().map(|value| value - 1e9).sum::<f64>() / values.len() as f64;
        let squares = values.iter().map(|value| (value - 1e9 - mean).powi(2)).sum::<f64>();
        let stddev = (squares / values.len() as f64).sqrt();
        prop_assert!((held.stats().unwrap().stddev - stddev).abs() <= 1e-9 * stddev.max(1e-3));
    }
}

// Derived metrics.

fn id(at: u64) -> SpanId {
    SpanId::from_bytes(at.to_be_bytes()).unwrap()
}

fn trace() -> TraceId {
    TraceId::from_bytes([9; 16]).unwrap()
}

fn span(at: u64, parent: Option<u64>, name: &str, kind: Kind, seconds: i64) -> Span {
    // Children end before their parents.
    let end = 1_000 * Timestamp::SECOND - at as i64;
    let mut span = Span::new(
        trace(),
        id(at),
        name,
        Timestamp::from_nanos(end - seconds * Timestamp::SECOND),
        Timestamp::from_nanos(end),
    );
    span.parent_id = parent.map(id);
    span.canonical = Box::new(Canonical { kind, ..Canonical::default() });
    span
}

fn row(span: &Span, rule: Rule) -> Cost {
    let read = &span.canonical;
    Cost {
        trace_id: span.trace_id,
        span_id: span.span_id,
        version: 1,
        time: span.start,
        duration: span.duration(),
        kind: read.kind,
        signal: Signal::default(),
        rule,
        failed: span.status == Status::Error,
        service: None,
        framework: None,
        convention: "quipu".into(),
        agent: Some("planner".into()),
        tool: read.tool.clone(),
        provider: read.provider.clone(),
        request_model: read.request_model.clone(),
        response_model: None,
        service_tier: None,
        billing: quipu_core::Billing::Metered,
        usage: read.usage.clone(),
        amount: None,
        unpriced: None,
        price: None,
        reported: None,
        inferred: Vec::new(),
        estimate: None,
        scopes: Vec::new(),
    }
}

fn llm(at: u64, parent: u64, seconds: i64) -> Span {
    let mut span = span(at, Some(parent), "chat gpt-5", Kind::Llm, seconds);
    span.canonical.provider = Some("openai".into());
    span.canonical.request_model = Some("gpt-5".into());
    span.canonical.operation = Some("chat".into());
    span.canonical.usage = Some(Usage::of(1_000, 50).cache_read(400));
    span.canonical.time_to_first_token = Some(Timestamp::SECOND / 4);
    span.canonical.session = Some("session-1".into());
    span
}

fn turn() -> Batch {
    let mut agent = span(1, None, "invoke_agent planner", Kind::Agent, 9);
    agent.canonical.agent = Some("planner".into());
    agent.events.push(SpanEvent {
        time: agent.start,
        name: "handoff".into(),
        attributes: [("gen_ai.handoff.to_agent", "writer")].into_iter().collect(),
    });
    let good = llm(2, 1, 2);
    let mut bad = llm(3, 1, 3);
    bad.status = Status::Error;
    bad.canonical.error_type = Some("rate_limit".into());
    bad.canonical.usage = None;
    bad.canonical.time_to_first_token = None;
    bad.attributes.push(Span::SAMPLED, false);
    let mut tool = span(4, Some(1), "execute_tool search", Kind::Tool, 1);
    tool.canonical.tool = Some("search".into());
    let mut guardrail = span(5, Some(1), "pii", Kind::Guardrail, 1);
    guardrail.canonical.guardrail_triggered = Some(true);
    let mut memory = span(6, Some(1), "search", Kind::Memory, 1);
    memory.attributes.push("quipu.memory.hit", true);
    let mut tests = span(7, Some(1), "write tests", Kind::Task, 4);
    tests.attributes.push("quipu.tests.generated", Value::Int(12));
    tests.attributes.push("quipu.tests.passed", Value::Int(11));
    tests.attributes.push("quipu.tests.language", "rust");
    tests.attributes.push("quipu.tests.coverage", 0.75);
    let mut priced = row(&good, Rule::Leaf);
    priced.amount = Some("0.0042".parse().unwrap());
    let costs = vec![priced, row(&bad, Rule::Leaf), row(&tool, Rule::Leaf)];
    Batch { spans: vec![agent, good, bad, tool, guardrail, memory, tests], costs, ..Batch::default() }
}

fn assert_turn(registry: &'static Registry, times: f64) {
    let value =
        |name, labels: &[(&str, &str)]| registry.value(name, labels).unwrap_or_else(|| panic!("{name}"));
    let who = [("provider", "openai"), ("model", "gpt-5"), ("agent", "planner")];
    assert_eq!(value("quipu.request.count", &[("status", "ok")]), times);
    assert_eq!(registry.total("quipu.operation.count"), Some(7.0 * times));
    assert_eq!(value("quipu.llm.calls", &[who[0], who[1], who[2], ("status", "ok")]), times);
    assert_eq!(value("quipu.llm.calls", &[who[0], who[1], who[2], ("status", "error")]), times);
    assert_eq!(value("quipu.llm.errors", &[who[0], who[1], ("error.type", "rate_limit")]), times);
    assert_eq!(value("quipu.llm.tokens", &[who[0], who[1], who[2], ("type", "input")]), 1_000.0 * times);
    assert_eq!(value("quipu.llm.tokens", &[who[0], who[1], who[2], ("type", "cache_read")]), 400.0 * times);
    assert_eq!(value("quipu.llm.cost_usd", &who), 0.0042 * times);
    assert_eq!(registry.total("gen_ai.client.inference.usage.output_tokens"), Some(50.0 * times));
    assert_eq!(registry.stats("gen_ai.client.operation.duration").unwrap().sum, 5.0 * times);
    assert_eq!(registry.stats("gen_ai.client.token.usage").unwrap().sum, 1_050.0 * times);
    assert_eq!(registry.stats("gen_ai.client.operation.time_to_first_chunk").unwrap().max, 0.25);
    assert_eq!(registry.stats("gen_ai.invoke_agent.duration").unwrap().max, 9.0);
    assert_eq!(registry.stats("gen_ai.invoke_agent.inference_calls").unwrap().max, 2.0);
    assert_eq!(registry.stats("gen_ai.invoke_agent.tool_calls").unwrap().max, 1.0);
    assert_eq!(value("quipu.agent.runs", &[("agent", "planner"), ("status", "ok")]), times);
    assert_eq!(value("quipu.agent.handoffs", &[("from", "planner"), ("to", "writer")]), times);
    assert_eq!(
        value("quipu.tool.runs", &[("tool", "search"), ("agent", "planner"), ("status", "ok")]),
        times
    );
    assert_eq!(registry.stats("gen_ai.execute_tool.duration").unwrap().sum, times);
    assert_eq!(value("quipu.guardrail.checks", &[("guardrail", "pii"), ("outcome", "triggered")]), times);
    assert_eq!(registry.total("quipu.guardrail.triggers"), Some(times));
    assert_eq!(
        value("quipu.memory.operations", &[("operation", "search"), ("result", "hit"), ("status", "ok")]),
        times
    );
    assert_eq!(registry.total("quipu.test_generation.generated"), Some(12.0 * times));
    assert_eq!(value("quipu.test_generation.coverage", &[]), 0.75);
    assert_eq!(registry.total("quipu.session.count"), Some(1.0));
}

#[test]
fn a_turn_derives_the_catalogue_once_however_often_it_comes() {
    let (recorder, drain) = recorder();
    let derive = Derive::new(recorder.metrics());
    derive.apply(&mut turn());
    assert_turn(recorder.metrics(), 1.0);
    derive.apply(&mut turn());
    assert_turn(recorder.metrics(), 1.0);

    let later = Timestamp::from_nanos(1_000 * Timestamp::SECOND + Timestamp::SECOND);
    let active =
        |at| drain.metrics(at).into_iter().find(|metric| metric.name == "quipu.session.active").unwrap();
    assert_eq!(only(&active(later)).value, PointValue::Number(1.0));
    assert_eq!(only(&active(later.plus(Timestamp::HOUR))).value, PointValue::Number(0.0));

    let known: Vec<_> = drain.metrics(later).into_iter().map(|metric| metric.name).collect();
    assert!(
        known.iter().all(|name| catalogue::entry(name).is_some_and(|entry| !entry.derived_from.is_empty()))
    );
    for metric in drain.metrics(later) {
        let entry = catalogue::entry(&metric.name).unwrap();
        assert_eq!(
            (metric.unit.as_str(), metric.instrument),
            (entry.unit, entry.kind.wire()),
            "{}",
            metric.name
        );
        for (key, _) in metric.points.iter().flat_map(|point| &point.attributes) {
            assert!(
                entry.labels.contains(&key.as_str()),
                "{} has a label {key} that the catalogue lacks",
                metric.name
            );
        }
    }
}

#[test]
fn a_server_keeps_services_apart_in_instruments_of_its_own() {
    let derive = Derive::by_service();
    let of = |service: &str, mut batch: Batch| {
        let attributes = Attributes::from_iter([("service.name", service)]);
        let resource = Arc::new(Resource { attributes, ..Resource::default() });
        batch.spans.iter_mut().for_each(|span| span.resource = Arc::clone(&resource));
        batch.costs.iter_mut().for_each(|row| row.service = Some(service.into()));
        batch
    };
    derive.apply(&mut of("shop", turn()));
    derive.apply(&mut of("shop", turn()));
    let later = Timestamp::from_nanos(1_001 * Timestamp::SECOND);
    for metric in derive.metrics(later) {
        assert!(catalogue::entry(&metric.name).is_some(), "{}", metric.name);
        for point in &metric.points {
            let want = (metric.name != "quipu.session.active").then_some("shop");
            assert_eq!(point.attributes.text("service.name"), want, "{}", metric.name);
        }
    }
    let calls = |service: &str| {
        let metrics = derive.metrics(later);
        let calls = metrics.iter().find(|metric| metric.name == "quipu.llm.calls").unwrap();
        let mut points = calls.points.iter();
        let point = points.find(|point| point.attributes.text("service.name") == Some(service));
        point.map(|point| point.value.clone())
    };
    assert_eq!((calls("shop"), calls("desk")), (Some(PointValue::Number(1.0)), None));

    let mut moved = of("desk", turn());
    moved.spans.clear();
    derive.apply(&mut moved);
    assert_eq!(calls("desk"), Some(PointValue::Number(1.0)), "a row that changes its service counts there");
    derive.apply(&mut of("shop", turn()));
    assert_eq!(calls("shop"), Some(PointValue::Number(1.0)), "and what was taken back is made up for");
}

#[test]
fn derived_histograms_have_exemplars_of_sampled_spans_only() {
    let (recorder, drain) = recorder();
    Derive::new(recorder.metrics()).apply(&mut turn());
    let durations = metric(&drain, "gen_ai.client.operation.duration");
    let exemplars: Vec<_> = durations.points.iter().flat_map(|point| &point.exemplars).collect();
    assert_eq!(exemplars.iter().map(|one| (one.value, one.span_id)).collect::<Vec<_>>(), [(2.0, id(2))]);
}

#[test]
fn a_correction_counts_by_its_difference_and_counters_do_not_fall() {
    let (recorder, drain) = recorder();
    let (derive, registry) = (Derive::new(recorder.metrics()), recorder.metrics());
    let call = llm(2, 1, 2);
    let apply = |span: Option<&Span>, row: &Cost| {
        let spans = span.into_iter().cloned().collect();
        derive.apply(&mut Batch { spans, costs: vec![row.clone()], ..Batch::default() });
    };
    let mut first = row(&call, Rule::Leaf);
    first.amount = Some("0.5".parse::<Usd>().unwrap());
    apply(Some(&call), &first);
    let mut better = first.clone();
    better.usage = Some(Usage::of(1_200, 60));
    better.amount = Some("0.75".parse().unwrap());
    apply(None, &better);
    let tokens = || {
        registry.value(
            "gen_ai.client.inference.usage.input_tokens",
            &[
                ("gen_ai.operation.name", "chat"),
                ("gen_ai.provider.name", "openai"),
                ("gen_ai.request.model", "gpt-5"),
                ("gen_ai.token.modality", "unknown"),
            ],
        )
    };
    assert_eq!(tokens(), Some(1_200.0));
    assert_eq!(
        (registry.total("quipu.llm.calls"), registry.total("quipu.llm.cost_usd")),
        (Some(1.0), Some(0.75))
    );
    assert_eq!(registry.stats("gen_ai.client.operation.duration").unwrap().count, 1);
    assert_eq!(registry.stats("gen_ai.client.token.usage").unwrap().sum, 1_260.0);
    assert!(!metric(&drain, "gen_ai.client.operation.duration").points[0].exemplars.is_empty());

    // Another record of the same call replaces it: the counted values move.
    let twin = llm(8, 1, 2);
    apply(None, &Cost { rule: Rule::Duplicate, ..better.clone() });
    assert_eq!(tokens(), Some(1_200.0), "a counter does not fall");
    apply(Some(&twin), &Cost { span_id: twin.span_id, ..better });
    assert_eq!((tokens(), registry.total("quipu.llm.calls")), (Some(1_200.0), Some(1.0)));
    assert_eq!(registry.total("quipu.llm.cost_usd"), Some(0.75));
    assert_eq!(registry.stats("gen_ai.client.operation.duration").unwrap().count, 1);
}

#[test]
fn what_is_recorded_by_hand_is_not_derived() {
    let (recorder, drain) = recorder();
    let derive = Derive::new(recorder.metrics());
    derive.apply(&mut turn());
    recorder.metrics().counter("quipu.llm.calls").add(5, &[("model", "mine")]);
    let mut other = turn();
    other.spans.iter_mut().for_each(|span| span.trace_id = TraceId::from_bytes([8; 16]).unwrap());
    other.costs.iter_mut().for_each(|row| row.trace_id = TraceId::from_bytes([8; 16]).unwrap());
    derive.apply(&mut other);
    let calls = metric(&drain, "quipu.llm.calls");
    assert_eq!(only(&calls).value, PointValue::Number(5.0));
    assert_eq!(recorder.metrics().total("quipu.tool.runs"), Some(2.0));
}

#[test]
fn a_running_span_waits_for_its_end() {
    let (recorder, _drain) = recorder();
    let derive = Derive::new(recorder.metrics());
    let mut running = turn();
    running.costs.clear();
    running.spans.iter_mut().for_each(|span| span.end = None);
    derive.apply(&mut running);
    assert_eq!(recorder.metrics().total("quipu.operation.count"), None);
    derive.apply(&mut turn());
    assert_turn(recorder.metrics(), 1.0);
}

#[test]
fn observed_values_are_set_and_not_added() {
    let (recorder, _drain) = recorder();
    let registry = recorder.metrics();
    for bytes in [100.0, 70.0, 90.0] {
        registry.observe("process.memory.usage", bytes, &[]);
        registry.observe("process.disk.io", bytes, &[("disk.io.direction", "read")]);
        registry.observe("process.cpu.utilization", bytes / 100.0, &[]);
    }
    assert_eq!(registry.total("process.memory.usage"), Some(90.0));
    assert_eq!(registry.total("process.disk.io"), Some(90.0));
    assert_eq!(registry.value("process.cpu.utilization", &[]), Some(0.9));
}

#[test]
fn names_of_the_catalogue_are_unique_and_its_bounds_rise() {
    let mut names: Vec<_> = catalogue::CATALOGUE.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    for entry in catalogue::CATALOGUE {
        assert!(entry.bounds.windows(2).all(|pair| pair[0] < pair[1]), "{}", entry.name);
        assert_eq!(entry.kind == quipu_sdk::metrics::InstrumentKind::Histogram, !entry.bounds.is_empty());
    }
}

#[test]
fn the_guide_holds_the_catalogue() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/guide/metrics.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- catalogue -->\n", "<!-- end of catalogue -->");
    let (before, rest) = guide.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let wanted = format!("{before}{begin}{}{end}{after}", catalogue::markdown());
    if std::env::var_os("QUIPU_BLESS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert!(guide == wanted, "run this test with QUIPU_BLESS=1 to write the tables anew");
}
