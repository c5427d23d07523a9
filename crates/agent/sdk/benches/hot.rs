//! Benchmark of recording on the instrumented thread: nanoseconds and allocations.
//!
//! `cargo bench -p quipu-sdk --bench hot`. Another thread drains meanwhile, as in a running program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use divan::{AllocProfiler, Bencher, black_box};
use quipu_sdk::{Context, Entered, Recorder, RecorderConfig, Usage, bind};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// A recorder and the thread that drains it every 5 ms.
struct Running {
    recorder: Recorder,
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

fn running() -> Running {
    let settings = RecorderConfig { ring_bytes: 4 << 20, ..RecorderConfig::default() };
    let (recorder, mut drain) = Recorder::new(settings);
    let over = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&over);
    let thread = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            drain.wait(Duration::from_millis(5));
            black_box(drain.collect(Duration::ZERO));
        }
    });
    Running { recorder, over, thread: Some(thread) }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Values of a call, as a client wrapper has them.
struct Call {
    model: String,
    answered: String,
    id: String,
    reason: String,
}

static CALL: LazyLock<Call> = LazyLock::new(|| Call {
    model: "gpt-5".into(),
    answered: "gpt-5-2025-08-07".into(),
    id: "chatcmpl-9f2b7c6d1e".into(),
    reason: "stop".into(),
});

/// Records a call with twelve attributes: six texts, four integers, two doubles.
fn llm() {
    let call = black_box(&*CALL);
    quipu_sdk::llm("openai", &call.model)
        .temperature(black_box(0.2))
        .top_p(black_box(0.9))
        .max_tokens(black_box(1_024))
        .response_model(&call.answered)
        .response_id(&call.id)
        .finish_reason(&call.reason)
        .usage(Usage::of(black_box(1_200), black_box(345)).cache_read(black_box(800)))
        .end();
}

fn entered(running: &Running) -> Entered {
    running.recorder.context().enter()
}

#[divan::bench(sample_size = 1_000, sample_count = 300)]
fn llm_with_12_attributes(bencher: Bencher<'_, '_>) {
    let running = running();
    let _entered = entered(&running);
    bencher.bench_local(llm);
}

#[divan::bench(sample_size = 1_000, sample_count = 300)]
fn llm_with_12_attributes_in_a_bound_context(bencher: Bencher<'_, '_>) {
    let running = running();
    let _entered = entered(&running);
    let _bound = bind().session("s-1").user("u-1").agent("planner").workflow("trip").enter();
    bencher.bench_local(llm);
}

#[divan::bench(sample_size = 1_000, sample_count = 300)]
fn agent_with_a_tool(bencher: Bencher<'_, '_>) {
    let running = running();
    let _entered = entered(&running);
    bencher.bench_local(|| {
        let agent = quipu_sdk::agent(black_box("planner")).enter();
        quipu_sdk::tool(black_box("weather")).end();
        drop(agent);
    });
}

#[divan::bench(sample_size = 1_000, sample_count = 300)]
fn llm_that_nobody_records(bencher: Bencher<'_, '_>) {
    let _entered = Context::default().enter();
    bencher.bench_local(llm);
}

#[divan::bench(args = [1, 2, 4, 16])]
fn llm_on_threads(bencher: Bencher<'_, '_>, threads: usize) {
    const EACH: usize = 1_000;
    let running = running();
    let recorder = running.recorder;
    bencher.counter(divan::counter::ItemsCount::new(threads * EACH)).bench_local(|| {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let _entered = recorder.context().enter();
                    (0..EACH).for_each(|_| llm());
                });
            }
        });
    });
}
