//! `quipu import`: files into the store, through the one pipeline, or to a server that has it open.

mod follow;
mod target;

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use quipu_import::{Bounds, FileReport, KnownCalls, Trouble};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::args::Import;
pub use target::Target;

/// Imports, or reports a dry run.
pub fn run(args: &Import) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut target = Target::open(args, &runtime)?;
    let done = match args.watch {
        true => follow::run(args, &runtime, &mut target),
        false => once(args, &mut target),
    };
    target.close()?;
    done
}

/// Imports all files from their beginning.
fn once(args: &Import, target: &mut Target<'_>) -> Result<()> {
    let bounds = bounds(args);
    let (files, mut troubles) = quipu_import::find(&args.files, &bounds);
    if files.is_empty() && troubles.is_empty() {
        bail!("there is no file to import (in folders, .jsonl, .json and .ndjson files are searched)");
    }
    let mut known = KnownCalls::default();
    let mut sum = Sum { missing: troubles.len(), ..Sum::default() };
    troubles.iter().for_each(complain);
    for file in files {
        let report = quipu_import::import(&file, args.format, &bounds, &mut known, target)?;
        tell(&report);
        if args.dry_run && !args.json && report.items > 0 {
            println!("{}", line(&report));
        }
        troubles.extend(report.troubles.iter().cloned());
        sum.add(report);
    }
    match args.json {
        true => println!("{:#}", sum.json(args.dry_run, &troubles)),
        false => println!("{}", sum.words(args.dry_run, &target.name())),
    }
    if sum.missing + sum.failed > 0 {
        bail!("{} of the files and folders could not be imported", sum.missing + sum.failed);
    }
    Ok(())
}

fn bounds(args: &Import) -> Bounds {
    Bounds { billing: args.billing, ..Bounds::default() }
}

/// Sums over all files.
#[derive(Default)]
struct Sum {
    files: Vec<FileReport>,
    records: u64,
    skipped: u64,
    missing: usize,
    failed: usize,
}

impl Sum {
    fn add(&mut self, report: FileReport) {
        self.records += report.items;
        self.skipped += report.bad;
        self.failed += usize::from(report.failed());
        self.files.push(report);
    }

    /// `12 records from 3 files (codex 2, otlp 1) imported into …`.
    fn words(&self, dry: bool, target: &str) -> String {
        let mut formats = BTreeMap::<_, usize>::new();
        for format in self.files.iter().filter_map(|file| file.format) {
            *formats.entry(format.as_str()).or_default() += 1;
        }
        let formats: Vec<_> = formats.iter().map(|(format, count)| format!("{format} {count}")).collect();
        let formats = if formats.is_empty() { String::new() } else { format!(" ({})", formats.join(", ")) };
        let skipped = match self.skipped {
            0 => String::new(),
            some => format!(", {some} skipped"),
        };
        let done = if dry { "would be imported".to_owned() } else { format!("imported into {target}") };
        format!("{} records from {} files{formats} {done}{skipped}", self.records, self.files.len())
    }

    fn json(&self, dry: bool, troubles: &[Trouble]) -> serde_json::Value {
        let files = self.files.iter().map(|file| {
            json!({"path": file.path, "format": file.format, "lines": file.lines, "records": file.items, "skipped": file.bad})
        });
        let troubles = troubles
            .iter()
            .map(|trouble| json!({"path": trouble.path, "line": trouble.line, "why": trouble.why}));
        json!({
            "dry_run": dry, "records": self.records, "skipped": self.skipped,
            "files": files.collect::<Vec<_>>(), "troubles": troubles.collect::<Vec<_>>(),
        })
    }
}

/// One file in a line.
fn line(report: &FileReport) -> String {
    let format = report.format.map_or("", |format| format.as_str());
    format!("{:<12} {:>8} records {:>8} lines  {}", format, report.items, report.lines, report.path.display())
}

/// Prints the errors of a file.
fn tell(report: &FileReport) {
    report.troubles.iter().for_each(complain);
    let said = u64::try_from(report.troubles.len()).unwrap_or(u64::MAX);
    if report.bad > said {
        note(&format!("{}: and {} more like these", report.path.display(), report.bad - said));
    }
}

fn complain(trouble: &Trouble) {
    note(&trouble.to_string());
}

/// A line on standard error, where it does not mix with the answer.
fn note(text: &str) {
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("quipu: {text}\n"));
}

/// Runs something of the pipeline's to its end.
fn wait<T>(runtime: &Runtime, what: impl Future<Output = T>) -> T {
    runtime.block_on(what)
}
