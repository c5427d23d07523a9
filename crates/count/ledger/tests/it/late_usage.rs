//! Property tests: streams whose usage is in a record of its own, and requests within a wrapper, count once.

use proptest::prelude::*;
use quipu_core::{Kind, Span, SpanId, Timestamp};

use crate::evidence::{Faults, HOUR, MS, Truth, below, count, plain, record, totals};

/// A stream, and how its records tell of it.
#[derive(Debug, Clone)]
struct Stream {
    input: u64,
    output: u64,
    millis: i64,
    /// Output tokens of the first event, which one instrumentation adds.
    first_event: u64,
    /// Milliseconds between the end of the stream and the record of its usage.
    late: i64,
    /// Milliseconds by which the handlers of the wrapper run later than those of the call.
    shifted: i64,
    /// Share of the stream, in tenths, after which the inner record of the request ends.
    opened: i64,
    has_id: bool,
}

fn stream() -> impl Strategy<Value = Stream> {
    let totals = (50_u64..2_000, 10_u64..500, 60_i64..2_000);
    let told = (0_u64..=8, 0_i64..200, 0_i64..45, 1_i64..10, any::<bool>());
    (totals, told).prop_map(|((input, output, millis), (first_event, late, shifted, opened, has_id))| {
        Stream { input, output, millis, first_event, late, shifted, opened, has_id }
    })
}

/// The records of a stream: the call with its usage, a wrapper and a request without any, and the usage.
fn told(number: usize, stream: &Stream, start: i64) -> [Span; 4] {
    let at = |millis: i64| Timestamp::from_nanos(HOUR + millis * MS);
    let end = start + stream.millis;
    let tell = |name: &str, scope: usize, output: u64, from: i64, to: i64, faults: Faults| {
        let truth = Truth { start: 0, millis: 0, input: stream.input, output, failed: false };
        let mut span = below("work", record(number, &truth, scope, faults));
        span.span_id = SpanId::made_of(&["late", &number.to_string(), name]);
        (span.start, span.end) = (at(from), Some(at(to)));
        span
    };
    let bare = Faults { id: true, usage: true, ..plain() };
    let begin = start + stream.shifted;
    let call = tell("call", 1, stream.output + stream.first_event, start, end, plain());
    let wrapper = tell("wrapper", 0, 0, begin, end + 1, bare);
    let opened = begin + 1 + (end - begin - 2) * stream.opened / 10;
    let mut request = tell("request", 2, 0, begin + 1, opened, bare);
    let late = end + stream.late;
    let mut usage = tell("usage", 2, stream.output, late, late, Faults { id: !stream.has_id, ..plain() });
    usage.canonical.kind = Kind::Other;
    (request.parent_id, usage.parent_id) = (Some(wrapper.span_id), Some(wrapper.span_id));
    [call, wrapper, request, usage]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_counts_once_whatever_tells_its_usage(
        streams in prop::collection::vec(stream(), 1..6),
        is_together in any::<bool>(),
    ) {
        let (mut spans, mut start) = (Vec::new(), 0);
        let mut want = (0, 0, 0, 0);
        for (number, stream) in streams.iter().enumerate() {
            spans.extend(told(number, stream, start));
            start += stream.millis + 1_500;
            want = (
                want.0 + 1,
                want.1 + stream.input,
                want.2 + stream.output,
                want.3 + stream.first_event,
            );
        }
        let single = spans.iter().rev().map(|span| vec![span.clone()]).collect();
        let batches = if is_together { vec![spans] } else { single };
        let (calls, input, output, _) = totals(&count(&batches, 1_000));
        prop_assert_eq!((calls, input), (want.0, want.1));
        prop_assert!((want.2..=want.2 + want.3).contains(&output), "{} of {}", output, want.2);
    }
}
