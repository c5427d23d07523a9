//! CPU time of one thread, and of the process.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

fn duration(time: Timespec) -> Duration {
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// CPU time that this thread has used.
pub fn thread() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime))
}

/// CPU time that all threads of this process have used.
pub fn process() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}
