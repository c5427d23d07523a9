//! Property tests: calls that one program reports in several records by itself count once: by pieces of a
//! stream, late usage, log records, two tracer providers, and spans that stay open until the next call.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_core::{BY_SHAPE, Kind, Meeting, Scope, Signal, Span, SpanId, Timestamp, TraceId, Usage};

use crate::evidence::{HOUR, MS, count, totals};

/// How a program reports a call.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// A span without usage, and an instant record of usage beside it.
    LateBeside,
    /// A span without usage, and a span with the same unique id of the answer in another trace.
    LateById,
    /// Two spans of one instrumentation with the same unique id, in two traces.
    TwoProviders,
    /// A span, and instant spans of its chunks below it.
    Chunks,
    /// A span, and a log record soon after its end.
    Logged,
    /// A log record only.
    LogOnly,
    /// A span that stays open while a tool and the next call run below it.
    Open,
}

const WAYS: [Way; 7] =
    [Way::LateBeside, Way::LateById, Way::TwoProviders, Way::Chunks, Way::Logged, Way::LogOnly, Way::Open];

#[derive(Debug, Clone)]
struct Told {
    way: Way,
    input: u64,
    output: u64,
    millis: i64,
    /// Milliseconds between the end of the call and the record of it.
    late: i64,
}

fn told() -> impl Strategy<Value = Told> {
    (prop::sample::select(WAYS.to_vec()), 400_u64..4_000, 50_u64..400, 100_i64..900, 0_i64..900)
        .prop_map(|(way, input, output, millis, late)| Told { way, input, output, millis, late })
}

/// A record of a call of the program, in a trace of its own.
fn record(name: &str, (from, millis): (i64, i64), usage: Option<(u64, u64)>) -> Span {
    let at = |millis: i64| Timestamp::from_nanos(HOUR + millis * MS);
    let ids = (TraceId::made_of(&["several", name]), SpanId::made_of(&["several", name]));
    let mut span = Span::new(ids.0, ids.1, "chat", at(from), at(from + millis));
    span.scope = Arc::new(Scope { name: "shop.llm".into(), ..Scope::default() });
    let read = span.canonical.as_mut();
    (read.kind, read.convention) = (Kind::Llm, "test".into());
    (read.request_model, read.operation) = (Some("gpt-4o".into()), Some("chat".into()));
    read.usage =
        usage.map(|(input, output)| Usage { input: Some(input), output: Some(output), ..Usage::default() });
    span
}

/// Puts a span below another one, whether that one is sent or not.
fn below(above: &Span, mut span: Span) -> Span {
    (span.trace_id, span.parent_id) = (above.trace_id, Some(above.span_id));
    span
}

fn log(mut span: Span) -> Span {
    span.attributes.push(Signal::ATTRIBUTE, Signal::Log.as_str());
    let read = span.canonical.as_mut();
    (read.signal, read.convention) = (Signal::Log, BY_SHAPE.into());
    span
}

fn with_id(mut span: Span, number: usize) -> Span {
    let id = format!("chatcmpl-Zq7XkP2mVbN4cR9tLw{number:04}");
    span.canonical.meeting = Some(Meeting::of_answer(&id, span.start));
    span.canonical.response_id = Some(id.into());
    span
}

/// The records of a call, and the tokens and number of calls that they tell of.
fn records(number: usize, told: &Told, start: i64) -> (Vec<Span>, [u64; 3]) {
    let Told { input, output, millis, late, .. } = *told;
    let name = |part: &str| format!("{number} {part}");
    let (whole, end, figures) = ((start, millis), start + millis, Some((input, output)));
    let call = record(&name("call"), whole, figures);
    let mut handler = record(&name("handler"), whole, None);
    handler.canonical.kind = Kind::Task;
    let spans = match told.way {
        Way::LateBeside => {
            let mut usage = record(&name("usage"), (end, 0), figures);
            usage.canonical.operation = None;
            let opened = record(&name("call"), (start, millis / 3), None);
            vec![below(&handler, opened), below(&handler, usage), handler]
        }
        Way::LateById => {
            let opened = with_id(record(&name("call"), (start, millis / 3), None), number);
            vec![opened, with_id(record(&name("usage"), (end, 1), figures), number)]
        }
        Way::TwoProviders => {
            vec![
                with_id(call, number),
                with_id(record(&name("again"), (start - 1, millis + 2), figures), number),
            ]
        }
        Way::Chunks => {
            let chunk = |at: i64| {
                below(&call, record(&name(&format!("chunk {at}")), (start + at * millis / 4, 0), None))
            };
            vec![chunk(1), chunk(2), call.clone(), chunk(3)]
        }
        Way::Logged => vec![call, log(record(&name("log"), (end + late, 0), figures))],
        Way::LogOnly => vec![log(record(&name("log"), (end, 0), figures))],
        Way::Open => {
            let (next, more) = (end + 200, (input + output + 40, output / 3 + 9));
            let open = record(&name("call"), (start, millis + 1_300), figures);
            let mut tool = record(&name("tool"), (end, 100), None);
            (tool.canonical.kind, tool.canonical.tool) = (Kind::Tool, Some("find".into()));
            let next = below(&open, record(&name("next"), (next, millis), Some(more)));
            let spans = vec![next, below(&open, tool), open];
            return (spans, [2, input + more.0, output + more.1]);
        }
    };
    (spans, [1, input, output])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_call_counts_once_however_its_program_reports_it(
        told in prop::collection::vec(told(), 1..7), seed in any::<u64>(), cut in 1_usize..5,
    ) {
        let (mut spans, mut want) = (Vec::new(), [0; 3]);
        for (number, told) in told.iter().enumerate() {
            let (more, counts) = records(number, told, 5_000 * i64::try_from(number).unwrap());
            spans.extend(more);
            want.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        spans.sort_by_key(|span| {
            span.span_id.to_string().bytes().fold(seed, |sum, byte| sum.rotate_left(7) ^ u64::from(byte))
        });
        let parts: Vec<_> = spans.chunks(cut).map(<[_]>::to_vec).collect();
        let whole = count(&[spans], 1_000);
        let (calls, input, output, _) = totals(&whole);
        prop_assert_eq!([calls as u64, input, output], want);
        prop_assert_eq!(&count(&parts, 1_000), &whole);
        prop_assert_eq!(&count(&parts, 0), &whole);
    }
}
