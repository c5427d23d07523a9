//! One call told by several instrumentations, in traces of their own: whatever they leave out, it counts once.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use quipu_core::{Batch, Cost, Kind, Scope, Span, SpanId, Timestamp, TraceId, Usage};
use quipu_ledger::Ledger;

use crate::world::{Nodes, now};

const MS: i64 = 1_000_000;
/// Some full hour.
const HOUR: i64 = 1_794_999_600_000 * MS;

/// Instrumentations that are installed together: their scopes, from the outermost to the innermost.
const SCOPES: [&str; 4] = [
    "openinference.instrumentation.langchain",
    "opentelemetry.instrumentation.langchain",
    "opentelemetry.instrumentation.openai.v1",
    "com.anthropic.sdk.python",
];

/// A call as it was made.
#[derive(Debug, Clone)]
struct Truth {
    start: i64,
    millis: i64,
    input: u64,
    output: u64,
    failed: bool,
}

/// What a record leaves out.
#[derive(Debug, Clone, Copy)]
struct Faults {
    id: bool,
    usage: bool,
    cached: bool,
    /// Milliseconds by which it ends later than the call's inner records do.
    late: i64,
}

fn record(number: usize, truth: &Truth, scope: usize, faults: Faults) -> Span {
    let outer = (SCOPES.len() - scope) as i64;
    let at = |millis: i64| Timestamp::from_nanos(HOUR + millis * MS);
    let trace = TraceId::made_of(&["evidence", &number.to_string(), &scope.to_string()]);
    let id = SpanId::made_of(&["evidence", &number.to_string(), &scope.to_string()]);
    let end = truth.start + truth.millis + outer + faults.late;
    let mut span = Span::new(trace, id, "chat", at(truth.start - outer), at(end));
    span.scope = Arc::new(Scope { name: SCOPES[scope].into(), ..Scope::default() });
    let read = span.canonical.as_mut();
    read.kind = Kind::Llm;
    read.convention = "test".into();
    read.request_model = Some("gpt-4o".into());
    if truth.failed {
        read.error_type = Some("429".into());
        return span;
    }
    read.response_id = (!faults.id).then(|| format!("chatcmpl-{number:08}").into());
    read.usage = (!faults.usage).then(|| Usage {
        input: Some(truth.input),
        output: Some(truth.output),
        cache_read: Some(if faults.cached { 0 } else { truth.input / 2 }),
        ..Usage::default()
    });
    span
}

/// The latest row of each span.
fn count(batches: &[Vec<Span>], memory: usize) -> BTreeMap<(TraceId, SpanId), Cost> {
    let store = Nodes::default();
    let mut ledger = Ledger::new(memory);
    let mut rows = BTreeMap::new();
    for spans in batches {
        let mut batch = Batch { spans: spans.clone(), ..Batch::default() };
        now(ledger.count(&mut batch, &store)).unwrap();
        store.keep(spans);
        rows.extend(
            batch.costs.into_iter().map(|cost| ((cost.trace_id, cost.span_id), Cost { version: 0, ..cost })),
        );
    }
    rows
}

fn totals(rows: &BTreeMap<(TraceId, SpanId), Cost>) -> (usize, u64, u64, u64) {
    let counted = || rows.values().filter(|row| row.counts());
    let sum = |part: fn(&Usage) -> Option<u64>| counted().filter_map(|row| part(row.usage.as_ref()?)).sum();
    (
        counted().filter(|row| row.is_call()).count(),
        sum(|usage| usage.input),
        sum(|usage| usage.output),
        sum(|usage| usage.cache_read),
    )
}

fn truth() -> impl Strategy<Value = Truth> {
    (0_i64..240_000, 100_i64..4_000, 1_u64..2_000, 1_u64..500, proptest::bool::weighted(0.1)).prop_map(
        |(start, millis, input, output, failed)| Truth {
            start: start - 120_000,
            millis,
            input,
            output,
            failed,
        },
    )
}

fn faults() -> impl Strategy<Value = Faults> {
    (proptest::bool::weighted(0.5), proptest::bool::weighted(0.2), proptest::bool::weighted(0.3), 0_i64..3)
        .prop_map(|(id, usage, cached, late)| Faults { id, usage, cached, late })
}

type World = (Vec<Truth>, Vec<Vec<Faults>>, [bool; 4]);

fn world() -> impl Strategy<Value = World> {
    (1_usize..8)
        .prop_flat_map(|calls| {
            let faults = proptest::collection::vec(proptest::collection::vec(faults(), 4), calls);
            (proptest::collection::vec(truth(), calls), faults, any::<[bool; 4]>())
        })
        .prop_filter("one instrumentation at least", |(_, _, installed)| installed.contains(&true))
}

