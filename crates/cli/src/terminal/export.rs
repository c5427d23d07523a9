//! Export of records to a file, in pieces.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum as _;
use serde_json::json;

use crate::args::Export;
use crate::ask::{OpenSource, Question};

/// Exports records. The file appears under its name once it is complete.
///
/// # Errors
/// The source rejects the request or ends early, or the file cannot be written.
pub fn run(ask: &Export) -> Result<()> {
    let word = |value: Option<clap::builder::PossibleValue>| {
        value.map(|value| value.get_name().to_owned()).unwrap_or_default()
    };
    let records = word(ask.records.to_possible_value());
    let question = Question::get(format!("/api/v1/export/{records}"))
        .filtered(&ask.filter)
        .with("format", &Some(word(ask.format.to_possible_value())));
    let source = OpenSource::open(&ask.source)?;
    let Some(path) = &ask.out else {
        let mut out = std::io::stdout().lock();
        return source.stream(&question, |piece| Ok(out.write_all(piece)?));
    };
    let bytes = write(path, |out| {
        let mut bytes = 0;
        source.stream(&question, |piece| {
            bytes += piece.len();
            Ok(out.write_all(piece)?)
        })?;
        Ok(bytes)
    })?;
    let mut out = std::io::stdout().lock();
    if ask.source.json {
        writeln!(out, "{:#}", json!({"records": records, "out": path, "bytes": bytes}))?;
    } else {
        writeln!(out, "{records} exported to {}: {bytes} bytes", path.display())?;
    }
    Ok(())
}

/// Writes a file beside its place and renames it at the end, so no other program reads half of it.
fn write<T>(path: &Path, work: impl FnOnce(&mut BufWriter<File>) -> Result<T>) -> Result<T> {
    let unfinished = unfinished(path);
    let file = File::create(&unfinished).with_context(|| format!("cannot write {}", unfinished.display()))?;
    let mut out = BufWriter::new(file);
    let done = work(&mut out).and_then(|done| {
        out.flush()?;
        std::fs::rename(&unfinished, path)?;
        Ok(done)
    });
    if done.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&unfinished);
    }
    done
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
