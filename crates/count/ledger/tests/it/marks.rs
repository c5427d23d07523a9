//! Tests: records that have only the text of the answer, the request or the class of a failure in common.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_core::{
    CallMarks, Kind, Meeting, RequestMark, Resource, Scope, Span, SpanId, Status, TextMark, Timestamp,
    TraceId, Usage,
};

use crate::evidence::{HOUR, MS, count, totals};
use crate::world::cases;

/// A wrapper that counts tokens itself, and the provider's own SDK.
const WRAPPER: &str = "home.made.wrapper";
const SDK: &str = "com.anthropic.sdk.python";

/// Answers of parallel calls.
const ANSWERS: [&str; 4] = [
    "The capital of France is Paris, on the river Seine.",
    "Berlin lies on the Spree and has been the capital since 1990.",
    "Rome was not built in a day, and is older than most capitals.",
    "I cannot say which city that was: the text names none at all.",
];

fn span(number: usize, scope: &str, [start, end]: [i64; 2]) -> Span {
    let names = ["marks", &number.to_string(), scope];
    let at = |millis: i64| Timestamp::from_nanos(HOUR + millis * MS);
    let mut span = Span::new(TraceId::made_of(&names), SpanId::made_of(&names), "chat", at(start), at(end));
    span.scope = Arc::new(Scope { name: scope.into(), ..Scope::default() });
    span.canonical.kind = Kind::Llm;
    span.canonical.convention = "test".into();
    span.canonical.request_model = Some("claude-sonnet-4-5".into());
    span
}

fn answered(mut span: Span, answer: &str, [input, output]: [u64; 2]) -> Span {
    span.canonical.marks.text = TextMark::of([answer].into_iter(), true);
    span.canonical.usage = Some(Usage { input: Some(input), output: Some(output), ..Usage::default() });
    span
}

fn requested(mut span: Span, id: &str) -> Span {
    span.canonical.marks.request = RequestMark::of(id, false);
    span
}

fn failed(mut span: Span, error: &str, message: &str) -> Span {
    span.status = Status::Error;
    span.canonical.error_type = Some(error).filter(|error| !error.is_empty()).map(Into::into);
    span.status_message = message.into();
    span
}

fn calls(spans: Vec<Span>) -> usize {
    totals(&count(&[spans], 1_000)).0
}

/// A call of which the wrapper's tokens are wrong, and times in milliseconds.
#[derive(Debug, Clone)]
struct Told {
    start: i64,
    millis: i64,
    /// Delays of the wrapper's start and end.
    late: [i64; 2],
    tokens: [u64; 2],
    /// Tokens that the wrapper counts too much.
    more: u64,
    answer: usize,
    apart: bool,
}

fn told() -> impl Strategy<Value = Told> {
    let times = (0_i64..200, 400_i64..2_000, (0_i64..60, 0_i64..60));
    let figures = (100_u64..4_000, 20_u64..400, 20_u64..300);
    (times, figures, 0..ANSWERS.len(), any::<bool>()).prop_map(|(times, figures, answer, apart)| Told {
        start: times.0,
        millis: times.1,
        late: [times.2.0, times.2.1],
        tokens: [figures.0, figures.1],
        more: figures.2,
        answer,
        apart,
    })
}

/// The two records of a call. Each answer is another one if `differ`, else parallel calls may have the same.
fn records(number: usize, told: &Told, differ: bool) -> [Span; 2] {
    let answer =
        if differ { format!("{number} {} {number}", ANSWERS[told.answer]) } else { ANSWERS[0].into() };
    let [input, output] = told.tokens;
    let sdk = span(number, SDK, [told.start, told.start + told.millis]);
    let times = [told.start + told.late[0], told.start + told.millis + told.late[1]];
    let wrapper = span(number, WRAPPER, if told.apart { times } else { [told.start - 2, times[1]] });
    [answered(sdk, &answer, told.tokens), answered(wrapper, &answer, [input + told.more, output + told.more])]
}

