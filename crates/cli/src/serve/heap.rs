//! Return of free heap memory to the system after load.

use std::fs;
use std::time::Duration;

/// Time until the memory of the start is free.
const FIRST: Duration = Duration::from_secs(1);
/// Interval of checks after that.
const LOOK: Duration = Duration::from_secs(10);
/// KiB by which the process has to have grown for it to be worth a look through the heap.
const WORTH: u64 = 8 << 10;

/// Looks now and then whether memory has grown, and has the heap give back what is free in it. A load that
/// goes on takes some of that again: a page each for a quarter of a microsecond.
pub async fn give_back() {
    let (mut wait, mut least) = (FIRST, 0);
    loop {
        tokio::time::sleep(wait).await;
        let Some(kib) = resident() else { return };
        if kib > least + WORTH {
            // Threads that allocate meanwhile wait; threads that do not must not wait.
            let _ = tokio::task::spawn_blocking(quipu_heap::give_back).await;
            least = resident().unwrap_or(kib);
        }
        (wait, least) = (LOOK, least.min(kib));
    }
}

/// KiB of the process that are in memory (`proc_pid_status(5)`); `None` where the system does not say so.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_how_large_it_is() {
        let before = resident().unwrap();
        let taken = vec![1_u8; 64 << 20];
        let after = resident().unwrap();
        assert!(after > before + WORTH, "{before} KiB, then {after} with {} bytes more", taken.len());
    }
}
