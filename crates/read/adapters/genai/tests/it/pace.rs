//! Tests of the reading speed, because every received span is read.

use std::hint::black_box;
use std::time::Instant;

use quipu_core::Kind;

use crate::recording;

/// Reads every span of every recording repeatedly. The limit holds for debug builds on busy machines. It
/// detects look-ups with quadratic cost in the attributes, and parsing of whole contents.
#[test]
fn reading_a_call_takes_microseconds() {
    const ROUNDS: usize = 20;
    let adapters = recording::adapters();
    for ending in ["--openinference", "--openllmetry", "--otel-contrib-v2", "--native"] {
        let names = quipu_recordings::names().into_iter().filter(|name| name.ends_with(ending));
        let mut spans: Vec<_> = names.flat_map(|name| recording::spans(&name)).collect();
        spans.retain(|span| span.canonical.kind == Kind::Llm);
        let start = Instant::now();
        for _ in 0..ROUNDS {
            for span in &spans {
                let adapter = adapters.of(span).unwrap();
                black_box(adapter.canonical(black_box(span)));
            }
        }
        let each = start.elapsed().as_secs_f64() * 1e6 / (ROUNDS * spans.len()) as f64;
        println!("{ending}: {each:.2} µs for each of {} calls", spans.len());
        assert!(each < 2_000.0, "{ending}: {each} µs");
    }
}