fn spans((truths, faults, installed): &World) -> Vec<Span> {
    let mut spans = Vec::new();
    for (number, truth) in truths.iter().enumerate() {
        for scope in (0..SCOPES.len()).filter(|scope| installed[*scope]) {
            spans.push(record(number, truth, scope, faults[number][scope]));
        }
    }
    spans
}

/// What the calls came to, as far as a record of each told it.
fn expected((truths, faults, installed): &World) -> (usize, u64, u64, u64) {
    let mut sums = (truths.len(), 0, 0, 0);
    for (truth, faults) in truths.iter().zip(faults).filter(|(truth, _)| !truth.failed) {
        let told = || faults.iter().zip(installed).filter(|(faults, installed)| **installed && !faults.usage);
        sums.1 += told().next().map_or(0, |_| truth.input);
        sums.2 += told().next().map_or(0, |_| truth.output);
        sums.3 += told().find(|(faults, _)| !faults.cached).map_or(0, |_| truth.input / 2);
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_count_is_the_truth(world in world()) {
        prop_assert_eq!(totals(&count(&[spans(&world)], 1_000)), expected(&world));
    }

    #[test]
    fn neither_order_nor_memory_matters(world in world(), cut in 1_usize..4, seed in any::<u64>()) {
        let spans = spans(&world);
        let at_once = count(std::slice::from_ref(&spans), 1_000);
        let mut other = spans;
        other.sort_by_key(|span| span.span_id.to_string().bytes().fold(seed, |sum, byte| sum.rotate_left(7) ^ u64::from(byte)));
        let parts: Vec<_> = other.chunks(cut).map(<[_]>::to_vec).collect();
        prop_assert_eq!(&count(&parts, 1_000), &at_once);
        prop_assert_eq!(&count(&parts, 0), &at_once);
    }
}

fn plain() -> Faults {
    Faults { id: false, usage: false, cached: false, late: 0 }
}

#[test]
fn calls_that_one_instrumentation_tells_are_never_joined() {
    let truth = Truth { start: 0, millis: 500, input: 10, output: 1, failed: false };
    let spans = (0..50).map(|number| record(number, &truth, 2, Faults { id: true, ..plain() })).collect();
    assert_eq!(totals(&count(&[spans], 1_000)).0, 50);
}

#[test]
fn parallel_calls_that_are_alike_stay_as_many_as_they_are() {
    let truth = |number: i64| Truth { start: number * 3, millis: 500, input: 10, output: 1, failed: false };
    let told = |number: usize| {
        [0, 2, 3].map(|scope| record(number, &truth(number as i64), scope, Faults { id: true, ..plain() }))
    };
    let spans = (0..20).flat_map(told).collect();
    assert_eq!(totals(&count(&[spans], 1_000)), (20, 200, 20, 100));
}

#[test]
fn a_pair_over_a_full_hour_is_one_call() {
    let truth = Truth { start: 1, millis: 20, input: 10, output: 2, failed: false };
    let spans = vec![record(0, &truth, 0, plain()), record(0, &truth, 2, plain())];
    assert!(spans[0].start < Timestamp::from_nanos(HOUR) || spans[1].start < Timestamp::from_nanos(HOUR));
    assert_eq!(totals(&count(&[spans], 1_000)).0, 1);
}

#[test]
fn the_providers_own_sdk_knows_best() {
    let truth = Truth { start: 0, millis: 20, input: 10, output: 30, failed: false };
    let own = Truth { output: 29, ..truth.clone() };
    let spans = vec![record(0, &truth, 2, plain()), record(0, &own, 3, plain())];
    assert_eq!(totals(&count(&[spans], 1_000)), (1, 10, 29, 5));
}

#[test]
fn usage_in_a_record_of_its_own_is_the_calls() {
    let truth = Truth { start: 0, millis: 900, input: 10, output: 30, failed: false };
    let call = record(0, &truth, 3, plain());
    let mut told = record(1, &Truth { start: 905, millis: 0, ..truth }, 1, Faults { id: true, ..plain() });
    told.canonical.kind = Kind::Other;
    assert_eq!(totals(&count(&[vec![call, told]], 1_000)), (1, 10, 30, 5));
}

#[test]
fn calls_of_two_processes_are_two() {
    let truth = Truth { start: 0, millis: 900, input: 10, output: 30, failed: false };
    let [one, mut other] = [0, 2].map(|scope| record(scope, &truth, scope, Faults { id: true, ..plain() }));
    let attributes = [("service.instance.id", "another")].into_iter().collect();
    other.resource = Arc::new(quipu_core::Resource { attributes, ..Default::default() });
    assert_eq!(totals(&count(&[vec![one, other]], 1_000)).0, 2);
}
