//! Benchmark of the search for records of one call, per span: `cargo bench -p quipu-ledger`.
//!
//! The target is at most 1 µs per span more than for records that meet no others.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

#[path = "../tests/it/world.rs"]
mod world;

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use quipu_core::{Arrival, Batch, Kind, Meeting, Scope, Signal, Span, SpanId, Timestamp, TraceId, Usage};
use quipu_ledger::Ledger;
use world::{Nodes, now};

/// Calls of a run: 100 seconds of a busy process.
const CALLS: u64 = 2_000;
/// Spans of a batch.
const BATCH: usize = 200;

fn main() {
    divan::main();
}

/// Counts calls in separate traces: of a signal without meetings, reported by one instrumentation without and
/// with the meetings of answers, and reported by two.
#[divan::bench(args = ["nothing meets", "one source", "answers", "two sources", "two sources, answers"])]
fn count(bencher: Bencher<'_, '_>, what: &str) {
    let spans = spans(what);
    bencher
        .counter(ItemsCount::new(spans.len()))
        .with_inputs(|| spans.chunks(BATCH).map(<[Span]>::to_vec).collect::<Vec<_>>())
        .bench_local_values(|batches| {
            let store = Nodes::default();
            let mut ledger = Ledger::default();
            for spans in batches {
                let mut batch = Batch { spans, ..Batch::default() };
                now(ledger.count(&mut batch, &store)).unwrap();
                divan::black_box(batch.costs.len());
            }
            // Returned, because the end of the ledger is no part of counting.
            (store, ledger)
        });
}

fn spans(what: &str) -> Vec<Span> {
    let sources: &[&str] = if what.starts_with("two sources") { &["outer", "inner"] } else { &["outer"] };
    let mut spans = Vec::new();
    for number in 0..CALLS {
        for (rank, source) in sources.iter().enumerate() {
            let mut span = call(number, rank as i64, source);
            if what == "nothing meets" {
                span.canonical.signal = Signal::Log;
            }
            if what.ends_with("answers") {
                let id = span.canonical.response_id.clone().unwrap_or_default();
                span.canonical.meeting = Some(Meeting::of_answer(&id, span.start));
                // The server started before the calls.
                let second = span.start.nanos() / Timestamp::SECOND - 1_000;
                span.arrival = Arrival { sender: 1, millisecond: second * 1_000 };
            }
            spans.push(span);
        }
    }
    spans
}

fn call(number: u64, rank: i64, source: &str) -> Span {
    const MS: i64 = 1_000_000;
    let name = number.to_string();
    let start = Timestamp::from_nanos(1_794_999_600_000 * MS + number as i64 * 50 * MS + rank * MS);
    let end = start.plus((800 - 2 * rank) * MS);
    let ids = ["moments", &name, source];
    let mut span = Span::new(TraceId::made_of(&ids), SpanId::made_of(&ids), "chat", start, end);
    span.scope = Arc::new(Scope { name: source.into(), ..Scope::default() });
    let read = span.canonical.as_mut();
    read.kind = Kind::Llm;
    read.convention = "test".into();
    read.request_model = Some("gpt-4o".into());
    read.response_id = Some(format!("chatcmpl-{number:012}").into());
    read.usage = Some(Usage { input: Some(100 + number), output: Some(10), ..Usage::default() });
    span
}
