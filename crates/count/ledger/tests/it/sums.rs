//! Tests: the total of an agent's run, and the calls of other traces that it sums up.

use quipu_core::{Kind, Span, SpanId, Timestamp, TraceId, Usage};

use crate::evidence::{HOUR, MS, plain, record};
use crate::identity::{NAMELESS, of, on, truth};

/// An agent's run from `start` to `end` milliseconds with a total.
fn agent(name: &str, start: i64, end: i64, input: u64, output: u64) -> Span {
    let at = |millis: i64| Timestamp::from_nanos(HOUR + millis * MS);
    let (trace, id) = (TraceId::made_of(&["sums", name]), SpanId::made_of(&["sums", name]));
    let mut agent = Span::new(trace, id, name, at(start), at(end));
    agent.canonical.kind = Kind::Agent;
    agent.canonical.agent = Some(name.into());
    agent.canonical.convention = "agents".into();
    agent.canonical.usage = Some(Usage { input: Some(input), output: Some(output), ..Usage::default() });
    agent
}

/// Three calls of 100 input and 20 output tokens, in traces of their own, `apart` milliseconds apart.
fn calls(apart: i64) -> [Span; 3] {
    [0, 1, 2].map(|number| record(number, &truth(10 + number as i64 * apart, 100, 20), 2, plain()))
}

fn with(agent: Span, calls: &[Span]) -> (usize, u64, u64, u64) {
    let mut spans = vec![agent];
    spans.extend_from_slice(calls);
    of(&spans)
}

#[test]
fn a_total_yields_to_the_calls_of_its_time_that_it_sums_up() {
    for (apart, length) in [(600, 2_000), (20_000, 50_000), (180_000, 400_000)] {
        let agent = agent("helper", 0, length, 300, 60);
        assert_eq!(with(agent, &calls(apart)), (3, 300, 60, 150), "{apart} ms apart");
    }
}

#[test]
fn a_total_that_is_no_sum_of_calls_counts() {
    let calls = calls(600);
    assert_eq!(with(agent("helper", 0, 2_000, 301, 60), &calls).1, 601, "another total");
    assert_eq!(with(agent("helper", 0, 1_000, 300, 60), &calls).1, 600, "a call ends later");
    assert_eq!(with(agent("helper", 5_000, 9_000, 300, 60), &calls).1, 600, "another time");
    let elsewhere = on(agent("helper", 0, 2_000, 300, 60), &[("service.instance.id", "another")]);
    assert_eq!(with(elsewhere, &calls).1, 600, "another process");
    assert_eq!(with(agent("helper", 0, 2_000, 300, 60), &[]), (0, 300, 60, 0), "no call at all");
}

#[test]
fn each_call_counts_once_below_a_total_even_if_two_instrumentations_tell_it() {
    let twice: Vec<Span> = (0..3)
        .flat_map(|number| {
            [1, 2].map(|scope| record(number, &truth(10 + number as i64 * 600, 100, 20), scope, NAMELESS))
        })
        .collect();
    assert_eq!(with(agent("helper", 0, 2_000, 300, 60), &twice), (3, 300, 60, 150));
}

#[test]
fn calls_within_other_traces_do_not_hide_those_that_are_summed_up() {
    let mut spans = calls(600).to_vec();
    let mut other = record(9, &truth(700, 5_000, 1), 2, NAMELESS);
    other.parent_id = Some(SpanId::made_of(&["sums", "other"]));
    let root =
        Span::new(other.trace_id, SpanId::made_of(&["sums", "other"]), "job", other.start, other.start);
    spans.extend([root, other]);
    assert_eq!(with(agent("helper", 0, 2_000, 300, 60), &spans), (4, 5_300, 61, 2_650));
}

#[test]
fn agents_one_after_the_other_each_yield_to_their_own_calls() {
    let mut spans = vec![agent("first", 0, 2_000, 300, 60), agent("second", 3_000, 5_000, 300, 60)];
    spans.extend(calls(600));
    spans.extend(
        [3, 4, 5]
            .map(|number| record(number, &truth(3_010 + (number as i64 - 3) * 600, 100, 20), 2, plain())),
    );
    assert_eq!(of(&spans), (6, 600, 120, 300));
}
