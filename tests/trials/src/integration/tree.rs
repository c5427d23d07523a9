//! A process and its descendants: their memory, and their end.
//!
//! Facts of `/proc`: `proc(5)`. The resident memory of several processes is added up, so shared pages count
//! once for each; proportional memory counts such a page once in all.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::shell;

/// Interval of memory samples.
const EVERY: Duration = Duration::from_millis(100);
/// Time limit for a program to end by itself, with a running request.
const ENDS: Duration = Duration::from_secs(60);

/// The process and all below it, as they are now.
pub fn of(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for (id, parent) in ids.filter_map(|id| Some((id, stat(id)?.1))) {
        children.entry(parent).or_default().push(id);
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(id) = found.get(next) {
        found.extend(children.get(id).into_iter().flatten());
        next += 1;
    }
    found
}

/// State and parent of a process; `None` once it is gone.
fn stat(id: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is a name in brackets, in which anything may be.
    let mut rest = text.rsplit_once(')')?.1.split_whitespace();
    Some((rest.next()?.chars().next()?, rest.next()?.parse().ok()?))
}

/// Whether a process runs: one that has ended and was not yet asked for its status does not.
pub fn runs(id: u32) -> bool {
    stat(id).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// Resident memory of the process and all below it, in MiB.
pub fn rss_mib(root: u32) -> f64 {
    of(root).into_iter().map(|id| mib(id, "status", "VmRSS:")).sum()
}

/// Proportional memory of the process and all below it, in MiB.
pub fn pss_mib(root: u32) -> f64 {
    of(root).into_iter().map(|id| mib(id, "smaps_rollup", "Pss:")).sum()
}

/// A figure in kB of a page of `/proc/PID`; 0 of a process that is gone.
fn mib(id: u32, page: &str, figure: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/{page}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(figure)).unwrap_or_default();
    let kib: Option<f64> = line.split_whitespace().next().and_then(|word| word.parse().ok());
    kib.unwrap_or_default() / 1024.0
}

/// Samples the memory of a process and its descendants until the peak is read.
pub struct Watch {
    root: u32,
    over: Arc<AtomicBool>,
    looks: JoinHandle<f64>,
}

impl Watch {
    /// Starts the sampling.
    pub fn start(root: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let looks = thread::spawn(move || {
            let mut most = 0.0_f64;
            while !told.load(Ordering::Relaxed) {
                most = most.max(rss_mib(root));
                thread::sleep(EVERY);
            }
            most.max(rss_mib(root))
        });
        Self { root, over, looks }
    }

    /// The peak of resident memory so far, in MiB. The kernel knows the peak of each process since its start,
    /// which sampling may have missed. The result is no less than the largest of those.
    ///
    /// # Errors
    /// The thread that looks did not end well.
    pub fn peak_mib(self) -> Result<f64> {
        self.over.store(true, Ordering::Relaxed);
        let most = self.looks.join().map_err(|_| anyhow!("the watch over the memory panicked"))?;
        Ok(of(self.root).into_iter().map(|id| mib(id, "status", "VmHWM:")).fold(most, f64::max))
    }
}

/// Ends a process and its descendants. The process gets a signal first, then its descendants; processes that
/// do not end in time are killed.
pub fn end(root: u32) {
    let all = of(root);
    signal("TERM", &[root]);
    shell::poll(ENDS, || (!runs(root)).then_some(()));
    signal("TERM", &running(&all));
    shell::poll(ENDS, || running(&all).is_empty().then_some(()));
    kill(&all);
}

/// Ends at once a process and all that it started.
pub fn kill_all(root: u32) {
    kill(&of(root));
}

fn kill(ids: &[u32]) {
    signal("KILL", &running(ids));
}

fn running(ids: &[u32]) -> Vec<u32> {
    ids.iter().copied().filter(|id| runs(*id)).collect()
}

/// A process that is already gone needs none.
fn signal(name: &str, ids: &[u32]) {
    if !ids.is_empty() {
        let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
        let _ = shell::signal(name, &ids);
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_ends_with_all_that_it_started() {
        let mut shell = Command::new("sh");
        // The shell waits for its child, so that there are two.
        shell.args(["-c", "sleep 600; true"]).stdout(Stdio::null());
        let mut child = shell.spawn().unwrap();
        let two = || Some(of(child.id())).filter(|all| all.len() == 2);
        let all = shell::poll(Duration::from_secs(20), two).unwrap();
        assert!(rss_mib(child.id()) > 0.0 && pss_mib(child.id()) > 0.0);
        assert!(rss_mib(child.id()) >= mib(child.id(), "status", "VmRSS:"));
        end(child.id());
        assert!(running(&all).is_empty());
        child.wait().unwrap();
    }

    #[test]
    fn the_peak_is_no_less_than_what_there_is() {
        let id = std::process::id();
        let watch = Watch::start(id);
        let now = mib(id, "status", "VmRSS:");
        assert!(watch.peak_mib().unwrap() >= now);
    }
}
