//! Fault injection: an error at the n-th call of each kind, for n = 1…N, over traces that span days.
//!
//! A round copies a store that holds the first half of the workload, and starts the real server on it under
//! the shim. It sends the second half, and ends the server. A server without the shim must then start without
//! help, hold all acknowledged data once, and take repeated data. At the end `check store --deep` finds
//! nothing, and the sums are those of the whole workload.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};

use super::{Bench, Report, Server};
use crate::integration::disk::work::Work;
use crate::integration::disk::{Disk, Failure, Shim, stored};
use crate::{shell, table};

const TRACES: u64 = 20;
/// Rounds at a time; most of a round is waiting.
const WORKERS: usize = 4;
const EIO: i32 = 5;
const ENOMEM: i32 = 12;
const ENOSPC: i32 = 28;
/// Kinds of calls, and the errors that they meet.
const ERRORS: [(&str, &[i32]); 9] = [
    ("write", &[EIO, ENOSPC]),
    ("sync", &[EIO]),
    ("truncate", &[EIO]),
    ("open", &[ENOSPC]),
    ("rename", &[EIO]),
    ("unlink", &[EIO]),
    ("mkdir", &[ENOSPC]),
    ("read", &[EIO]),
    ("memory", &[ENOMEM]),
];
/// Limit of reported findings per kind.
const TOLD: usize = 5;

/// Injects errors of each kind; `bench.samples` bounds the rounds of a kind, 0 means every call.
///
/// # Errors
/// A round without an error does not come through.
pub fn run(bench: &Bench, report: Report) -> Result<Report> {
    let shim = match Shim::build(&bench.cache) {
        Ok(shim) => shim,
        Err(error) => return Ok(report.skipped("injected errors", &format!("{error:#}"))),
    };
    let folder = tempfile::tempdir()?;
    let stage = Stage::prepare(bench, shim, folder.path())?;
    let (counted, wrong) = stage.round(&folder.path().join("counted"), None)?;
    let mut report = report.judged("injected errors: none, to count the calls", &wrong);
    let mut rows = Vec::new();
    for (kind, errors) in ERRORS {
        let number = counted.count(kind);
        let mut failures = failures(kind, errors, number, bench.samples);
        if let Some(numbers) = named(bench) {
            failures.retain(|failure| numbers.contains(&(failure.kind, failure.number)));
            if failures.is_empty() {
                continue;
            }
        }
        let (hit, wrong) = stage.rounds(&failures);
        rows.push(vec![
            kind.to_owned(),
            number.to_string(),
            failures.len().to_string(),
            hit.to_string(),
            wrong.len().to_string(),
        ]);
        let told = &wrong[..wrong.len().min(TOLD)];
        report = report.judged(&format!("injected errors: {kind}"), told);
    }
    println!();
    table::print(&["kind", "calls", "rounds", "failed calls", "wrong"], &rows);
    Ok(report)
}

/// The failures that `--only inject,KIND:NUMBER` names, which with `--samples 0` repeats one of a full run.
fn named(bench: &Bench) -> Option<Vec<(&str, u64)>> {
    let named = bench.only.iter().filter_map(|only| only.split_once(':'));
    let named: Vec<(&str, u64)> =
        named.filter_map(|(kind, number)| Some((kind, number.parse().ok()?))).collect();
    (!named.is_empty()).then_some(named)
}

/// Failing calls of a kind: all, or this many of them, spread evenly. Every second error lasts.
fn failures(kind: &'static str, errors: &[i32], number: u64, samples: u64) -> Vec<Failure> {
    let rounds = if samples == 0 { number } else { samples.min(number) };
    let one = |round: u64| {
        let errno = errors[usize::try_from(round).unwrap_or_default() % errors.len()];
        // In the middle of its share.
        let number = if rounds == number { round + 1 } else { (2 * round + 1) * number / (2 * rounds) + 1 };
        Failure { kind, number, errno, lasts: (round / 2) % 2 == 1 }
    };
    (0..rounds).map(one).collect()
}

