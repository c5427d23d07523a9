//! Integrity check of an exporter's spool and dead letters, without delivery.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind as IoKind, Read};
use std::path::{Path, PathBuf};

use super::DeadLetters;
use super::frame::{HEAD, Head};
use super::spool::LAYOUT;

/// Checks an exporter's files and returns a text for each damaged one. A frame cut by the end of its file is
/// no damage: the process was killed during the write.
pub fn unreadable(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(&folder.join("spool"), "spool", &mut found) {
        found.extend(damage(&path).map(|why| format!("{}: {why}", path.display())));
    }
    let letters = DeadLetters::open(folder);
    for path in files(&folder.join("dead"), "dead", &mut found) {
        let number = path.file_stem().and_then(|name| name.to_str()?.parse::<u64>().ok());
        match number.map(|number| letters.batch(number)) {
            Some(Ok(_)) => {}
            Some(Err(error)) => found.push(error.to_string()),
            None => found.push(format!("{}: its name is not a dead letter's", path.display())),
        }
    }
    found
}

fn files(folder: &Path, ending: &str, found: &mut Vec<String>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(gone) if gone.kind() == IoKind::NotFound => return Vec::new(),
        Err(error) => {
            found.push(format!("{}: {error}", folder.display()));
            return Vec::new();
        }
    };
    let ours = |path: &PathBuf| path.extension().is_some_and(|own| own == ending);
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(ours).collect();
    files.sort_unstable();
    files
}

/// Returns the first damage in a spool file.
fn damage(path: &Path) -> Option<String> {
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => return Some("not a regular file".into()),
        Err(gone) if gone.kind() == IoKind::NotFound => return None,
        _ => {}
    }
    walk(path).unwrap_or_else(|error| Some(error.to_string()))
}

fn walk(path: &Path) -> std::io::Result<Option<String>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    let mut at = 0;
    let mut next = |bytes: &mut Vec<u8>, most: usize| {
        bytes.clear();
        file.by_ref().take(most as u64).read_to_end(bytes)
    };
    at += next(&mut bytes, LAYOUT)?;
    loop {
        if next(&mut bytes, HEAD)? < HEAD {
            return Ok(None);
        }
        let Some(head) = Head::read(&bytes) else {
            return Ok(Some(format!("the head of the frame at byte {at} is damaged")));
        };
        let stored = usize::try_from(head.stored).unwrap_or(usize::MAX);
        if next(&mut bytes, stored)? < stored {
            return Ok(None);
        }
        if crc32fast::hash(&bytes) != head.sum {
            return Ok(Some(format!("checksum mismatch in the frame at byte {at}")));
        }
        at += HEAD + stored;
    }
}
