//! Tool runs that only the messages of calls tell of.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_core::{Kind, Scope, Span, Timestamp, ToldCall, ToldResult, ToldRuns, TraceId, hash_of_id};

use crate::world::*;

/// A call that asks for runs, and is given the results of others.
fn call(number: u64, start: i64, asked: &[&str], answered: &[&str]) -> Span {
    let mut span = with_usage(span(number, None, Kind::Llm, start, start + 100), 10 + number, 5);
    let id = hash_of_id;
    let told = ToldRuns {
        asked: asked
            .iter()
            .map(|name| ToldCall { key: id(name), id: id(name), name: "look".into() })
            .collect(),
        answered: answered
            .iter()
            .map(|name| ToldResult {
                key: id(name),
                id: id(name),
                name: None,
                failed: name.starts_with("bad"),
            })
            .collect(),
    };
    span.canonical.told = Some(Box::new(told));
    span
}

fn tool(number: u64, name: &str, id: Option<&str>, start: i64, end: i64) -> Span {
    let mut span = span(number, None, Kind::Tool, start, end);
    span.canonical.tool = Some(name.into());
    span.canonical.tool_call_id = id.map(Into::into);
    span
}

/// Inferred runs: the call that received the result, the earliest start, and whether the run failed.
fn inferred(rows: &Rows) -> Vec<(u64, Option<i64>, bool)> {
    let ms = |time: Timestamp| (time.nanos() - 1_795_000_000_000_000_000) / 1_000_000;
    let number = |span: quipu_core::SpanId| u64::from_be_bytes(*span.as_bytes()) - 1;
    let of_row = |row: &quipu_core::Cost| {
        let id = number(row.span_id);
        row.inferred.iter().map(|run| (id, run.since.map(ms), run.failed)).collect::<Vec<_>>()
    };
    rows.values().flat_map(of_row).collect()
}

fn in_every_way(spans: &[Span]) -> Vec<(u64, Option<i64>, bool)> {
    let one_by_one = |spans: Vec<Span>| spans.into_iter().map(|span| vec![span]).collect::<Vec<_>>();
    let at_once = count(&[spans.to_vec()], 1000);
    for memory in [1000, 0] {
        let reversed: Vec<Span> = spans.iter().rev().cloned().collect();
        assert_eq!(count(&one_by_one(spans.to_vec()), memory), at_once);
        assert_eq!(count(&one_by_one(reversed.clone()), memory), at_once);
        let twice = [one_by_one(reversed), one_by_one(spans.to_vec())].concat();
        assert_eq!(count(&twice, memory), at_once);
    }
    inferred(&at_once)
}

#[test]
fn a_run_lies_between_the_call_that_asked_and_the_call_that_was_answered() {
    let spans = [call(0, 0, &["a"], &[]), call(1, 500, &[], &["a"])];
    assert_eq!(in_every_way(&spans), [(1, Some(100), false)]);
}

#[test]
fn a_call_that_is_tried_again_and_a_second_record_of_it_tell_of_the_same_run() {
    let spans = [call(0, 0, &["bad"], &[]), call(1, 500, &[], &["bad"]), call(2, 700, &[], &["bad"])];
    assert_eq!(in_every_way(&spans), [(1, Some(100), true)]);
}

#[test]
fn a_tool_call_without_a_result_is_no_run() {
    assert_eq!(in_every_way(&[call(0, 0, &["a"], &[]), call(1, 500, &[], &[])]), []);
}

#[test]
fn a_run_with_a_span_is_not_inferred() {
    let calls = [call(0, 0, &["a"], &[]), call(1, 500, &[], &["a"])];
    let with = |tool: Span| in_every_way(&[calls[0].clone(), tool, calls[1].clone()]);
    assert_eq!(with(tool(2, "renamed", Some("a"), 900, 950)), [], "the id says so, wherever it ran");
    assert_eq!(with(tool(2, "server__look", None, 200, 300)), [], "name and time say so");
    assert_eq!(with(tool(2, "look", None, 900, 950)).len(), 1, "after the result");
    assert_eq!(with(tool(2, "other", None, 200, 300)).len(), 1, "another tool");
}