/// The store that each round begins with.
struct Stage {
    binary: PathBuf,
    shim: Shim,
    template: PathBuf,
    work: Work,
}

impl Stage {
    fn prepare(bench: &Bench, shim: Shim, folder: &Path) -> Result<Self> {
        let template = folder.join("template");
        let server = Server::beside(&bench.binary, &template, &[])?;
        let mut work = Work::new(TRACES);
        work.send(&server, first(&work), true, || 0);
        if work.acknowledged.len() as u64 != first(&work).end {
            bail!("the first half is not acknowledged: {:?}", work.refused);
        }
        work.budget(&server, "house", || 0);
        server.stop()?;
        Ok(Self { binary: bench.binary.clone(), shim, template, work })
    }

    /// Runs rounds side by side; gives how many calls failed, and what is wrong.
    fn rounds(&self, failures: &[Failure]) -> (u64, Vec<String>) {
        let (next, found) = (AtomicUsize::new(0), Mutex::new((0, Vec::new())));
        let work = || {
            while let Some(failure) = failures.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcome = tempfile::tempdir().context("no folder").and_then(|folder| {
                    self.round(folder.path(), Some(*failure))
                        .map(|(disk, wrong)| (disk.count("failed"), wrong))
                });
                let Ok(mut found) = found.lock() else { return };
                match outcome {
                    Ok((hit, wrong)) => {
                        found.0 += hit;
                        found.1.extend(wrong.into_iter().map(|text| format!("{failure:?}: {text}")));
                    }
                    Err(error) => found.1.push(format!("{failure:?}: {error:#}")),
                }
            }
        };
        std::thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
        found.into_inner().unwrap_or_default()
    }

    fn round(&self, folder: &Path, failure: Option<Failure>) -> Result<(Disk, Vec<String>)> {
        let disk = Disk::new(folder, false);
        std::fs::create_dir_all(folder)?;
        shell::capture(Command::new("cp").arg("-a").arg(&self.template).arg(&disk.root))?;
        let mut work = self.work.clone();
        let program = self.shim.program(&self.binary, &disk, failure)?;
        // A server that cannot start on a broken disk says so; it has acknowledged nothing.
        if let Ok(server) = Server::beside(&program, &disk.root, &[]) {
            work.send(&server, work.all(), failure.is_none_or(|failure| !failure.lasts), || 0);
            if failure.is_some_and(|failure| failure.number.is_multiple_of(2)) {
                server.kill();
            } else {
                // On a disk that fails still, a server may end with an error.
                let _ = server.stop();
            }
        }
        let mut wrong = std::mem::take(&mut work.refused);
        let server = Server::beside(&self.binary, &disk.root, &[])?;
        wrong.extend(stored::differs(&server, &work, 0)?);
        work.send(&server, work.all(), true, || 0);
        wrong.append(&mut work.refused);
        if work.acknowledged.len() as u64 != work.all().end {
            wrong.push(format!("{} of {} requests are taken", work.acknowledged.len(), work.all().end));
        }
        wrong.extend(stored::differs(&server, &work, 0)?);
        server.stop()?;
        wrong.extend(stored::damage(&self.binary, &disk.root, &[]));
        Ok((disk, wrong))
    }
}

/// The requests that the stage holds: children without their parents, and some parents.
fn first(work: &Work) -> std::ops::Range<u64> {
    0..work.all().end / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_calls_fail_once_and_samples_are_spread() {
        let numbers = |number, samples| -> Vec<u64> {
            failures("write", &[EIO], number, samples).iter().map(|failure| failure.number).collect()
        };
        assert_eq!(numbers(3, 0), [1, 2, 3]);
        assert_eq!(numbers(100, 4), [13, 38, 63, 88]);
        assert_eq!(numbers(2, 4), [1, 2]);
        assert!(numbers(0, 4).is_empty());
    }
}
