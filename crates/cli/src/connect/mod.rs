//! `quipu connect` and `quipu disconnect`: the config of a coding agent, changed and restored.

mod former;
mod record;
mod tool;

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::args::{Connect, Disconnect};
use crate::config_file::{Document, disk};
use record::{Beside, Record, digest};
use tool::{Entry, Target};

/// Ends of keys whose values are secrets.
const SECRETS: [&str; 2] = ["HEADERS", "exporter"];

/// Writes the keys of a tool for a server.
///
/// # Errors
/// A config file cannot be read, changed or written.
pub fn connect(what: &Connect) -> Result<()> {
    if !what.url.starts_with("http://") && !what.url.starts_with("https://") {
        bail!("`--url` expects an address such as http://127.0.0.1:4318, got `{}`", what.url);
    }
    let name = tool::command(what.tool);
    let mut out = std::io::stdout().lock();
    let mut is_changed = false;
    for target in tool::targets(what.tool, &what.url, what.file.as_deref())? {
        let file = target.file.display().to_string();
        is_changed |= write(name, &target, what.dry_run, &mut out)
            .with_context(|| format!("{file} was not changed"))?;
    }
    if is_changed && !what.dry_run {
        writeln!(out, "restart {name}; `quipu disconnect` restores the former config")?;
    }
    Ok(())
}

/// Changes one file; `true` if there was something to change.
fn write(name: &str, target: &Target, is_dry: bool, out: &mut impl Write) -> Result<bool> {
    let Target { file, format, entries } = target;
    let shown = file.display();
    let beside = Beside::of(file, name);
    let current = disk::read(file)?;
    let known = beside.read()?;
    // A second connection starts from the text before the first one.
    let base = match &known {
        Some((record, former)) => {
            former::text(record, former.as_deref(), current.as_deref(), *format, &beside)?
        }
        None => current.clone(),
    };
    let mut document = Document::parse(*format, base.as_deref().unwrap_or_default())?;
    for (path, value) in entries {
        document.set(path, value)?;
    }
    let text = document.text();
    if known.is_some() && current.as_deref() == Some(text.as_str()) {
        writeln!(out, "{shown} is connected already")?;
        return Ok(false);
    }
    if is_dry {
        writeln!(out, "{shown} would get:")?;
        entries.iter().try_for_each(|entry| writeln!(out, "  {}", line(entry)))?;
        return Ok(true);
    }
    let created = disk::create_folder(file)?;
    let folders = known.map_or(created, |(record, _)| record.folders);
    let record = Record {
        tool: name.to_owned(),
        former: base.as_deref().map(digest),
        written: digest(&text),
        entries: entries.clone(),
        folders,
    };
    beside.write(&record, base.as_deref(), file)?;
    disk::replace(file, current.as_deref(), &text)?;
    writeln!(out, "{shown} has {} keys of Quipu now", entries.len())?;
    if base.is_some() {
        writeln!(out, "the former file is {}", beside.copy().display())?;
    }
    warn_of_secret(file, entries);
    Ok(true)
}

/// Restores the config of a tool.
///
/// # Errors
/// The tool is not connected, or a file cannot be restored without a loss.
pub fn disconnect(what: &Disconnect) -> Result<()> {
    let name = tool::command(what.tool);
    let mut out = std::io::stdout().lock();
    let mut looked_at = Vec::new();
    let mut is_connected = false;
    for (file, format) in tool::files(what.tool, what.file.as_deref())? {
        let beside = Beside::of(&file, name);
        looked_at.push(file.display().to_string());
        let Some((record, former)) = beside.read()? else { continue };
        is_connected = true;
        let current = disk::read(&file)?;
        let restored = if what.force {
            former
        } else {
            former::text(&record, former.as_deref(), current.as_deref(), format, &beside)
                .with_context(|| format!("{} was not changed", file.display()))?
        };
        if what.dry_run {
            let fate = if restored.is_some() { "be restored" } else { "be removed" };
            writeln!(out, "{} would {fate}", file.display())?;
            continue;
        }
        restore(&file, current.as_deref(), restored.as_deref(), &record)?;
        beside.remove()?;
        // Innermost first; a folder that is in use since stays.
        let _ = record.folders.iter().rev().try_for_each(fs::remove_dir);
        let done = match &restored {
            None => "is removed: it did not exist before",
            Some(text) if record.former.as_ref() == Some(&digest(text)) => "is as before",
            Some(_) => "is without the keys of Quipu; later changes of other keys stay",
        };
        writeln!(out, "{} {done}", file.display())?;
    }
    if !is_connected {
        bail!("{name} is not connected: no record beside {}", looked_at.join(", "));
    }
    Ok(())
}

fn restore(file: &Path, current: Option<&str>, text: Option<&str>, record: &Record) -> Result<()> {
    match text {
        Some(text) if current == Some(text) => Ok(()),
        Some(text) => {
            disk::create_folder(file)?;
            disk::replace(file, current, text)
        }
        None if current.is_none() => Ok(()),
        None => fs::remove_file(file)
            .with_context(|| format!("cannot remove {}, which {} did not have", file.display(), record.tool)),
    }
}

/// A key and its value for the screen, without secrets.
fn line((path, value): &Entry) -> String {
    let key = path.join(".");
    let has_secret = !crate::client::own_headers().unwrap_or_default().is_empty();
    if has_secret && SECRETS.iter().any(|end| key.ends_with(end)) {
        return format!("{key} = (with the API key)");
    }
    match value {
        Value::String(lines) if lines.contains('\n') => {
            let shown = lines.lines().filter(|line| !line.contains("HEADERS="));
            shown.collect::<Vec<_>>().join("\n  ")
        }
        value => format!("{key} = {value}"),
    }
}

/// Tells of a key that other users of the machine can read now.
fn warn_of_secret(file: &Path, entries: &[Entry]) {
    let has_secret = !crate::client::own_headers().unwrap_or_default().is_empty() && !entries.is_empty();
    if has_secret && crate::private::is_wide(file) {
        crate::note::note(&format!(
            "other users can read {file}, which has the API key now: `chmod 600 {file}` keeps them out",
            file = file.display()
        ));
    }
}