#[test]
fn one_span_stands_for_one_run() {
    let spans =
        [call(0, 0, &["a", "b"], &[]), tool(2, "look", None, 200, 300), call(1, 500, &[], &["a", "b"])];
    assert_eq!(in_every_way(&spans).len(), 1);
}

/// The calls of a conversation, each told by a framework in one trace and by an SDK in a trace of its own.
fn told_twice() -> Vec<Span> {
    let calls = [call(0, 0, &["a"], &[]), call(1, 500, &[], &["a"])];
    let record = |span: &Span, at: usize, scope: &str| {
        let mut span = with_response(span.clone(), &format!("chatcmpl-0000000{at}"));
        span.scope = Arc::new(Scope { name: scope.into(), ..Scope::default() });
        span
    };
    let by_sdk = |at: usize| {
        let mut span = record(&calls[at], at, "opentelemetry.instrumentation.openai.v1");
        span.trace_id = TraceId::made_of(&["told twice", &at.to_string()]);
        span.span_id = span_id(100 + at as u64);
        span
    };
    let by_framework = |at: usize| record(&calls[at], at, "openinference.instrumentation.langchain");
    vec![by_framework(0), by_sdk(0), by_framework(1), by_sdk(1)]
}

#[test]
fn a_span_in_the_trace_of_one_record_is_known_to_the_others() {
    assert_eq!(in_every_way(&told_twice()).len(), 1);
    for at in 0..4 {
        let mut spans = told_twice();
        spans.insert(at, tool(2, "look", None, 200, 300));
        assert_eq!(in_every_way(&spans), []);
    }
}

#[test]
fn three_records_of_a_call_tell_of_one_run() {
    // Two instrumentations nest in one trace, and a third has a trace of its own.
    let mut spans = told_twice();
    for (at, within) in [(0, 0), (1, 500)] {
        let mut inner =
            call(10 + at, within + 1, if at == 0 { &["a"] } else { &[] }, if at == 0 { &[] } else { &["a"] });
        inner.canonical.usage.clone_from(&spans[2 * at as usize].canonical.usage);
        inner.end = Some(Timestamp::from_nanos(inner.start.nanos() + 98_000_000));
        inner.parent_id = Some(spans[2 * at as usize].span_id);
        inner.canonical.response_id.clone_from(&spans[2 * at as usize].canonical.response_id);
        inner.scope = Arc::new(Scope { name: "logfire.openai".into(), ..Scope::default() });
        spans.push(inner);
    }
    assert_eq!(in_every_way(&spans).len(), 1);
}

proptest! {
    /// Each turn has some runs. Those without a span are inferred, in whatever batches the spans arrive.
    #[test]
    fn all_runs_without_a_span_are_inferred(
        turns in prop::collection::vec(prop::collection::vec((any::<bool>(), any::<bool>()), 0..4), 1..6),
        cuts in prop::collection::vec(1_usize..5, 1..4),
        seed in any::<prop::sample::Index>(),
    ) {
        let (mut spans, mut given, mut want) = (Vec::new(), Vec::new(), 0);
        for (turn, runs) in turns.iter().chain([&Vec::new()]).enumerate() {
            let start = 1_000 * i64::try_from(turn).unwrap();
            let names: Vec<String> = (0..runs.len()).map(|run| format!("call_{turn}_{run}")).collect();
            let ids: Vec<&str> = names.iter().map(String::as_str).collect();
            let before: Vec<&str> = given.iter().map(String::as_str).collect();
            spans.push(call(100 * turn as u64, start, &ids, &before));
            for (at, (has_span, has_id)) in runs.iter().enumerate() {
                let id = has_id.then_some(ids[at]);
                if *has_span {
                    spans.push(tool(100 * turn as u64 + 1 + at as u64, "look", id, start + 200, start + 300));
                } else {
                    want += 1;
                }
            }
            given = names;
        }
        let at_once = count(&[spans.clone()], 1000);
        prop_assert_eq!(inferred(&at_once).len(), want);
        let middle = seed.index(spans.len());
        spans.rotate_left(middle);
        let mut sizes = cuts.iter().cycle();
        let (mut batches, mut rest) = (Vec::new(), spans.as_slice());
        while !rest.is_empty() {
            let (batch, left) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            batches.push(batch.to_vec());
            rest = left;
        }
        prop_assert_eq!(count(&batches, 0), at_once);
    }
}
