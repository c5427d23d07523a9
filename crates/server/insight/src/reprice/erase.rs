//! Removal of traces from the journals of re-pricings, so an undo does not restore them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use quipu_core::{Error, ErrorKind, Result, TraceId};
use serde_json::Value;

use super::journal::{Journals, Line};
use crate::erase::Ids;

/// Removes the rows of these traces, and these ids in parameters, from every journal in a folder; returns the
/// number of rows. With `dry_run` nothing changes. Drafts of a process that ended while it wrote are removed.
///
/// # Errors
/// A journal cannot be read or written, or a re-pricing runs; repeating it is safe.
pub fn erase(folder: &Path, traces: &HashSet<TraceId>, ids: &Ids, dry_run: bool) -> Result<u64> {
    if !folder.is_dir() {
        return Ok(0);
    }
    // For as long as this is held no other process changes the journals.
    let _alone = (!dry_run).then(|| Journals::open(folder)).transpose()?;
    let mut gone = 0;
    for entry in fs::read_dir(folder).map_err(failed(folder))?.flatten() {
        let path = entry.path();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("part" | "less") if !dry_run => fs::remove_file(&path).map_err(failed(&path))?,
            Some("jsonl") => gone += erase_in(&path, traces, ids, dry_run).map_err(failed(&path))?,
            _ => {}
        }
    }
    Ok(gone)
}

fn erase_in(path: &Path, traces: &HashSet<TraceId>, ids: &Ids, dry_run: bool) -> std::io::Result<u64> {
    let mut gone = 0;
    let less = path.with_extension("less");
    let mut out = (!dry_run).then(|| File::create(&less)).transpose()?.map(BufWriter::new);
    for (at, line) in BufReader::new(File::open(path)?).lines().enumerate() {
        let mut line = line?;
        if at == 0 {
            let mut header: Value = serde_json::from_str(&line)?;
            if ids.take_out(&mut header) {
                gone += 1;
                line = header.to_string();
            }
        } else if traces.contains(&serde_json::from_str::<Line>(&line)?.trace) {
            gone += 1;
            continue;
        }
        if let Some(out) = &mut out {
            writeln!(out, "{line}")?;
        }
    }
    let Some(out) = out else { return Ok(gone) };
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    if gone > 0 {
        fs::rename(&less, path)?
    } else {
        fs::remove_file(&less)?
    }
    Ok(gone)
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let context = path.display().to_string();
    move |why| Error::new(ErrorKind::Io, "erase re-pricings", context).caused_by(why)
}
