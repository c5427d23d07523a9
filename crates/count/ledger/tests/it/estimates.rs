//! Estimated usage stands in only where no record says what a call used.

use quipu_core::{Cost, Kind, Span, TokenSpread, UsageEstimate};

use crate::world::*;

fn estimated(number: u64, parent: Option<u64>, start: i64, end: i64) -> Span {
    let mut span = with_model(span(number, parent, Kind::Llm, start, end), "gpt-4o");
    let tokens = TokenSpread { low: 1, expected: 2, high: 3 };
    span.canonical.estimate = Some(Box::new(UsageEstimate { input: tokens, output: tokens, cost: None }));
    span
}

fn estimates(spans: Vec<Span>) -> usize {
    let reversed: Vec<Vec<Span>> = spans.iter().rev().map(|span| vec![span.clone()]).collect();
    let rows = count(&[spans], 1000);
    assert_eq!(count(&reversed, 0), rows);
    rows.values().filter_map(Cost::estimated).count()
}

#[test]
fn a_call_of_which_nothing_says_the_usage_has_its_estimate() {
    assert_eq!(estimates(vec![estimated(0, None, 0, 100)]), 1);
    assert_eq!(estimates(vec![with_usage(estimated(0, None, 0, 100), 10, 1)]), 0);
}

#[test]
fn usage_in_another_record_of_the_call_wins() {
    let outer = with_usage(with_model(span(0, None, Kind::Llm, 0, 100), "gpt-4o"), 10, 1);
    assert_eq!(estimates(vec![outer, estimated(1, Some(0), 1, 99)]), 0);
    let silent = with_model(span(0, None, Kind::Llm, 0, 100), "gpt-4o");
    assert_eq!(estimates(vec![silent, estimated(1, Some(0), 1, 99)]), 1);
}

#[test]
fn a_call_below_a_span_that_holds_the_usage_has_none() {
    let agent = with_usage(span(0, None, Kind::Agent, 0, 200), 10, 1);
    assert_eq!(estimates(vec![agent, estimated(1, Some(0), 10, 90)]), 0);
}