fn sums(all: &[Told]) -> (usize, u64, u64, u64) {
    let sum = |at: usize| all.iter().map(|told| told.tokens[at]).sum();
    (all.len(), sum(0), sum(1), 0)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_text_of_the_answer_alone_joins_records_of_parallel_calls(
        all in proptest::collection::vec(told(), 1..7),
        differ in any::<bool>(),
        cut in 1_usize..4,
        seed in any::<u64>(),
    ) {
        let mut spans: Vec<Span> =
            all.iter().enumerate().flat_map(|(number, told)| records(number, told, differ)).collect();
        let at_once = count(std::slice::from_ref(&spans), 1_000);
        prop_assert_eq!(totals(&at_once), sums(&all));
        spans.sort_by_key(|span| {
            span.span_id.to_string().bytes().fold(seed, |sum, byte| sum.rotate_left(7) ^ u64::from(byte))
        });
        let parts: Vec<_> = spans.chunks(cut).map(<[_]>::to_vec).collect();
        prop_assert_eq!(&count(&parts, 1_000), &at_once);
        prop_assert_eq!(&count(&parts, 0), &at_once);
    }

    #[test]
    fn failures_that_two_instrumentations_name_differently_count_once_each(
        all in proptest::collection::vec((0_i64..300, 5_i64..900, 0_i64..80, 0_usize..4), 1..6),
    ) {
        // One record has the class, the other the message or nothing.
        let names = [
            ("RateLimitError", "Error code: 429 - {'error': 'slow down'}"),
            ("APITimeoutError", "Request timed out."),
            ("AuthenticationError", ""),
            ("BadRequestError", "This model's maximum context length is 8192 tokens"),
        ];
        let mut spans = Vec::new();
        for (number, (start, millis, late, name)) in all.iter().enumerate() {
            let (error, message) = names[*name];
            // Parallel failures of one process are told in one order.
            let start = start + number as i64 * 1_000;
            spans.push(failed(span(number, SDK, [start, start + millis]), error, ""));
            spans.push(failed(span(number, WRAPPER, [start - 1, start + millis + late]), "", message));
        }
        prop_assert_eq!(calls(spans), all.len());
    }
}

#[test]
fn the_closest_pair_gives_way_if_parallel_answers_are_equal() {
    // The wrapper's record of the second call begins and ends closest to the SDK's record of the first one.
    let told = |start, millis, late| Told {
        start,
        millis,
        late,
        tokens: [100, 20],
        more: 20,
        answer: 0,
        apart: true,
    };
    let all = [told(131, 1_027, [38, 36]), told(98, 555, [32, 28])];
    let spans = all.iter().enumerate().flat_map(|(number, told)| records(number, told, false)).collect();
    assert_eq!(totals(&count(&[spans], 1_000)), sums(&all));
}

#[test]
fn calls_with_different_answers_are_two_although_their_tokens_are_equal() {
    let one = |scope, answer| answered(span(1, scope, [0, 800]), answer, [120, 30]);
    assert_eq!(calls(vec![one(SDK, ANSWERS[0]), one(WRAPPER, ANSWERS[1])]), 2);
    assert_eq!(calls(vec![one(SDK, ANSWERS[0]), one(WRAPPER, ANSWERS[0])]), 1);
    let cut = &ANSWERS[0][..40];
    assert_eq!(calls(vec![one(SDK, ANSWERS[0]), one(WRAPPER, cut)]), 1, "a part of the answer");
}

#[test]
fn an_answer_without_usage_is_of_the_call_with_that_answer() {
    let mut bare = answered(span(1, WRAPPER, [120, 920]), ANSWERS[0], [0, 0]);
    bare.canonical.usage = None;
    bare.canonical.request_model = None;
    let told = answered(span(1, SDK, [0, 800]), ANSWERS[0], [120, 30]);
    let other = answered(span(2, SDK, [10, 900]), ANSWERS[1], [120, 30]);
    assert_eq!(totals(&count(&[vec![bare, told, other]], 1_000)), (2, 240, 60, 0));
}

