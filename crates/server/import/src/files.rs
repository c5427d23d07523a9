//! Finds the files of an import.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Bounds, Trouble};

/// Extensions of files from folders; a file named by the user may have any.
const ENDINGS: [&str; 3] = ["jsonl", "json", "ndjson"];

/// The files at the paths, and those in folders below them with an extension of `.jsonl`, `.json` or
/// `.ndjson`, in the order of their names. Exports of traces come before those of their observations. Links
/// to folders are not followed within a folder.
///
/// The second list has the unreadable paths and those over a limit.
pub fn find(paths: &[PathBuf], bounds: &Bounds) -> (Vec<PathBuf>, Vec<Trouble>) {
    let mut search = Search { bounds, files: Vec::new(), troubles: Vec::new(), over: false };
    for path in paths {
        match fs::metadata(path) {
            Ok(is) if is.is_dir() => search.folder(path, 0),
            Ok(_) => search.file(path.clone()),
            Err(error) => search.trouble(path, &error.to_string()),
        }
    }
    let mut files = search.files;
    let is_traces = |path: &Path| path.components().any(|part| part.as_os_str() == "traces");
    files.sort_by_cached_key(|path| (!is_traces(path), path.clone()));
    files.dedup();
    (files, search.troubles)
}

struct Search<'a> {
    bounds: &'a Bounds,
    files: Vec<PathBuf>,
    troubles: Vec<Trouble>,
    over: bool,
}

impl Search<'_> {
    fn trouble(&mut self, path: &Path, why: &str) {
        self.troubles.push(Trouble { path: path.to_owned(), line: None, why: why.to_owned() });
    }

    fn file(&mut self, path: PathBuf) {
        if self.files.len() < self.bounds.files {
            return self.files.push(path);
        }
        if !std::mem::replace(&mut self.over, true) {
            let why = format!("this file and later ones are skipped: more than {} files", self.bounds.files);
            self.trouble(&path, &why);
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > self.bounds.depth {
            return self.trouble(folder, &format!("skipped: more than {} folders deep", self.bounds.depth));
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.trouble(folder, &error.to_string()),
        };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.folder(&path, depth + 1),
                Ok(_) if wanted(&path) && fs::metadata(&path).is_ok_and(|is| is.is_file()) => self.file(path),
                _ => {}
            }
        }
    }
}

fn wanted(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // A note of Claude Code next to a sub-agent's transcript is not a transcript.
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.contains(&ending) && !name.ends_with(".meta.json")
}
