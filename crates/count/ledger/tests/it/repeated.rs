//! Records that repeat the usage of the call before them, and events within calls.

use quipu_core::{Kind, Span};

use crate::world::*;

fn chat(number: u64, start: i64, end: i64) -> Span {
    let mut call = with_usage(with_model(span(number, Some(0), Kind::Llm, start, end), "gpt-4o"), 100, 20);
    call.canonical.operation = Some("chat".into());
    call
}

/// A record without duration and operation.
fn record(number: u64, at: i64, input: u64) -> Span {
    with_usage(with_model(span(number, Some(0), Kind::Llm, at, at), "gpt-4o"), input, 20)
}

/// Calls, input and output, whatever the order.
fn counted(spans: Vec<Span>) -> (usize, u64, u64) {
    let reversed: Vec<Vec<Span>> = spans.iter().rev().map(|span| vec![span.clone()]).collect();
    let rows = count(&[spans], 1000);
    assert_eq!(totals(&count(&reversed, 1000)), totals(&rows), "in reverse");
    totals(&rows)
}

#[test]
fn a_record_without_time_right_after_a_call_repeats_it() {
    let agent = span(0, None, Kind::Agent, 0, 500);
    let calls = vec![agent, chat(1, 0, 90), record(2, 91, 100), chat(3, 100, 200), record(4, 201, 100)];
    assert_eq!(counted(calls), (2, 200, 40));
}

#[test]
fn a_record_of_other_figures_or_of_an_earlier_time_is_a_call() {
    let agent = || span(0, None, Kind::Agent, 0, 9_000);
    assert_eq!(counted(vec![agent(), chat(1, 0, 90), record(2, 91, 101)]), (2, 201, 40));
    assert_eq!(counted(vec![agent(), chat(1, 50, 90), record(2, 10, 100)]), (2, 200, 40));
    assert_eq!(counted(vec![agent(), chat(1, 0, 90), record(2, 5_000, 100)]), (2, 200, 40));
    assert_eq!(counted(vec![agent(), record(1, 10, 100)]), (1, 100, 20), "the only record of its usage");
}

#[test]
fn each_call_is_repeated_once() {
    let agent = span(0, None, Kind::Agent, 0, 500);
    let parallel = vec![agent, chat(1, 0, 90), chat(2, 0, 92), record(3, 93, 100), record(4, 94, 100)];
    assert_eq!(counted(parallel), (2, 200, 40));
    let agent = span(0, None, Kind::Agent, 0, 500);
    assert_eq!(counted(vec![agent, chat(1, 0, 90), chat(2, 0, 92)]), (2, 200, 40));
}

#[test]
fn a_child_of_a_call_without_model_and_usage_is_no_call() {
    let call = || with_usage(with_model(span(0, None, Kind::Llm, 0, 500), "gpt-4o"), 100, 20);
    let chunk = |number: u64| span(number, Some(0), Kind::Llm, 10, 15);
    assert_eq!(counted(vec![call(), chunk(1), chunk(2), chunk(3)]), (1, 100, 20));
    let silent = with_model(span(0, None, Kind::Llm, 0, 500), "gpt-4o");
    assert_eq!(counted(vec![silent, chunk(1), chunk(2)]), (1, 0, 0));
    let agent = span(0, None, Kind::Agent, 0, 500);
    assert_eq!(counted(vec![agent, chunk(1), chunk(2)]), (2, 0, 0), "no call is above");
}
