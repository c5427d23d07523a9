//! Tests of calls that several signals report in separate traces.

use proptest::prelude::*;
use quipu_core::{Batch, Kind, Meeting, Rule, Signal, Span, TraceId};
use quipu_ledger::Ledger;

use crate::world::*;

/// A record made from another signal, in a trace of its own.
fn told(mut span: Span, signal: Signal, trace: u8) -> Span {
    span.trace_id = TraceId::from_bytes([trace; 16]).unwrap();
    span.canonical.signal = signal;
    meeting_in("s", span)
}

fn meeting_in(session: &str, mut span: Span) -> Span {
    span.canonical.meeting = Some(Meeting::of("test", session));
    span
}

fn rule_of(rows: &Rows, number: u64) -> Rule {
    rows.get(&span_id(number)).expect("a row").rule
}

fn call(number: u64, start: i64, end: i64, input: u64) -> Span {
    with_usage(span(number, None, Kind::Llm, start, end), input, 9)
}

/// Counts in the order given, in the reverse order, one by one, and with a ledger that forgets all it can.
fn in_every_way(spans: &[Span]) -> Rows {
    let one_by_one =
        |spans: &mut dyn Iterator<Item = &Span>| spans.map(|span| vec![span.clone()]).collect::<Vec<_>>();
    let at_once = count(&[spans.to_vec()], 1000);
    for memory in [1000, 0] {
        assert_eq!(count(&one_by_one(&mut spans.iter()), memory), at_once);
        assert_eq!(count(&one_by_one(&mut spans.iter().rev()), memory), at_once);
        let twice = [one_by_one(&mut spans.iter().rev()), one_by_one(&mut spans.iter())].concat();
        assert_eq!(count(&twice, memory), at_once);
    }
    at_once
}

#[test]
fn a_log_is_the_echo_of_its_span_and_lends_it_what_it_lacks() {
    let span = meeting_in("s", call(0, 0, 1000, 120));
    let mut log = told(call(1, 10, 990, 120), Signal::Log, 9);
    log.canonical.usage.as_mut().unwrap().reasoning = Some(5);
    log.canonical.usage.as_mut().unwrap().output = Some(14);
    log.canonical.reported_cost = Some("0.5".parse().unwrap());
    let rows = in_every_way(&[span, log]);
    assert_eq!(totals(&rows), (1, 120, 14));
    assert_eq!((rule_of(&rows, 0), rule_of(&rows, 1)), (Rule::Merged, Rule::Echo));
    assert_eq!(rows[&span_id(0)].reported, Some("0.5".parse().unwrap()));
}

#[test]
fn a_span_takes_its_meeting_from_the_turn_above_it() {
    let turn = meeting_in("s", span(0, None, Kind::Agent, 0, 5000));
    let mut inner = call(1, 100, 900, 120);
    inner.parent_id = Some(span_id(0));
    let log = told(call(2, 900, 900, 120), Signal::Log, 9);
    assert_eq!(totals(&in_every_way(&[inner, log, turn])), (1, 120, 9));
}

#[test]
fn logs_of_other_sessions_times_and_tools_are_calls_of_their_own() {
    let span = meeting_in("s", call(0, 0, 1000, 120));
    let later = told(call(1, 4000, 5000, 120), Signal::Log, 9);
    let mut other = told(call(2, 0, 1000, 120), Signal::Log, 8);
    other = meeting_in("other", other);
    assert_eq!(totals(&in_every_way(&[span, later, other])), (3, 360, 27));
}

#[test]
fn answers_with_the_same_id_pair_by_time() {
    let id = |span: Span| with_response(span, "always-the-same");
    let spans = [
        id(meeting_in("s", call(0, 0, 1000, 120))),
        id(meeting_in("s", call(1, 1200, 1900, 120))),
        id(told(call(2, 1210, 1890, 120), Signal::Log, 9)),
        id(told(call(3, 10, 990, 120), Signal::Log, 9)),
    ];
    assert_eq!(totals(&in_every_way(&spans)), (2, 240, 18));
}

