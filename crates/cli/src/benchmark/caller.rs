//! Cost of the library for the thread that records a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quipu_sdk::{Recorder, RecorderConfig, Usage};

use super::figures::Figures;

/// Calls between two looks at the clock.
const AT_ONCE: u32 = 1_000;
/// Share of the rounds that counts, the fastest: others measure the machine's other work.
const FASTEST: f64 = 0.5;

/// Measures one recorded call of a model.
pub fn measure(most: Duration, figures: &mut Figures) {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    let over = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&over);
    // A thread drains meanwhile, as in a running program.
    let draining = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            drain.wait(Duration::from_millis(5));
            drop(drain.collect(Duration::ZERO));
        }
    });
    let mut rounds = Vec::new();
    let entered = recorder.context().enter();
    let began = Instant::now();
    while began.elapsed() < most {
        let round = Instant::now();
        (0..AT_ONCE).for_each(|_| record());
        rounds.push(round.elapsed().as_secs_f64() * 1e9 / f64::from(AT_ONCE));
    }
    drop(entered);
    over.store(true, Ordering::Relaxed);
    let _ = draining.join();
    rounds.sort_unstable_by(f64::total_cmp);
    let at = (rounds.len() as f64 * FASTEST) as usize;
    if let Some(nanos) = rounds.get(at) {
        figures.add("hot.llm_span_ns", *nanos, "ns");
    }
}

/// Records a call with twelve attributes, as a client wrapper does.
fn record() {
    quipu_sdk::llm("openai", "gpt-5")
        .temperature(0.2)
        .top_p(0.9)
        .max_tokens(1_024)
        .response_model("gpt-5-2025-08-07")
        .response_id("chatcmpl-9f2b7c6d1e")
        .finish_reason("stop")
        .usage(Usage::of(1_200, 345).cache_read(800))
        .end();
}
