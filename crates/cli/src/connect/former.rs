//! The former text of a connected file, also if the file was changed since.

use anyhow::{Result, bail};
use serde_json::Value;

use super::record::{Beside, Record, digest};
use super::tool::Entry;
use crate::config_file::{Document, Format};

/// The text without the keys of `connect`; `None` if there was no file. A file with the written text becomes
/// the former one, byte by byte. In a file that was changed since, only the written keys get their former
/// values.
///
/// # Errors
/// A written key was changed since, or the file can no longer be parsed.
pub fn text(
    record: &Record,
    former: Option<&str>,
    current: Option<&str>,
    format: Format,
    beside: &Beside,
) -> Result<Option<String>> {
    let Some(current) = current else { return Ok(None) };
    if digest(current) == record.written || Some(current) == former {
        return Ok(former.map(str::to_owned));
    }
    let mut document = Document::parse(format, current)?;
    let before = Document::parse(format, former.unwrap_or_default())?;
    if let Some(found) = conflict(&document, &before, &record.entries) {
        let remedy = match former {
            Some(_) => format!("; the file from before is {}", beside.copy().display()),
            None => "; there was no file before".to_owned(),
        };
        bail!(
            "`{}` was changed since `quipu connect`: remove it or set it back, then repeat the command; \
             `quipu disconnect --force` loses the change{remedy}",
            found.join(".")
        );
    }
    for (path, _) in &record.entries {
        match before.get(path) {
            Some(value) => document.set(path, &value)?,
            None => document.remove(path),
        }
        remove_empty_tables(&mut document, &before, path);
    }
    let is_gone = former.is_none() && document.is_empty();
    Ok((!is_gone).then(|| document.text()))
}

/// The first key that has neither the written nor the former value.
fn conflict<'a>(document: &Document, before: &Document, entries: &'a [Entry]) -> Option<&'a Vec<String>> {
    let is_changed = |(path, value): &&Entry| {
        let now = document.get(path);
        now.as_ref() != Some(value) && now != before.get(path)
    };
    entries.iter().find(is_changed).map(|(path, _)| path)
}

/// Removes the tables on a path that are empty now and were not there before.
fn remove_empty_tables(document: &mut Document, before: &Document, path: &[String]) {
    for depth in (1..path.len()).rev() {
        let Some(table) = path.get(..depth) else { return };
        let is_empty =
            document.get(table).as_ref().and_then(Value::as_object).is_some_and(|all| all.is_empty());
        if is_empty && before.get(table).is_none() {
            document.remove(table);
        }
    }
}