#[test]
fn a_turns_sum_counts_until_a_log_tells_of_its_calls() {
    let turn = meeting_in("s", with_usage(span(0, None, Kind::Agent, 0, 5000), 240, 18));
    assert_eq!(totals(&in_every_way(std::slice::from_ref(&turn))), (0, 240, 18));
    let logs = [told(call(1, 900, 900, 120), Signal::Log, 9), told(call(2, 4000, 4000, 120), Signal::Log, 9)];
    let rows = in_every_way(&[&[turn][..], &logs].concat());
    assert_eq!((totals(&rows), rule_of(&rows, 0)), ((2, 240, 18), Rule::Repeats));
}

#[test]
fn details_join_the_span_that_they_name() {
    let detailed = |number: u64, parent: u64, input: u64| {
        let mut made = with_usage(span(number, Some(parent), Kind::Llm, 0, 1000), input, 9);
        made.canonical.signal = Signal::Details;
        made
    };
    let rows = in_every_way(&[span(0, None, Kind::Llm, 0, 1000), detailed(1, 0, 120)]);
    assert_eq!((totals(&rows), rule_of(&rows, 1)), ((1, 120, 9), Rule::Echo));
    let alone = in_every_way(&[detailed(1, 0, 120)]);
    assert_eq!((totals(&alone), rule_of(&alone, 1)), ((1, 120, 9), Rule::Leaf));
    // The agent around the call is named.
    let mut inner = call(2, 100, 900, 120);
    inner.parent_id = Some(span_id(0));
    let rows = in_every_way(&[span(0, None, Kind::Agent, 0, 1000), inner, detailed(1, 0, 120)]);
    assert_eq!(totals(&rows), (1, 120, 9));
}

#[test]
fn a_tool_told_by_its_framework_and_its_server_ran_once() {
    let run = |number: u64, start: i64, end: i64, tool: &str, convention: &str| {
        let mut made = span(number, None, Kind::Tool, start, end);
        made.canonical.tool = Some(tool.into());
        made.canonical.convention = convention.into();
        made
    };
    let spans = [
        run(0, 0, 100, "mcp__w__get_weather", "openinference"),
        run(1, 20, 80, "get_weather", "genai"),
        run(2, 200, 300, "mcp__w__get_weather", "openinference"),
        run(3, 220, 280, "get_weather", "genai"),
        run(4, 400, 500, "get_weather", "genai"),
    ];
    let rows = in_every_way(&spans);
    assert_eq!(rows.values().filter(|row| row.is_tool_run()).count(), 3);
}

fn metric(number: u64, series: &str, start: i64, end: i64, input: u64) -> Span {
    let mut made = told(with_usage(span(number, None, Kind::Other, start, end), input, 9), Signal::Metric, 7);
    made.canonical.response_id = Some(series.into());
    made.canonical.operation = Some("test.token.usage".into());
    made
}

#[test]
fn metrics_count_only_where_nothing_better_tells() {
    let hour = 3_600_000;
    // A cumulative series: two hours of one process, then one of the next.
    let metrics = [
        metric(0, "a", 0, 1000, 100),
        metric(1, "a", hour, hour + 1000, 150),
        metric(2, "b", 2 * hour, 2 * hour + 1000, 20),
    ];
    let rows = in_every_way(&metrics);
    assert_eq!((totals(&rows).0, totals(&rows).1, rule_of(&rows, 1)), (0, 170, Rule::Metric));
    let log = told(call(3, 10, 990, 120), Signal::Log, 9);
    let rows = in_every_way(&[&metrics[..], &[log]].concat());
    assert_eq!((totals(&rows), rule_of(&rows, 0)), ((1, 120, 9), Rule::Echo));
}

fn of_service(mut made: Span, service: &str) -> Span {
    made.resource = std::sync::Arc::new(quipu_core::Resource {
        attributes: [("service.name", service)].into_iter().collect(),
        ..quipu_core::Resource::default()
    });
    made
}

#[test]
fn a_services_metrics_yield_to_calls_that_count_at_the_gateway() {
    let mut metric = of_service(metric(0, "m", 2000, 3000, 120), "app");
    metric.canonical.meeting = Some(Meeting::of(Meeting::SERVICE, "app"));
    let own = of_service(call(1, 0, 1000, 120), "app");
    let mut gateway = of_service(call(2, 10, 990, 120), "quipu-gateway");
    gateway.parent_id = Some(span_id(1));
    let rows = in_every_way(&[own, gateway, metric]);
    assert_eq!(totals(&rows), (1, 120, 9));
    assert_eq!((rule_of(&rows, 0), rows[&span_id(1)].counts()), (Rule::Echo, false));
}

