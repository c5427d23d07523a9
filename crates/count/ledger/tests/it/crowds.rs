//! Tests: thousands of parallel calls of one process count once each.

use std::sync::Arc;

use quipu_core::{Kind, Scope, Span, SpanId, Timestamp, TraceId, Usage};

use crate::evidence::{HOUR, MS, count, totals};

/// Spans of a batch.
const BATCH: usize = 512;

/// Form of the record that the second instrumentation writes about a call.
#[derive(Clone, Copy, PartialEq)]
enum Second {
    /// The same tokens.
    Tokens,
    /// No tokens.
    Nothing,
}

/// Parallel calls, each told by two instrumentations.
fn spans(calls: u64, are_alike: bool, second: Second) -> Vec<Span> {
    let mut spans = Vec::new();
    for number in 0..calls {
        for (rank, scope) in [(0, "outer"), (1, "inner")] {
            let names = ["crowds", &number.to_string(), scope];
            // All begin within 3 seconds and run for 20.
            let start = HOUR + number as i64 * MS + rank * MS / 10;
            let end = HOUR + (20_000 + number as i64) * MS - rank * MS / 10;
            let [start, end] = [start, end].map(Timestamp::from_nanos);
            let mut span = Span::new(TraceId::made_of(&names), SpanId::made_of(&names), "chat", start, end);
            span.scope = Arc::new(Scope { name: scope.into(), ..Scope::default() });
            let read = span.canonical.as_mut();
            (read.kind, read.convention) = (Kind::Llm, "test".into());
            read.request_model = Some("gpt-4o".into());
            if rank == 0 || second == Second::Tokens {
                let input = if are_alike { 100 } else { 100 + number };
                read.usage = Some(Usage { input: Some(input), output: Some(10), ..Usage::default() });
            }
            spans.push(span);
        }
    }
    spans
}

/// The counted calls of spans in this order.
fn calls_of(spans: &[Span]) -> usize {
    let batches: Vec<Vec<Span>> = spans.chunks(BATCH).map(<[_]>::to_vec).collect();
    totals(&count(&batches, 100_000)).0
}

fn check_calls(mut spans: Vec<Span>, calls: usize) {
    assert_eq!(calls_of(&spans), calls);
    spans.reverse();
    assert_eq!(calls_of(&spans), calls, "in any order");
}

/// Alike records beyond the limit keep the decision of their traces, and others beside them are compared.
fn check_crowd(are_alike: bool, second: Second) {
    let mut all = spans(1_400, are_alike, second);
    all.extend(spans(1_500, false, Second::Tokens).split_off(2 * 1_400));
    check_calls(all, 2 * 1_400 + 100);
}

fn check(calls: u64, are_alike: bool, second: Second) {
    let spans = spans(calls, are_alike, second);
    let input = if are_alike { 100 * calls } else { 100 * calls + calls * (calls - 1) / 2 };
    let batches: Vec<Vec<Span>> = spans.chunks(BATCH).map(<[_]>::to_vec).collect();
    let counted = totals(&count(&batches, 100_000));
    assert_eq!(counted, (usize::try_from(calls).unwrap(), input, 10 * calls, 0));
}

#[test]
fn thousands_of_parallel_calls_with_own_figures_count_once_each() {
    check(4_000, false, Second::Tokens);
}

#[test]
fn thousands_of_parallel_calls_that_are_alike_count_once_each() {
    check(1_100, true, Second::Tokens);
}

#[test]
fn thousands_of_parallel_calls_of_which_one_record_has_no_figures_count_once_each() {
    check(1_100, false, Second::Nothing);
}

#[test]
fn a_crowd_of_alike_records_is_not_compared() {
    check_crowd(true, Second::Tokens);
}

#[test]
fn a_crowd_of_records_without_figures_is_not_compared() {
    check_crowd(false, Second::Nothing);
}

#[test]
fn records_without_figures_connect_at_most_so_many_others() {
    let mut all = spans(1_600, false, Second::Nothing);
    // Each inner record is within the time of all outer ones.
    for span in all.iter_mut().filter(|span| span.scope.name == "inner") {
        span.start = span.start.plus(5_000 * MS);
        span.end = span.end.map(|end| end.plus(-5_000 * MS));
    }
    let mut number = 0;
    // The last 600 calls have no inner record.
    all.retain(|span| {
        number += 1;
        number <= 2_000 || span.scope.name == "outer"
    });
    check_calls(all, 2_000 + 600);
}

#[test]
fn hundreds_of_records_without_figures_that_begin_late_find_their_calls() {
    for delay in [0, 1_000, 5_000] {
        let mut all = spans(400, false, Second::Nothing);
        for span in all.iter_mut().filter(|span| span.scope.name == "inner") {
            span.start = span.start.plus(delay * MS);
            span.end = span.end.map(|end| end.plus(-delay * MS));
        }
        check_calls(all, 400);
    }
}