#[test]
fn the_providers_request_id_joins_records_with_other_tokens_and_no_answer() {
    let id = "req_011CSHoEeqs5C35K2UUqR7Fy";
    let told = |scope, times, tokens| requested(answered(span(1, scope, times), "", tokens), id);
    let sdk = told(SDK, [0, 800], [120, 30]);
    assert_eq!(calls(vec![sdk.clone(), told(WRAPPER, [5, 1_400], [300, 90])]), 1);
    assert_eq!(calls(vec![sdk.clone(), told(WRAPPER, [2_000, 2_400], [300, 90])]), 2, "long after");
    let other = requested(answered(span(2, SDK, [1, 790]), "", [120, 30]), "req_011CSHoEeqs5C35K2UUqR7Fz");
    assert_eq!(calls(vec![sdk, other]), 2);
}

#[test]
fn a_programs_own_request_id_does_not_join_calls_with_other_tokens() {
    let id = "5f0c7a3e9d1b4c6a8e2f";
    let told = |scope, tokens| requested(answered(span(1, scope, [0, 800]), "", tokens), id);
    assert_eq!(calls(vec![told(SDK, [120, 30]), told(WRAPPER, [300, 90])]), 2);
}

#[test]
fn failures_of_two_kinds_are_two_calls() {
    let told = |scope, error| failed(span(1, scope, [0, 100]), error, "");
    assert_eq!(calls(vec![told(SDK, "RateLimitError"), told(WRAPPER, "AuthenticationError")]), 2);
    assert_eq!(calls(vec![told(SDK, "RateLimitError"), told(WRAPPER, "")]), 1);
    let late = failed(span(1, WRAPPER, [150, 650]), "RateLimitError", "");
    let begun = failed(span(1, SDK, [0, 500]), "RateLimitError", "");
    assert_eq!(calls(vec![begun, late]), 1, "one class, most of the time in common");
}

#[test]
fn marks_join_records_of_one_process_only() {
    let in_process = |mut span: Span, pid: &str| {
        let attributes = [("host.name", "a"), ("process.pid", pid)];
        span.resource =
            Arc::new(Resource { attributes: attributes.into_iter().collect(), ..Resource::default() });
        span.canonical.meeting = None::<Meeting>;
        span
    };
    let told = |scope, tokens| answered(span(1, scope, [0, 800]), ANSWERS[0], tokens);
    let sdk = in_process(told(SDK, [120, 30]), "1");
    assert_eq!(calls(vec![sdk.clone(), in_process(told(WRAPPER, [180, 50]), "2")]), 2);
    assert_eq!(calls(vec![sdk, in_process(told(WRAPPER, [180, 50]), "1")]), 1);
    assert_eq!(CallMarks::default().text, None);
}

#[test]
fn a_clients_own_count_yields_to_a_record_that_read_the_answer_without_usage() {
    let counted = |convention: &str| {
        let mut span = answered(span(0, WRAPPER, [0, 84]), ANSWERS[0], [14, 10]);
        span.canonical.convention = convention.into();
        span.canonical.usage.iter_mut().for_each(|usage| usage.estimated = true);
        span
    };
    let mut read = answered(span(1, SDK, [1, 85]), ANSWERS[0], [0, 0]);
    read.canonical.usage = None;
    let sums = |spans: Vec<Span>| totals(&count(&[spans], 1_000));
    assert_eq!(sums(vec![counted("test")]), (1, 14, 10, 0), "alone it is all that is known");
    assert_eq!(sums(vec![counted("test"), read.clone()]), (1, 0, 0, 0));
    assert_eq!(sums(vec![counted("quipu"), read.clone()]), (1, 14, 10, 0), "budgets need Quipu's own count");
    let mut inner = read.clone();
    (inner.trace_id, inner.parent_id) = (counted("test").trace_id, Some(counted("test").span_id));
    assert_eq!(sums(vec![counted("test"), inner]), (1, 0, 0, 0), "in one trace");
    read.canonical.marks.text = None;
    assert_eq!(sums(vec![counted("test"), read.clone()]), (1, 14, 10, 0), "it may have missed the end");
    let exact = answered(read, ANSWERS[0], [15, 11]);
    assert_eq!(sums(vec![counted("test"), exact]), (1, 15, 11, 0));
}
