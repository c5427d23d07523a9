//! `power`: power cuts over all files of a data folder, under two models of a file system, plain and
//! encrypted.
//!
//! The real server works on a watched disk; each answer is marked with the length of the disk's log. A cut
//! takes the log up to a random record, and builds the folder that a file system could have left. The real
//! server starts on this folder. Everything acknowledged before the cut must be there once, with right sums.
//! `check store --deep` must find nothing.

mod recorded;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};

use self::recorded::Recorded;
use super::disk::Shim;
use super::disk::replay::{Chance, Model, materialise};
use super::{Bench, Report};
use crate::table;

/// Cuts at a time; most of a cut is waiting.
const WORKERS: usize = 4;
/// Limit of reported findings per case.
const TOLD: usize = 6;
/// Cuts of the control.
const CONTROLS: u64 = 8;
/// A prime, so that cuts of every length of run differ.
const SEED: u64 = 7_919;

/// Records two servers at work, cuts their power `--cuts` times, and looks at what is left.
///
/// # Errors
/// A server does not come up on a whole disk.
pub fn run(bench: &Bench) -> Result<Report> {
    let shim = match Shim::build(&bench.cache) {
        Ok(shim) => shim,
        Err(error) => return Ok(Report::new().skipped("power cuts", &format!("{error:#}"))),
    };
    let mut report = Report::new();
    let mut rows = Vec::new();
    for encrypted in [false, true] {
        let folder = tempfile::tempdir()?;
        let recorded = Recorded::make(bench, &shim, folder.path(), "disk", encrypted)?;
        for model in [Model::Ordered, Model::Free] {
            let case = format!(
                "{} file system, {} store",
                model.name(),
                if encrypted { "encrypted" } else { "plain" }
            );
            if !bench.only.is_empty()
                && !bench.only.iter().any(|only| case.contains(only) || only.parse::<u64>().is_ok())
            {
                continue;
            }
            let numbers = cuts(bench);
            let (repaired, wrong) = all(&recorded, model, &numbers);
            rows.push(vec![
                case.clone(),
                numbers.len().to_string(),
                recorded.records().to_string(),
                repaired.to_string(),
                wrong.len().to_string(),
            ]);
            report = report.judged(&case, &wrong[..wrong.len().min(TOLD)]);
        }
    }
    report = control(bench, &shim, report)?;
    println!();
    table::print(&["case", "cuts", "changes logged", "started after the named command", "wrong"], &rows);
    Ok(report)
}

/// Shows that the suite finds a loss: a store that does not wait for the disk must lose something.
fn control(bench: &Bench, shim: &Shim, report: Report) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let recorded = Recorded::make(bench, shim, folder.path(), "os", false)?;
    let (_, wrong) = all(&recorded, Model::Ordered, &(0..CONTROLS).collect::<Vec<_>>());
    let lost = wrong.iter().any(|text| text.contains("is lost"));
    let blind = (!lost).then(|| format!("{CONTROLS} cuts of a store with durability \"os\" lost nothing"));
    Ok(report.judged("control: durability os loses acknowledged spans", blind.as_slice()))
}

/// Numbers of the cuts of one case: a quarter of all, or those that `--only` names.
fn cuts(bench: &Bench) -> Vec<u64> {
    let named: Vec<u64> = bench.only.iter().filter_map(|only| only.parse().ok()).collect();
    if named.is_empty() { (0..bench.cuts.div_ceil(4)).collect() } else { named }
}

/// Makes cuts side by side; gives after how many the server started only once a command that it named had
/// run, and what is wrong.
fn all(recorded: &Recorded, model: Model, numbers: &[u64]) -> (u64, Vec<String>) {
    let (next, repaired, wrong) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(number) =
            numbers.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX))
        {
            let found =
                cut(recorded, model, *number, &repaired).unwrap_or_else(|error| vec![format!("{error:#}")]);
            if let Ok(mut wrong) = wrong.lock() {
                wrong.extend(found.into_iter().map(|text| format!("cut {number}: {text}")));
            }
        }
    };
    std::thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
    (repaired.into_inner(), wrong.into_inner().unwrap_or_default())
}

fn cut(recorded: &Recorded, model: Model, number: u64, repaired: &AtomicU64) -> Result<Vec<String>> {
    let mut chance = Chance::new(number * SEED + 1);
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let records = chance.below(recorded.records() + 1);
    let mark = recorded.lay(model, records, &mut chance, &data)?;
    let wrong = recorded.look(folder.path(), mark, repaired).context("after the cut")?;
    keep(&data, number, model, !wrong.is_empty());
    Ok(wrong)
}

/// Keeps the folder of a cut that went wrong, where `QUIPU_KEEP` names a folder for it.
fn keep(data: &Path, number: u64, model: Model, wrong: bool) {
    if let Some(at) = std::env::var_os("QUIPU_KEEP").filter(|_| wrong) {
        let to = Path::new(&at).join(format!("{}-{number}", model.name()));
        let _ = std::process::Command::new("cp").arg("-a").arg(data).arg(to).status();
    }
}
