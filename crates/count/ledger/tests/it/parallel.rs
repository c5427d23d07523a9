//! Tests: parallel calls whose records nest in several ways count once each.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_core::{Kind, Scope, Span, SpanId, Timestamp, TraceId, Usage};

use crate::evidence::{HOUR, count, totals};

/// One call, told by a wrapper with usage and by the SDK without. Times in microseconds.
#[derive(Debug, Clone)]
struct Told {
    start: i64,
    /// From the wrapper's start to that of the SDK's record.
    delay: i64,
    millis: i64,
    /// From the end of the SDK's record to that of the wrapper.
    late: i64,
}

fn span(number: usize, scope: &str, start: i64, end: i64) -> Span {
    let names = ["parallel", &number.to_string(), scope];
    let at = |micros: i64| Timestamp::from_nanos(HOUR + micros * 1_000);
    let mut span = Span::new(TraceId::made_of(&names), SpanId::made_of(&names), "chat", at(start), at(end));
    span.scope = Arc::new(Scope { name: scope.into(), ..Scope::default() });
    span.canonical.kind = Kind::Llm;
    span.canonical.request_model = Some("claude-opus-4-1".into());
    span
}

fn records(number: usize, told: &Told) -> [Span; 2] {
    let begun = told.start + told.delay;
    let ended = begun + told.millis * 1_000;
    let mut wrapper = span(number, "langsmith", told.start, ended + told.late);
    wrapper.canonical.usage =
        Some(Usage { input: Some(270 + number as u64), output: Some(40), ..Usage::default() });
    wrapper.canonical.response_id = Some(format!("msg_cfcdcada4f07{number:04}").into());
    [wrapper, span(number, "logfire.anthropic", begun, ended)]
}

/// Counts the calls, one span a batch in the order of `keys`.
fn calls(all: &[Told], keys: &[u8]) -> usize {
    let mut spans: Vec<Span> =
        all.iter().enumerate().flat_map(|(number, told)| records(number, told)).collect();
    spans.sort_by_key(|span| {
        let at = usize::try_from(span.start.nanos().unsigned_abs() / 1_000).unwrap_or_default();
        (keys[at % keys.len()], span.trace_id)
    });
    let batches: Vec<Vec<Span>> = spans.into_iter().map(|span| vec![span]).collect();
    totals(&count(&batches, 10_000)).0
}

#[test]
fn a_record_gives_way_to_one_that_fits_no_other_call() {
    // Three parallel streams of LangSmith's wrapper and Logfire on a busy machine. The second and the third
    // record of Logfire are closest to the first and the second wrapper, which leaves the first one alone.
    let told = |start, delay, micros, end| Told { start, delay, millis: micros, late: end };
    let all =
        [told(408_833, 807, 65, 20_387), told(414_253, 4_182, 77, 11_964), told(426_187, 751, 79, 37_970)];
    assert_eq!(calls(&all, &[0]), 3);
}

fn told() -> impl Strategy<Value = Told> {
    (0_i64..40_000, 0_i64..6_000, 40_i64..90, 0_i64..50_000).prop_map(|(start, delay, millis, late)| Told {
        start,
        delay,
        millis,
        late,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parallel_calls_count_once_each(
        all in proptest::collection::vec(told(), 1..7),
        keys in proptest::collection::vec(any::<u8>(), 16),
    ) {
        prop_assert_eq!(calls(&all, &keys), all.len());
    }
}
