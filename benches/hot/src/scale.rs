//! Scaling of recording with many threads at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quipu_sdk::{Context, Recorder, RecorderConfig};
use serde_json::{Value, json};

use crate::{call, clock, quipu};

/// Calls that each thread records in a go: its ring has room for them.
const CALLS: usize = 400;
/// Goes of each thread.
const GOES: usize = 40;

/// CPU nanoseconds a call on one thread and on 16 at once.
pub fn figures() -> Value {
    json!({ "1": each(1), "16": each(16) })
}

/// The middle of all goes of `threads` threads, while one more drains.
fn each(threads: usize) -> f64 {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    let (context, start, done) = (recorder.context(), Barrier::new(threads), AtomicBool::new(false));
    let mut times: Vec<f64> = std::thread::scope(|scope| {
        let drained = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                drain.collect(Duration::from_millis(1));
            }
        });
        let recording: Vec<_> = (0..threads).map(|_| scope.spawn(|| go(&context, &start))).collect();
        let times = recording.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect();
        done.store(true, Ordering::Relaxed);
        let _ = drained.join();
        times
    });
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn go(context: &Context, start: &Barrier) -> Vec<f64> {
    let calls = call::calls(CALLS);
    start.wait();
    let mut times = Vec::with_capacity(GOES);
    for _ in 0..GOES {
        let before = clock::thread();
        context.scope(|| calls.iter().for_each(quipu::record));
        times.push((clock::thread() - before).as_nanos() as f64 / CALLS as f64);
        // The next go finds the ring empty, as an agent's thread does.
        std::thread::sleep(Duration::from_millis(5));
    }
    times
}