#[test]
fn a_services_metrics_yield_to_its_calls_of_that_time() {
    let of = of_service;
    let hour = 3_600_000;
    let metric = |number: u64, start: i64| {
        let mut made = of(metric(number, &format!("{number}"), start, start + 1000, 100), "app");
        made.canonical.meeting = Some(Meeting::of(Meeting::SERVICE, "app"));
        made
    };
    let others = of(call(2, 10, 990, 70), "another");
    let spans = [metric(0, 0), metric(1, 5 * hour), others];
    assert_eq!(totals(&in_every_way(&spans)).1, 270);
    let spans = [&spans[..], &[of(call(3, 10, 990, 120), "app")]].concat();
    let rows = in_every_way(&spans);
    assert_eq!((totals(&rows).1, rule_of(&rows, 0), rule_of(&rows, 1)), (290, Rule::Echo, Rule::Metric));
}

#[test]
fn a_metric_of_cost_alone_counts_until_a_call_tells_its_cost() {
    let mut cost = told(span(0, None, Kind::Other, 0, 1000), Signal::Metric, 7);
    cost.canonical.reported_cost = Some("0.25".parse().unwrap());
    cost.canonical.response_id = Some("cost".into());
    let reported = |rows: &Rows| -> Vec<_> {
        rows.values().filter(|row| row.counts()).map(|row| row.reported).collect()
    };
    let call = meeting_in("s", call(1, 0, 900, 120));
    let rows = in_every_way(&[cost.clone(), call.clone()]);
    assert_eq!((totals(&rows), reported(&rows)), ((1, 120, 9), vec![Some("0.25".parse().unwrap()), None]));
    let mut dear = call;
    dear.canonical.reported_cost = Some("0.3".parse().unwrap());
    let rows = in_every_way(&[cost, dear]);
    assert_eq!((totals(&rows), reported(&rows)), ((1, 120, 9), vec![Some("0.3".parse().unwrap())]));
}

#[test]
fn two_instrumentations_in_traces_of_their_own_are_one_call() {
    let of = |mut made: Span, trace: u8, framework: &str| {
        made = with_response(meeting_in("answer", made), "r1");
        made.trace_id = TraceId::from_bytes([trace; 16]).unwrap();
        made.canonical.framework = Some(framework.into());
        made
    };
    let mut inner = of(call(0, 0, 1000, 120), 1, "langgraph");
    inner.canonical.agent = Some("planner".into());
    let outer = of(call(1, 10, 990, 120), 2, "openai");
    let rows = in_every_way(&[outer.clone(), inner.clone()]);
    let rules = (rule_of(&rows, 0), rule_of(&rows, 1));
    assert_eq!((totals(&rows), rules), ((1, 120, 9), (Rule::Merged, Rule::Duplicate)));
    // The next answer of a server that repeats its ids, another call of the same source, and a call with
    // other totals.
    let later = of(call(2, 2000, 2990, 120), 3, "openai");
    let same_source = of(call(3, 20, 980, 120), 4, "langgraph");
    let contradicts = of(call(4, 20, 980, 7), 5, "openai");
    assert_eq!(totals(&in_every_way(&[outer, inner, later, same_source, contradicts])).0, 4);
}

