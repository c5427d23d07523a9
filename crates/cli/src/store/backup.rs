//! `quipu backup` and `quipu restore`: copies of a data folder.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use quipu::sqlite::backup::{self, Manifest, Step};
use serde_json::json;

use super::{bytes, remember, shown};
use crate::args::{Backup, Restore};
use crate::note::note;

/// Interval of progress lines.
const PACE: Duration = Duration::from_secs(2);

/// Copies the data folder; `false` when a database in it is damaged, and was copied unchanged.
pub fn back_up(args: &Backup) -> Result<bool> {
    let began = Instant::now();
    let mut progress = Progress { last: began, talks: std::io::stderr().is_terminal() };
    let build = concat!("quipu ", env!("CARGO_PKG_VERSION"));
    let manifest = backup::take(&args.place.places()?, &args.out, build, &mut |step| progress.tell(step))?;
    remember(&args.place, "store.backup", &shown(&args.out))?;
    let damaged: Vec<&str> =
        manifest.files.iter().filter(|file| file.damaged).map(|file| file.name.as_str()).collect();
    if args.place.json {
        let out = shown(&args.out);
        let (files, bytes) = (manifest.files.len(), manifest.bytes());
        let (days, spans) = manifest.records();
        let answer = json!({
            "out": out, "taken_at": manifest.taken_at, "files": files, "bytes": bytes, "days": days, "spans": spans,
            "stores": manifest.stores, "damaged": damaged,
        });
        println!("{answer:#}");
        return Ok(damaged.is_empty());
    }
    damaged.iter().for_each(|name| note(&format!("{name} is damaged and was copied unchanged")));
    let seconds = began.elapsed().as_secs_f64();
    println!("{}: {} in {seconds:.1} s", shown(&args.out), said(&manifest));
    Ok(damaged.is_empty())
}

/// Restores a backup, or only checks that it is complete.
pub fn restore(args: &Restore) -> Result<()> {
    let manifest = match args.dry_run {
        true => backup::verify(&args.from)?,
        false => {
            let places = args.place.places()?;
            backup::restore(&args.from, &places)
                .with_context(|| format!("cannot restore to {}", shown(&places.data)))
                .and_then(|manifest| {
                    remember(&args.place, "store.restore", &shown(&args.from))?;
                    Ok(manifest)
                })?
        }
    };
    if args.place.json {
        let answer = json!({
            "from": shown(&args.from), "taken_at": manifest.taken_at, "build": manifest.build,
            "files": manifest.files.len(), "bytes": manifest.bytes(), "days": manifest.records().0,
            "spans": manifest.records().1, "stores": manifest.stores, "unread": manifest.unread,
            "restored": !args.dry_run,
        });
        println!("{answer:#}");
        return Ok(());
    }
    let why = "it cannot be opened, so its spans were not counted; an encrypted copy needs its key";
    manifest.unread.iter().for_each(|name| note(&format!("{name}: {why}")));
    let done = if args.dry_run { "whole" } else { "restored" };
    println!(
        "{}: {done}: {}, taken {} by {}",
        shown(&args.from),
        said(&manifest),
        manifest.taken_at,
        manifest.build
    );
    Ok(())
}

fn said(manifest: &Manifest) -> String {
    let (days, spans) = manifest.records();
    format!("{} files, {}, {spans} spans in {days} days", manifest.files.len(), bytes(manifest.bytes()))
}

/// Progress lines on standard error, if it is a terminal.
struct Progress {
    last: Instant,
    talks: bool,
}

impl Progress {
    fn tell(&mut self, step: Step<'_>) {
        if self.talks && self.last.elapsed() >= PACE {
            self.last = Instant::now();
            let (done, all) = step.bytes;
            note(&format!("{} of {}: {}", bytes(done), bytes(all), step.name));
        }
    }
}
