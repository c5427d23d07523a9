//! CPU time of this thread, the measure that other load on the machine disturbs least.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time that this thread has used.
pub fn thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Nanoseconds of CPU time that one of `times` turns takes: the lower tenth of many bursts.
pub fn each(bursts: usize, times: usize, mut turn: impl FnMut()) -> f64 {
    // The first burst warms caches, and is not counted.
    let mut all: Vec<f64> = (0..=bursts)
        .map(|_| {
            let begun = thread();
            (0..times).for_each(|_| turn());
            (thread() - begun).as_nanos() as f64 / times as f64
        })
        .skip(1)
        .collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 10).copied().unwrap_or_default()
}