/// Calls of one session, each reported by some of span, log and transcript.
fn session() -> impl Strategy<Value = (Vec<Span>, u64, usize)> {
    let one = (any::<[bool; 3]>(), 1_u64..1000, 0_i64..900, any::<bool>());
    proptest::collection::vec(one, 1..12).prop_map(|calls| {
        let mut spans = Vec::new();
        let (mut input, mut count) = (0, 0);
        for (number, ([as_span, as_log, as_file], tokens, jitter, with_id)) in (0_u64..).zip(calls) {
            let start = number as i64 * 4000;
            let id = |span: Span| if with_id { with_response(span, &format!("r{number}")) } else { span };
            if as_span {
                spans.push(id(meeting_in("s", call(number * 3, start, start + 1000, tokens))));
            }
            if as_log {
                let log = call(number * 3 + 1, start + jitter, start + 1000, tokens);
                spans.push(id(told(log, Signal::Log, 9)));
            }
            if as_file {
                let line = call(number * 3 + 2, start, start + 1000 + jitter, tokens);
                spans.push(id(told(line, Signal::Transcript, 8)));
            }
            if as_span || as_log || as_file {
                input += tokens;
                count += 1;
            }
        }
        (spans, input, count)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn each_call_counts_once_whatever_told_of_it(
        (spans, input, calls) in session(),
        order in any::<prop::sample::Index>(),
        cut in 1_usize..5,
    ) {
        let mut turned = spans.clone();
        turned.rotate_left(order.index(spans.len().max(1)).min(spans.len()));
        turned.reverse();
        let batches: Vec<_> = turned.chunks(cut).map(<[_]>::to_vec).collect();
        for memory in [1000, 0] {
            let rows = count(&batches, memory);
            prop_assert_eq!(totals(&rows), (calls, input, calls as u64 * 9));
        }
        prop_assert_eq!(count(&batches, 1000), count(&[spans], 1000));
    }
}

#[test]
fn a_log_says_who_pays_and_its_span_which_tool_it_ran_within() {
    let mut run = meeting_in("s", span(0, None, Kind::Tool, 0, 1000));
    run.canonical.tool = Some("ask".into());
    let mut inner = call(1, 10, 900, 120);
    inner.parent_id = Some(span_id(0));
    let mut log = told(call(2, 900, 900, 120), Signal::Log, 9);
    log.canonical.billing = Some(quipu_core::Billing::Subscription);
    log.canonical.tool = Some("another".into());
    let rows = in_every_way(&[run, inner, log]);
    let merged = &rows[&span_id(1)];
    assert_eq!((merged.rule, merged.billing), (Rule::Merged, quipu_core::Billing::Subscription));
    assert_eq!(merged.tool.as_deref(), Some("ask"));
    // The reverse case: the span names no tool.
    let alone = meeting_in("s", call(1, 10, 900, 120));
    let mut log = told(call(2, 900, 900, 120), Signal::Log, 9);
    log.canonical.tool = Some("another".into());
    assert_eq!(in_every_way(&[alone, log])[&span_id(1)].tool.as_deref(), Some("another"));
}

/// Traces of one session, each a call with many steps below it.
fn session_of(traces: u8, steps: u64) -> Vec<Vec<Span>> {
    let trace = |trace: u8| {
        let first = u64::from(trace) * 100_000;
        let begin = i64::from(trace) * 10_000;
        let step = |number| span(first + number, Some(first), Kind::Task, begin, begin + 10);
        let call = call(first, begin, begin + 1_000, 100 + u64::from(trace));
        let spans = std::iter::once(call).chain((1..=steps).map(step));
        spans.map(|span| told(span, Signal::Span, trace)).collect()
    };
    (1..=traces).map(trace).collect()
}

#[test]
fn the_traces_of_a_long_session_are_read_in_parts() {
    const STEPS: u64 = 7_000;
    let traces = session_of(6, STEPS);
    let log = |trace: u8| {
        let begin = i64::from(trace) * 10_000;
        told(call(u64::from(trace), begin + 10, begin + 990, 100 + u64::from(trace)), Signal::Log, 100)
    };
    let logs: Vec<Span> = (1..=6).map(log).collect();
    let whole = count(&[traces.concat(), logs.clone()], 1_000_000);
    let store = Nodes::default();
    let mut rows = Rows::new();
    for spans in [traces.concat(), logs] {
        // Each batch finds a ledger that knows nothing.
        let mut ledger = Ledger::new(0);
        let mut batch = Batch { spans: spans.clone(), ..Batch::default() };
        now(ledger.count(&mut batch, &store)).unwrap();
        store.keep(&spans);
        keep(&mut rows, batch.costs);
    }
    assert_eq!(rows, whole);
    assert_eq!(totals(&rows).0, 6, "each log is the echo of its call");
    assert!(store.most() > 0 && store.most() <= 16_384, "{} nodes at once", store.most());
}
