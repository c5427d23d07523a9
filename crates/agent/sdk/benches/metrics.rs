//! Benchmark of one counter and one histogram with three labels, as for a model call: by held handles and by
//! look-up.

use quipu_sdk::{Recorder, RecorderConfig, counter, histogram};

const LABELS: [(&str, &str); 3] = [("provider", "openai"), ("model", "gpt-5"), ("status", "ok")];

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    let (recorder, _drain) = Recorder::new(RecorderConfig::default());
    let _ = recorder.install();
    divan::main();
}

#[divan::bench(threads = [1, 2, 16], sample_size = 10_000)]
fn held_pair(bencher: divan::Bencher<'_, '_>) {
    let (calls, durations) =
        (counter("bench.calls").with(&LABELS), histogram("bench.duration").with(&LABELS));
    bencher.bench(|| {
        calls.add(divan::black_box(1));
        durations.record(divan::black_box(1.25));
    });
}

#[divan::bench(threads = [1, 2, 16], sample_size = 10_000)]
fn looked_up_pair(bencher: divan::Bencher<'_, '_>) {
    bencher.bench(|| {
        counter(divan::black_box("bench.calls")).add(1, divan::black_box(&LABELS));
        histogram(divan::black_box("bench.duration"))
            .record(divan::black_box(1.25), divan::black_box(&LABELS));
    });
}

#[divan::bench(sample_size = 10_000)]
fn held_counter(bencher: divan::Bencher<'_, '_>) {
    let calls = counter("bench.calls").with(&LABELS);
    bencher.bench(|| calls.add(divan::black_box(1)));
}

#[divan::bench(sample_size = 10_000)]
fn held_histogram(bencher: divan::Bencher<'_, '_>) {
    let durations = histogram("bench.duration").with(&LABELS);
    bencher.bench(|| durations.record(divan::black_box(1.25)));
}
